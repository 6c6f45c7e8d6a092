/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "sfu/media/codecs.h"
#include "sfu/media/sdp_internal.h"

#define OUR_SCTP_PORT 5000

/* Ids of our own offers: one byte is enough for all. */
static const uint8_t offer_ids[RTP_EXT_COUNT] = {
	[RTP_EXT_AUDIO_LEVEL] = 1,
	[RTP_EXT_ABS_SEND_TIME] = 2,
	[RTP_EXT_TRANSPORT_CC] = 3,
	[RTP_EXT_MID] = 4,
	[RTP_EXT_DEPENDENCY] = 12,
	[RTP_EXT_VIDEO_ORIENTATION] = 13,
};

/* --- our half --------------------------------------------------------------------------------- */

static void set_local(struct sdp_section *s, const struct sdp_local *local, enum sdp_setup setup)
{
	s->ice_ufrag = local->ufrag;
	s->ice_pwd = local->pwd;
	s->setup = setup;
	s->fingerprint_size = sdp_read_hex(str_c(local->fingerprint), s->fingerprint, 32) ? 32 : 0;
}

static struct sdp *start_description(struct arena *arena, const struct sdp_local *local)
{
	struct sdp *sdp = ARENA_NEW(arena, struct sdp);
	sdp->session_id = local->session_id;
	sdp->session_version = local->session_version;
	sdp->ours = true;
	sdp->sections = ARENA_ARRAY(arena, struct sdp_section, SDP_MAX_SECTIONS);
	return sdp;
}

/*
 * What goes which way: the peer's sender follows transport-cc feedback, which we make; we follow
 * that of the peer, or where it has none the receiver's estimate (REMB), for which it needs send
 * times.
 *
 * What only a sender needs is negotiated in sections that send nothing yet too: Chromium offers a
 * later section of the same BUNDLE no extension that an earlier answer has left out, and cannot
 * send simulcast then.
 */
static bool wants_extension(enum rtp_extension extension, enum sdp_kind kind, bool receiving)
{
	switch (extension) {
	case RTP_EXT_MID:
		return true;
	case RTP_EXT_AUDIO_LEVEL:
		return kind == SDP_AUDIO;
	case RTP_EXT_RID:
	case RTP_EXT_REPAIRED_RID:
		return kind == SDP_VIDEO;
	case RTP_EXT_TRANSPORT_CC:
		return true;
	case RTP_EXT_ABS_SEND_TIME:
		return kind == SDP_VIDEO && !receiving;
	case RTP_EXT_VIDEO_ORIENTATION:
	case RTP_EXT_DEPENDENCY:
		return kind == SDP_VIDEO;
	case RTP_EXT_COUNT:
		break;
	}
	return false;
}

static void answer_codec(struct arena *arena, const struct sdp_section *offer,
	const struct sdp_codec *offered, struct sdp_codec *out)
{
	const struct sdp_codec *opus = sdp_codec_find(offer, CODEC_OPUS);
	*out = *offered;
	out->codec.remb = offered->codec.remb && !out->codec.transport_cc &&
			  codec_kind(offered->codec.name) == MEDIA_VIDEO;
	out->fmtp = sdp_format_answer(arena, offered->codec.name, offered->fmtp,
		opus == NULL ? MEDIA_NO_PAYLOAD : opus->codec.payload_type);
}

