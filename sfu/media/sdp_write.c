/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "sfu/media/codecs.h"
#include "sfu/media/sdp.h"
#include "sfu/transport/candidates.h"

static const char *direction_name(enum sdp_direction direction)
{
	static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
	return names[direction];
}

static const char *setup_name(enum sdp_setup setup)
{
	static const char *const names[] = {NULL, "actpass", "active", "passive"};
	return names[setup];
}

static void write_fingerprint(const struct sdp_section *s, struct buf *out)
{
	buf_printf(out, "a=fingerprint:sha-%u ", s->fingerprint_size * 8u);
	for (unsigned i = 0; i < s->fingerprint_size; i++) {
		buf_printf(out, i == 0 ? "%02X" : ":%02X", s->fingerprint[i]);
	}
	buf_append_c(out, "\r\n");
}

static void write_transport(const struct sdp_section *s, struct buf *out)
{
	buf_printf(out, "a=ice-ufrag:%.*s\r\na=ice-pwd:%.*s\r\n", STR_FMT(s->ice_ufrag),
		STR_FMT(s->ice_pwd));
	if (s->fingerprint_size > 0) {
		write_fingerprint(s, out);
	}
	if (s->setup != SDP_SETUP_NONE) {
		buf_printf(out, "a=setup:%s\r\n", setup_name(s->setup));
	}
}

static void write_candidates(const struct candidates *candidates, struct buf *out)
{
	for (unsigned i = 0; i < candidates->count; i++) {
		buf_append_c(out, "a=candidate:");
		candidate_write(&candidates->list[i], out);
		buf_append_c(out, "\r\n");
	}
	buf_append_c(out, "a=end-of-candidates\r\n");
}

static void write_codec(const struct sdp_codec *c, struct buf *out)
{
	unsigned pt = c->codec.payload_type;
	const struct {
		bool on;
		const char *text;
	} feedback[] = {{c->codec.remb, "goog-remb"}, {c->codec.transport_cc, "transport-cc"},
		{c->codec.fir, "ccm fir"}, {c->codec.nack, "nack"}, {c->codec.pli, "nack pli"}};
	buf_printf(out, "a=rtpmap:%u %s\r\n", pt, codec_rtpmap(c->codec.name));
	for (size_t i = 0; i < sizeof(feedback) / sizeof(feedback[0]); i++) {
		if (feedback[i].on) {
			buf_printf(out, "a=rtcp-fb:%u %s\r\n", pt, feedback[i].text);
		}
	}
	if (c->fmtp.n > 0) {
		buf_printf(out, "a=fmtp:%u %.*s\r\n", pt, STR_FMT(c->fmtp));
	}
	if (c->codec.rtx_payload_type != MEDIA_NO_PAYLOAD) {
		unsigned rtx = c->codec.rtx_payload_type;
		buf_printf(out, "a=rtpmap:%u rtx/%s\r\na=fmtp:%u apt=%u\r\n", rtx,
			codec_kind(c->codec.name) == MEDIA_AUDIO ? "48000/2" : "90000", rtx, pt);
	}
}

static void write_sources(const struct sdp_section *s, struct buf *out)
{
	for (unsigned i = 0; i < s->source_count; i++) {
		const struct sdp_source *source = &s->sources[i];
		const uint32_t ssrcs[2] = {source->ssrc, source->rtx_ssrc};
		if (source->rtx_ssrc != 0) {
			buf_printf(out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", ssrcs[0],
				ssrcs[1]);
		}
		for (int k = 0; k < 2; k++) {
			if (ssrcs[k] == 0) {
				continue;
			}
			buf_printf(out, "a=ssrc:%" PRIu32 " cname:%.*s\r\n", ssrcs[k],
				STR_FMT(source->cname));
			/* Firefox and older Chromium look for the track here. */
			buf_printf(out, "a=ssrc:%" PRIu32 " msid:%.*s %.*s\r\n", ssrcs[k],
				STR_FMT(s->msid_stream), STR_FMT(s->msid_track));
		}
	}
}

