/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "sfu/media/codecs.h"
#include "sfu/media/sdp_internal.h"

static enum status refuse(enum status status, const char *why, const char **why_out)
{
	*why_out = why;
	return status;
}

bool sdp_read_hex(struct str text, uint8_t *out, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	if (text.n != n * 3 - 1) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned byte = 0;
		for (size_t d = 0; d < 2; d++) {
			char c = text.p[i * 3 + d];
			const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);
			if (at == NULL) {
				return false;
			}
			byte = byte << 4 | (unsigned)(at - digits);
		}
		if (i + 1 < n && text.p[i * 3 + 2] != ':') {
			return false;
		}
		out[i] = (uint8_t)byte;
	}
	return true;
}

static void read_fingerprint(struct sdp_section *s, struct str value)
{
	static const struct {
		struct str name;
		uint8_t size;
	} hashes[] = {
		{STR_INIT("sha-256"), 32}, {STR_INIT("sha-384"), 48}, {STR_INIT("sha-512"), 64}};
	struct str name = sdp_word(&value);
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		/* Of several the first counts: they are all of the same certificate. */
		if (s->fingerprint_size == 0 && str_eq_nocase(name, hashes[i].name) &&
			sdp_read_hex(value, s->fingerprint, hashes[i].size)) {
			s->fingerprint_size = hashes[i].size;
		}
	}
}

static void read_setup(struct sdp_section *s, struct str value)
{
	if (str_eq_c(value, "actpass")) {
		s->setup = SDP_SETUP_ACTPASS;
	} else if (str_eq_c(value, "active")) {
		s->setup = SDP_SETUP_ACTIVE;
	} else if (str_eq_c(value, "passive")) {
		s->setup = SDP_SETUP_PASSIVE;
	}
}

bool sdp_transport_attribute(struct sdp_section *s, struct str name, struct str value)
{
	if (str_eq_c(name, "ice-ufrag")) {
		s->ice_ufrag = value;
	} else if (str_eq_c(name, "ice-pwd")) {
		s->ice_pwd = value;
	} else if (str_eq_c(name, "fingerprint")) {
		read_fingerprint(s, value);
	} else if (str_eq_c(name, "setup")) {
		read_setup(s, value);
	} else if (str_eq_c(name, "extmap-allow-mixed")) {
		s->extmap_allow_mixed = true;
	} else {
		return false;
	}
	return true;
}

static bool read_direction(struct sdp_section *s, struct str name)
{
	if (str_eq_c(name, "sendrecv")) {
		s->direction = SDP_SENDRECV;
	} else if (str_eq_c(name, "sendonly")) {
		s->direction = SDP_SENDONLY;
	} else if (str_eq_c(name, "recvonly")) {
		s->direction = SDP_RECVONLY;
	} else if (str_eq_c(name, "inactive")) {
		s->direction = SDP_INACTIVE;
	} else {
		return false;
	}
	return true;
}

static struct sdp_payload *payload_of(struct sdp_draft *d, struct str payload_type)
{
	int64_t pt;
	return sdp_number(payload_type, SDP_PAYLOAD_TYPES - 1, &pt) ? &d->payloads[pt] : NULL;
}

static void read_rtpmap(struct sdp_draft *d, struct str value)
{
	struct sdp_payload *p = payload_of(d, sdp_word(&value));
	if (p == NULL) {
		return;
	}
	enum media_codec_name codec = codec_by_rtpmap(value);
	if (codec != CODEC_COUNT) {
		p->kind = PAYLOAD_CODEC;
		p->codec = codec;
	} else if (str_eq_nocase(value, STR("rtx/90000")) ||
		   str_eq_nocase(value, STR("rtx/48000/2"))) {
		p->kind = PAYLOAD_RTX;
	}
}

static void read_feedback(struct sdp_draft *d, struct str value)
{
	static const struct {
		struct str text;
		size_t at;
	} known[] = {
		{STR_INIT("nack"), offsetof(struct sdp_payload, nack)},
		{STR_INIT("nack pli"), offsetof(struct sdp_payload, pli)},
		{STR_INIT("ccm fir"), offsetof(struct sdp_payload, fir)},
		{STR_INIT("transport-cc"), offsetof(struct sdp_payload, transport_cc)},
		{STR_INIT("goog-remb"), offsetof(struct sdp_payload, remb)},
	};
	struct str which = sdp_word(&value);
	struct sdp_payload *one = payload_of(d, which);
	bool all = str_eq_c(which, "*");
	for (size_t k = 0; k < ARRAY_LEN(known); k++) {
		if (!str_eq(value, known[k].text)) {
			continue;
		}
		for (size_t i = 0; i < SDP_PAYLOAD_TYPES; i++) {
			if (all || &d->payloads[i] == one) {
				*(bool *)((char *)&d->payloads[i] + known[k].at) = true;
			}
		}
	}
}