static void answer_section(struct arena *arena, const struct sdp_section *offer,
	const struct sdp_local *local, struct sdp_section *s)
{
	s->kind = offer->kind;
	s->kind_text = offer->kind_text;
	s->protocol = offer->protocol;
	s->first_format = offer->first_format;
	s->mid = offer->mid;
	bool data = offer->kind == SDP_APPLICATION &&
		    str_eq_c(offer->first_format, "webrtc-datachannel");
	s->rejected = offer->rejected || (offer->codec_count == 0 && !data);
	if (s->rejected) {
		return;
	}
	set_local(s, local, SDP_SETUP_PASSIVE);
	if (data) {
		s->sctp_port = OUR_SCTP_PORT;
		s->max_message_size = MEDIA_DATA_MAX;
		return;
	}
	bool receiving = (offer->direction & SDP_SENDONLY) != 0;
	s->direction = receiving ? SDP_RECVONLY : SDP_INACTIVE;
	s->rtcp_mux = true;
	s->rtcp_rsize = offer->rtcp_rsize;
	s->extmap_allow_mixed = offer->extmap_allow_mixed;
	for (unsigned i = 0; i < offer->codec_count; i++) {
		answer_codec(arena, offer, &offer->codecs[i], &s->codecs[s->codec_count++]);
	}
	for (unsigned i = 0; i < offer->extension_count; i++) {
		if (wants_extension(offer->extensions[i].extension, s->kind, receiving)) {
			s->extensions[s->extension_count++] = offer->extensions[i];
		}
	}
	s->rid_count = receiving ? offer->rid_count : 0;
	memcpy(s->rids, offer->rids, sizeof(s->rids));
}

struct sdp *sdp_answer(struct arena *arena, const struct sdp *offer, const struct sdp_local *local)
{
	struct sdp *answer = start_description(arena, local);
	answer->section_count = offer->section_count;
	for (unsigned i = 0; i < offer->section_count; i++) {
		answer_section(arena, &offer->sections[i], local, &answer->sections[i]);
		answer->bundle = answer->bundle || !answer->sections[i].rejected;
	}
	return answer;
}

struct sdp *sdp_offer(struct arena *arena, const struct sdp_local *local)
{
	return start_description(arena, local);
}

/* What our own offers have, in the order of preference. */
static const struct {
	enum media_codec_name name;
	uint8_t payload_type, rtx_payload_type, profile;
	struct str fmtp;
} offered[] = {
	{CODEC_OPUS, 111, MEDIA_NO_PAYLOAD, 0, STR_INIT("minptime=10;useinbandfec=1")},
	{CODEC_RED, 63, MEDIA_NO_PAYLOAD, 0, STR_INIT("111/111")},
	{CODEC_VP8, 96, 97, 0, STR_INIT("")},
	{CODEC_VP9, 98, 99, 0, STR_INIT("profile-id=0")},
	{CODEC_H264, 102, 103, 0x42,
		STR_INIT("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")},
	{CODEC_AV1, 45, 46, 0, STR_INIT("level-idx=5;profile=0;tier=0")},
};

static void offer_codecs(struct sdp_section *s)
{
	for (size_t i = 0; i < ARRAY_LEN(offered); i++) {
		bool video = codec_kind(offered[i].name) == MEDIA_VIDEO;
		if (video != (s->kind == SDP_VIDEO)) {
			continue;
		}
		s->codecs[s->codec_count++] = (struct sdp_codec){.fmtp = offered[i].fmtp,
			.codec = {.name = offered[i].name,
				.payload_type = offered[i].payload_type,
				.rtx_payload_type = offered[i].rtx_payload_type,
				.profile = offered[i].profile,
				.nack = offered[i].name != CODEC_RED,
				.pli = video,
				.fir = video,
				.transport_cc = true,
				.remb = video}};
	}
}

enum status sdp_offer_section(struct arena *arena, struct sdp *offer, const struct sdp_local *local,
	enum sdp_kind kind, struct str mid, struct sdp_section **out)
{
	if (offer->section_count == SDP_MAX_SECTIONS || mid.n == 0 || mid.n > MEDIA_ID_MAX) {
		return STATUS_TOO_LARGE;
	}
	struct sdp_section *s = &offer->sections[offer->section_count++];
	s->kind = kind;
	s->mid = arena_str(arena, mid);
	offer->bundle = true;
	set_local(s, local, SDP_SETUP_ACTPASS);
	*out = s;
	if (kind == SDP_APPLICATION) {
		s->kind_text = STR("application");
		s->protocol = STR("UDP/DTLS/SCTP");
		s->first_format = STR("webrtc-datachannel");
		s->sctp_port = OUR_SCTP_PORT;
		s->max_message_size = MEDIA_DATA_MAX;
		return STATUS_OK;
	}
	s->kind_text = kind == SDP_AUDIO ? STR("audio") : STR("video");
	s->protocol = STR("UDP/TLS/RTP/SAVPF");
	s->rtcp_mux = s->rtcp_rsize = s->extmap_allow_mixed = true;
	offer_codecs(s);
	for (unsigned i = 0; i < RTP_EXT_COUNT; i++) {
		enum rtp_extension extension = (enum rtp_extension)i;
		if (offer_ids[i] != 0 && wants_extension(extension, kind, false)) {
			s->extensions[s->extension_count++] =
				(struct sdp_extension){.id = offer_ids[i], .extension = extension};
		}
	}
	return STATUS_OK;
}