static void write_rids(const struct sdp_section *s, bool ours, struct buf *out)
{
	const char *direction = ours ? "recv" : "send";
	for (unsigned i = 0; i < s->rid_count; i++) {
		buf_printf(out, "a=rid:%.*s %s\r\n", STR_FMT(s->rids[i]), direction);
	}
	if (s->rid_count == 0) {
		return;
	}
	buf_printf(out, "a=simulcast:%s ", direction);
	for (unsigned i = 0; i < s->rid_count; i++) {
		buf_append_c(out, i == 0 ? "" : ";");
		buf_append(out, s->rids[i]);
	}
	buf_append_c(out, "\r\n");
}

static void write_media(const struct sdp_section *s, bool ours, struct buf *out)
{
	for (unsigned i = 0; i < s->extension_count; i++) {
		struct str uri = rtp_extension_uri(s->extensions[i].extension);
		buf_printf(out, "a=extmap:%u %.*s\r\n", s->extensions[i].id, STR_FMT(uri));
	}
	if (s->extmap_allow_mixed) {
		buf_append_c(out, "a=extmap-allow-mixed\r\n");
	}
	buf_printf(out, "a=%s\r\n", direction_name(s->direction));
	if (s->msid_stream.n > 0) {
		buf_printf(out, "a=msid:%.*s %.*s\r\n", STR_FMT(s->msid_stream),
			STR_FMT(s->msid_track));
	}
	buf_append_c(out, "a=rtcp-mux\r\n");
	if (s->rtcp_rsize) {
		buf_append_c(out, "a=rtcp-rsize\r\n");
	}
	for (unsigned i = 0; i < s->codec_count; i++) {
		write_codec(&s->codecs[i], out);
	}
	write_rids(s, ours, out);
	write_sources(s, out);
}

static void write_section_start(const struct sdp_section *s, struct buf *out)
{
	buf_printf(out, "m=%.*s %d %.*s", STR_FMT(s->kind_text), s->rejected ? 0 : 9,
		STR_FMT(s->protocol));
	bool listed = false;
	for (unsigned i = 0; i < s->codec_count && !s->rejected; i++) {
		const struct media_codec *c = &s->codecs[i].codec;
		buf_printf(out, " %u", c->payload_type);
		if (c->rtx_payload_type != MEDIA_NO_PAYLOAD) {
			buf_printf(out, " %u", c->rtx_payload_type);
		}
		listed = true;
	}
	if (!listed) {
		buf_printf(out, " %.*s", STR_FMT(s->first_format));
	}
	buf_append_c(out, "\r\nc=IN IP4 0.0.0.0\r\n");
	if (s->mid.n > 0) {
		buf_printf(out, "a=mid:%.*s\r\n", STR_FMT(s->mid));
	}
}

static void write_session(const struct sdp *sdp, struct buf *out)
{
	buf_printf(out,
		"v=0\r\no=- %" PRIu64 " %" PRIu64 " IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
		"a=msid-semantic: WMS *\r\n",
		sdp->session_id, sdp->session_version);
	if (sdp->ours) {
		buf_append_c(out, "a=ice-lite\r\n");
	}
	buf_append_c(out, "a=group:BUNDLE");
	for (unsigned i = 0; i < sdp->section_count; i++) {
		if (!sdp->sections[i].rejected) {
			buf_printf(out, " %.*s", STR_FMT(sdp->sections[i].mid));
		}
	}
	buf_append_c(out, "\r\n");
}

void sdp_write(const struct sdp *sdp, const struct candidates *candidates, struct buf *out)
{
	bool candidates_written = candidates == NULL;
	write_session(sdp, out);
	for (unsigned i = 0; i < sdp->section_count; i++) {
		const struct sdp_section *s = &sdp->sections[i];
		write_section_start(s, out);
		if (s->rejected) {
			buf_append_c(out, "a=inactive\r\n");
			continue;
		}
		write_transport(s, out);
		if (s->kind == SDP_APPLICATION) {
			buf_printf(out, "a=sctp-port:%u\r\na=max-message-size:%" PRIu32 "\r\n",
				(unsigned)s->sctp_port, s->max_message_size);
		} else {
			write_media(s, sdp->ours, out);
		}
		if (!candidates_written) {
			write_candidates(candidates, out);
			candidates_written = true;
		}
	}
}
