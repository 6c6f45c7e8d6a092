/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of formats (a=fmtp): which we forward, and what an answer repeats of them. */
#include "common/base/buf.h"
#include "sfu/media/sdp_internal.h"

#define OPUS_FMTP	 "minptime=10;useinbandfec=1"
#define OPUS_FMTP_STEREO "minptime=10;useinbandfec=1;stereo=1"
#define OPUS_FMTP_DTX	 ";usedtx=1"
#define H264_BASELINE	 0x42
#define H264_HIGH	 0x64
#define CONSTRAINED	 0xe0 /* constraint_set0 to 2 */
#define FMTP_MAX	 256

struct str sdp_parameter(struct str fmtp, const char *name)
{
	struct str part, key;
	while (str_cut(&fmtp, ';', &part)) {
		part = str_trim(part);
		if (str_cut(&part, '=', &key) && str_eq_nocase(str_trim(key), str_c(name))) {
			return part.p == NULL ? STR_EMPTY : str_trim(part);
		}
	}
	return STR_EMPTY;
}

static bool is_absent_or_zero(struct str value)
{
	return value.n == 0 || str_eq_c(value, "0");
}

/* Three bytes in hexadecimal: profile_idc, constraints, level. */
static bool read_profile_level(struct str fmtp, uint8_t out[3])
{
	static const char digits[] = "0123456789abcdef";
	struct str text = sdp_parameter(fmtp, "profile-level-id");
	if (text.n != 6) {
		return false;
	}
	for (size_t i = 0; i < 6; i++) {
		char c = text.p[i];
		const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);
		if (at == NULL) {
			return false;
		}
		out[i / 2] = (uint8_t)((unsigned)out[i / 2] << 4 | (unsigned)(at - digits));
	}
	return true;
}

bool sdp_h264_constrained(struct str fmtp)
{
	uint8_t level[3] = {0};
	return read_profile_level(fmtp, level) && level[1] == CONSTRAINED;
}

bool sdp_format_known(enum media_codec_name name, struct str fmtp, uint8_t *profile_out)
{
	uint8_t level[3] = {0};
	*profile_out = 0;
	switch (name) {
	case CODEC_VP9:
		return is_absent_or_zero(sdp_parameter(fmtp, "profile-id"));
	case CODEC_AV1:
		return is_absent_or_zero(sdp_parameter(fmtp, "profile"));
	case CODEC_H264:
		*profile_out = read_profile_level(fmtp, level) ? level[0] : 0;
		return str_eq_c(sdp_parameter(fmtp, "packetization-mode"), "1") &&
		       (*profile_out == H264_BASELINE || *profile_out == H264_HIGH);
	case CODEC_OPUS:
	case CODEC_RED:
	case CODEC_VP8:
	case CODEC_COUNT:
		break;
	}
	return true;
}

/* Those parameters that both sides have to agree on, and no others. */
static struct str repeat(struct arena *arena, struct str fmtp)
{
	static const char *const names[] = {"profile-id", "level-idx", "profile", "tier",
		"level-asymmetry-allowed", "packetization-mode", "profile-level-id"};
	BUF_SCOPE(out, FMTP_MAX);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str value = sdp_parameter(fmtp, names[i]);
		if (value.n > 0) {
			buf_printf(&out, "%s%s=%.*s", buf_str(&out).n > 0 ? ";" : "", names[i],
				STR_FMT(value));
		}
	}
	return buf_status(&out) == STATUS_OK ? arena_str(arena, buf_str(&out)) : STR_EMPTY;
}

static struct str opus_format(struct arena *arena, bool stereo, bool dtx)
{
	return arena_printf(
		arena, "%s%s", stereo ? OPUS_FMTP_STEREO : OPUS_FMTP, dtx ? OPUS_FMTP_DTX : "");
}

void sdp_section_opus(struct arena *arena, struct sdp_section *section, bool stereo, bool dtx)
{
	for (unsigned i = 0; i < section->codec_count; i++) {
		if (section->codecs[i].codec.name == CODEC_OPUS) {
			section->codecs[i].fmtp = opus_format(arena, stereo, dtx);
		}
	}
}

struct str sdp_format_answer(
	struct arena *arena, enum media_codec_name name, struct str fmtp, uint8_t opus_type)
{
	if (name == CODEC_OPUS) {
		return opus_format(arena, str_eq_c(sdp_parameter(fmtp, "stereo"), "1"),
			str_eq_c(sdp_parameter(fmtp, "usedtx"), "1"));
	}
	if (name == CODEC_RED) {
		return opus_type == MEDIA_NO_PAYLOAD
			       ? STR_EMPTY
			       : arena_printf(arena, "%u/%u", opus_type, opus_type);
	}
	return repeat(arena, fmtp);
}