void sdp_section_send(struct sdp_section *section, struct str stream_id, struct str track_id,
	uint32_t ssrc, uint32_t rtx_ssrc)
{
	section->direction = (enum sdp_direction)(section->direction | SDP_SENDONLY);
	section->msid_stream = stream_id;
	section->msid_track = track_id;
	section->sources[0] =
		(struct sdp_source){.ssrc = ssrc, .rtx_ssrc = rtx_ssrc, .cname = stream_id};
	section->source_count = 1;
}

/* --- from descriptions to messages ------------------------------------------------------------ */

struct sdp_section *sdp_section_find(const struct sdp *sdp, struct str mid)
{
	for (unsigned i = 0; i < sdp->section_count; i++) {
		if (mid.n > 0 && str_eq(sdp->sections[i].mid, mid)) {
			return &sdp->sections[i];
		}
	}
	return NULL;
}

void sdp_section_prefer(struct sdp_section *section, enum media_codec_name name)
{
	for (unsigned i = 1; i < section->codec_count; i++) {
		struct sdp_codec wanted = section->codecs[i];
		if (wanted.codec.name != name || section->codecs[0].codec.name == name) {
			continue;
		}
		memmove(&section->codecs[1], &section->codecs[0], i * sizeof(wanted));
		section->codecs[0] = wanted;
	}
}

void sdp_section_without(struct sdp_section *section, enum media_codec_name name)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < section->codec_count; i++) {
		if (section->codecs[i].codec.name != name) {
			section->codecs[kept++] = section->codecs[i];
		}
	}
	section->codec_count = kept;
}

const struct sdp_codec *sdp_codec_for(
	const struct sdp_section *section, const struct media_codec *stream)
{
	const struct sdp_codec *best = NULL;
	for (unsigned i = 0; i < section->codec_count; i++) {
		const struct media_codec *c = &section->codecs[i].codec;
		/* Who decodes a greater profile of H.264 decodes the baseline too. */
		if (c->name == stream->name && c->profile >= stream->profile &&
			(best == NULL || c->profile < best->codec.profile)) {
			best = &section->codecs[i];
		}
	}
	return best;
}

const struct sdp_codec *sdp_codec_find(
	const struct sdp_section *section, enum media_codec_name name)
{
	for (unsigned i = 0; i < section->codec_count; i++) {
		if (section->codecs[i].codec.name == name) {
			return &section->codecs[i];
		}
	}
	return NULL;
}

enum status sdp_extension_ids(const struct sdp *sdp, struct rtp_extension_ids *out)
{
	struct rtp_extension_ids ids = {{0}};
	for (unsigned i = 0; i < sdp->section_count; i++) {
		const struct sdp_section *s = &sdp->sections[i];
		for (unsigned k = 0; k < s->extension_count && !s->rejected; k++) {
			const struct sdp_extension *e = &s->extensions[k];
			if (ids.id[e->extension] != 0 && ids.id[e->extension] != e->id) {
				return STATUS_INVALID;
			}
			ids.id[e->extension] = e->id;
		}
	}
	for (unsigned i = 0; i < RTP_EXT_COUNT; i++) {
		for (unsigned k = 0; k < i; k++) {
			if (ids.id[i] != 0 && ids.id[i] == ids.id[k]) {
				return STATUS_INVALID;
			}
		}
	}
	*out = ids;
	return STATUS_OK;
}