static enum status read_extmap(struct sdp_section *s, struct str value, const char **why_out)
{
	struct str id_and_direction = sdp_word(&value);
	struct str uri = sdp_word(&value);
	struct str id_text = STR_EMPTY;
	int64_t id;
	(void)str_cut(&id_and_direction, '/', &id_text);
	enum rtp_extension extension = rtp_extension_by_uri(uri);
	if (!sdp_number(id_text, 255, &id) || id == 0) {
		return refuse(STATUS_INVALID, "an extmap without a usable id", why_out);
	}
	if (extension == RTP_EXT_COUNT) {
		return STATUS_OK;
	}
	for (unsigned i = 0; i < s->extension_count; i++) {
		if (s->extensions[i].id == id || s->extensions[i].extension == extension) {
			return refuse(STATUS_INVALID, "an extmap twice", why_out);
		}
	}
	s->extensions[s->extension_count++] =
		(struct sdp_extension){.id = (uint8_t)id, .extension = extension};
	return STATUS_OK;
}

static struct sdp_source *source_take(struct sdp_draft *d, struct str ssrc_text)
{
	int64_t ssrc;
	if (!sdp_number(ssrc_text, UINT32_MAX, &ssrc) || ssrc == 0) {
		return NULL;
	}
	for (unsigned i = 0; i < d->source_count; i++) {
		if (d->sources[i].ssrc == ssrc) {
			return &d->sources[i];
		}
	}
	if (d->source_count == SDP_MAX_SIGNALLED) {
		return NULL;
	}
	struct sdp_source *source = &d->sources[d->source_count++];
	source->ssrc = (uint32_t)ssrc;
	return source;
}

static void read_ssrc(struct sdp_draft *d, struct str value)
{
	struct sdp_source *source = source_take(d, sdp_word(&value));
	if (source == NULL) {
		return;
	}
	if (str_starts(value, STR("cname:"))) {
		source->cname = str_skip(value, 6);
	} else if (str_starts(value, STR("msid:")) && d->ssrc_msid.p == NULL) {
		d->ssrc_msid = str_skip(value, 5);
	}
}

static void read_ssrc_group(struct sdp_draft *d, struct str value)
{
	if (!str_eq_c(sdp_word(&value), "FID")) {
		return;
	}
	struct sdp_source *media = source_take(d, sdp_word(&value));
	struct sdp_source *rtx = source_take(d, sdp_word(&value));
	if (media != NULL && rtx != NULL) {
		media->rtx_ssrc = rtx->ssrc;
	}
}

static void read_simulcast(struct sdp_section *s, struct str value)
{
	while (value.p != NULL) {
		struct str direction = sdp_word(&value);
		struct str list = sdp_word(&value);
		struct str stream;
		if (!str_eq_c(direction, "send")) {
			continue;
		}
		while (str_cut(&list, ';', &stream) && s->rid_count < MEDIA_MAX_ENCODINGS) {
			struct str first = STR_EMPTY;
			(void)str_cut(&stream, ',', &first);
			if (str_starts(first, STR("~"))) {
				first = str_skip(first, 1);
			}
			if (first.n > 0 && first.n <= MEDIA_ID_MAX) {
				s->rids[s->rid_count++] = first;
			}
		}
	}
}

void sdp_read_msid(struct sdp_section *s, struct str value)
{
	s->msid_stream = sdp_word(&value);
	s->msid_track = sdp_word(&value);
}

static void read_sctp_attribute(struct sdp_section *s, struct str name, struct str value)
{
	int64_t n;
	if (str_eq_c(name, "sctp-port") && sdp_number(value, UINT16_MAX, &n)) {
		s->sctp_port = (uint16_t)n;
	} else if (str_eq_c(name, "max-message-size") && sdp_number(value, UINT32_MAX, &n)) {
		s->max_message_size = (uint32_t)n;
	}
}

enum status sdp_section_attribute(
	struct sdp_draft *draft, struct str name, struct str value, const char **why_out)
{
	struct sdp_draft *d = draft;
	struct sdp_section *s = d->section;
	if (sdp_transport_attribute(s, name, value) || read_direction(s, name)) {
		return STATUS_OK;
	}
	if (str_eq_c(name, "mid")) {
		s->mid = value;
		return value.n == 0 || value.n > MEDIA_ID_MAX
			       ? refuse(STATUS_TOO_LARGE, "a mid of no or too many bytes", why_out)
			       : STATUS_OK;
	}
	if (str_eq_c(name, "extmap")) {
		return read_extmap(s, value, why_out);
	}
	if (str_eq_c(name, "rtpmap")) {
		read_rtpmap(d, value);
	} else if (str_eq_c(name, "fmtp")) {
		struct sdp_payload *payload = payload_of(d, sdp_word(&value));
		if (payload != NULL) {
			payload->fmtp = value;
		}
	} else if (str_eq_c(name, "rtcp-fb")) {
		read_feedback(d, value);
	} else if (str_eq_c(name, "ssrc")) {
		read_ssrc(d, value);
	} else if (str_eq_c(name, "ssrc-group")) {
		read_ssrc_group(d, value);
	} else if (str_eq_c(name, "simulcast")) {
		read_simulcast(s, value);
	} else if (str_eq_c(name, "msid")) {
		sdp_read_msid(s, value);
	} else if (str_eq_c(name, "rtcp-mux")) {
		s->rtcp_mux = true;
	} else if (str_eq_c(name, "rtcp-rsize")) {
		s->rtcp_rsize = true;
	} else if (str_eq_c(name, "bundle-only")) {
		d->bundle_only = true;
	} else {
		read_sctp_attribute(s, name, value);
	}
	return STATUS_OK;
}