static void copy_id(char *out, size_t room, struct str s)
{
	size_t n = s.n < room - 1 ? s.n : room - 1;
	memset(out, 0, room);
	if (n > 0) {
		memcpy(out, s.p, n);
	}
}

enum status sdp_transport_params(const struct sdp *remote, const struct sdp *negotiated,
	struct media_transport_params *params)
{
	const struct sdp_section *first = NULL;
	const struct sdp_section *data = NULL;
	for (unsigned i = 0; i < remote->section_count; i++) {
		const struct sdp_section *s = &remote->sections[i];
		if (!s->rejected) {
			first = first == NULL ? s : first;
			data = s->kind == SDP_APPLICATION ? s : data;
		}
	}
	if (first == NULL || first->ice_ufrag.n == 0 || first->ice_ufrag.n > MEDIA_UFRAG_MAX ||
		first->ice_pwd.n == 0 || first->fingerprint_size == 0 ||
		first->setup == SDP_SETUP_PASSIVE) {
		return STATUS_INVALID;
	}
	enum status status = sdp_extension_ids(negotiated, &params->extensions);
	if (status != STATUS_OK) {
		return status;
	}
	copy_id(params->remote_ufrag, sizeof(params->remote_ufrag), first->ice_ufrag);
	memcpy(params->fingerprint, first->fingerprint, sizeof(params->fingerprint));
	params->fingerprint_size = first->fingerprint_size;
	if (data != NULL) {
		params->sctp_port = data->sctp_port;
		params->data_max_message_size = data->max_message_size;
	}
	return STATUS_OK;
}

/* LiveKit's names of the simulcast streams, from the smallest picture up. */
static int rid_rank(struct str rid)
{
	static const char ranks[] = "qhf";
	const char *at = rid.n == 1 && rid.p[0] != '\0' ? strchr(ranks, rid.p[0]) : NULL;
	return at == NULL ? -1 : (int)(at - ranks);
}

static void fill_encodings(const struct sdp_section *offer, struct media_publish *publish)
{
	const struct str *rids = offer->rids;
	unsigned order[MEDIA_MAX_ENCODINGS] = {0, 1, 2};
	bool ranked = true;
	for (unsigned i = 0; i < offer->rid_count; i++) {
		ranked = ranked && rid_rank(rids[i]) >= 0;
	}
	for (unsigned i = 1; ranked && i < offer->rid_count; i++) {
		for (unsigned k = i; k > 0; k--) {
			if (rid_rank(rids[order[k]]) < rid_rank(rids[order[k - 1]])) {
				unsigned t = order[k];
				order[k] = order[k - 1];
				order[k - 1] = t;
			}
		}
	}
	publish->encoding_count = offer->rid_count > 0 ? offer->rid_count : 1;
	for (unsigned i = 0; i < publish->encoding_count; i++) {
		struct media_encoding *e = &publish->encodings[i];
		*e = (struct media_encoding){.ssrc = 0};
		if (offer->rid_count > 0) {
			copy_id(e->rid, sizeof(e->rid), rids[order[i]]);
		} else if (offer->source_count > 0) {
			e->ssrc = offer->sources[0].ssrc;
			e->rtx_ssrc = offer->sources[0].rtx_ssrc;
		}
	}
}

enum status sdp_publish_params(const struct sdp_section *offer, const struct sdp_section *answer,
	struct media_publish *publish)
{
	if (answer->rejected || answer->codec_count == 0 || offer->mid.n > MEDIA_ID_MAX ||
		(offer->direction & SDP_SENDONLY) == 0) {
		return STATUS_INVALID;
	}
	publish->kind = answer->kind == SDP_AUDIO ? MEDIA_AUDIO : MEDIA_VIDEO;
	copy_id(publish->mid, sizeof(publish->mid), offer->mid);
	publish->codec_count = answer->codec_count;
	for (unsigned i = 0; i < answer->codec_count; i++) {
		publish->codecs[i] = answer->codecs[i].codec;
	}
	fill_encodings(offer, publish);
	return STATUS_OK;
}
