/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session descriptions (RFC 8866) as WebRTC writes them (RFC 8829, JSEP): bytes to struct and
 * back, pure functions. What we have no use for is skipped: unknown attributes, candidates (an
 * ICE-lite server sends no checks), bandwidth, codecs other than those of media_codec_name.
 *
 * Attributes given at session level (fingerprint, setup, ICE credentials, extmap-allow-mixed) are
 * copied into each section that has none of its own.
 */
#ifndef PARVIS_SFU_SDP_H
#define PARVIS_SFU_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"
#include "sfu/media/messages.h"

struct candidates;

#define SDP_MAX_BYTES	 (256 * 1024)
#define SDP_MAX_SECTIONS 64
#define SDP_MAX_SOURCES	 16 /* SSRCs of one section */

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_APPLICATION, SDP_OTHER };
enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };
enum sdp_setup { SDP_SETUP_NONE, SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE };

struct sdp_codec {
	struct media_codec codec;
	struct str fmtp; /* of the codec itself; empty: none */
};

struct sdp_extension {
	uint8_t id;
	enum rtp_extension extension;
};

struct sdp_source {
	uint32_t ssrc;
	uint32_t rtx_ssrc; /* from a=ssrc-group:FID; the RTX source has no entry of its own */
	struct str cname;
};

struct sdp_section {
	enum sdp_kind kind;
	struct str kind_text;	 /* "audio"; what a rejected section of another kind is named */
	struct str protocol;	 /* "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP" */
	struct str first_format; /* needed to reject a section that has no codec of ours */
	bool rejected;		 /* port 0 outside of a bundle-only section */
	struct str mid;
	enum sdp_direction direction;
	struct str ice_ufrag, ice_pwd;
	enum sdp_setup setup;
	uint8_t fingerprint[64];
	uint8_t fingerprint_size; /* 0: none that we know; sha-256, sha-384, sha-512 */
	bool rtcp_mux, rtcp_rsize, extmap_allow_mixed;
	struct str msid_stream, msid_track;	   /* a=msid, or that of the first a=ssrc line */
	struct sdp_codec codecs[MEDIA_MAX_CODECS]; /* in the order of preference of the m= line */
	unsigned codec_count;
	struct sdp_extension extensions[RTP_EXT_COUNT];
	unsigned extension_count;
	struct sdp_source sources[SDP_MAX_SOURCES];
	unsigned source_count;
	/* a=simulcast:send (offer) or recv (answer): first alternative of each, in its order. Rids
	 * of paused streams ("~") are in too. In an SDP of ours they are written as recv. */
	struct str rids[MEDIA_MAX_ENCODINGS];
	unsigned rid_count;
	uint16_t sctp_port;
	uint32_t max_message_size; /* 0: not said */
};

struct sdp {
	uint64_t session_id, session_version;
	bool ours;		      /* written with a=ice-lite, rids as simulcast recv */
	struct sdp_section *sections; /* room for SDP_MAX_SECTIONS in one of ours */
	unsigned section_count;
	bool bundle; /* all sections that are not rejected are in one BUNDLE group */
};

/*
 * STATUS_INVALID with a reason for the log in *why_out (a constant; may be NULL): not an SDP, two
 * equal mids, no BUNDLE, no rtcp-mux, different ICE credentials or fingerprints within the
 * BUNDLE. STATUS_TOO_LARGE past a limit above. Strings lie in `text`, which must live as long.
 */
MUST_CHECK enum status sdp_parse(
	struct arena *arena, struct str text, struct sdp **out, const char **why_out);

/* With CRLF, ready to send. The local candidates go into the first section that is not rejected,
 * with end-of-candidates. */
void sdp_write(const struct sdp *sdp, const struct candidates *candidates, struct buf *out);

/* --- our half --------------------------------------------------------------------------------- */

/* Our side of one transport. */
struct sdp_local {
	uint64_t session_id;	  /* one per transport, below 2^62 */
	uint64_t session_version; /* greater each time */
	struct str ufrag, pwd;
	const char *fingerprint; /* dtls_identity_fingerprint() */
};

/*
 * The answer to a client's offer: what of ours the offer has, in the offer's numbers and order.
 * a=setup:passive. Sections: sendonly and sendrecv become recvonly; recvonly and inactive become
 * inactive, which the caller turns to sendonly (sdp_section_send) where it has a track to send.
 * A section without a codec of ours is rejected. Of Opus: "minptime=10;useinbandfec=1" and
 * usedtx=1 as offered; stereo as offered.
 */
struct sdp *sdp_answer(struct arena *arena, const struct sdp *offer, const struct sdp_local *local);

/* Starts an offer of ours (the subscriber's transport of the dual mode), a=setup:actpass, without
 * any section. */
struct sdp *sdp_offer(struct arena *arena, const struct sdp_local *local);
/* Appends a section with our codecs (all of a kind) and extension ids; inactive
 * until sdp_section_send. STATUS_TOO_LARGE past SDP_MAX_SECTIONS. */
MUST_CHECK enum status sdp_offer_section(struct arena *arena, struct sdp *offer,
	const struct sdp_local *local, enum sdp_kind kind, struct str mid,
	struct sdp_section **out);

/* Makes a section of ours send: sendonly (or sendrecv when it receives), a=msid, a=ssrc with the
 * stream id as cname, FID group when rtx_ssrc is not 0. Strings are borrowed. */
void sdp_section_send(struct sdp_section *section, struct str stream_id, struct str track_id,
	uint32_t ssrc, uint32_t rtx_ssrc);

/* --- from descriptions to messages ------------------------------------------------------------ */

struct sdp_section *sdp_section_find(const struct sdp *sdp, struct str mid); /* or NULL */
const struct sdp_codec *sdp_codec_find(
	const struct sdp_section *section, enum media_codec_name name); /* or NULL */
/* The codec that can carry a stream which comes in that format; or NULL. */
const struct sdp_codec *sdp_codec_for(
	const struct sdp_section *section, const struct media_codec *stream);
/* The sender takes the first of an answer: this one, when it is there. */
void sdp_section_prefer(struct sdp_section *section, enum media_codec_name name);
/* How Opus shall be sent to us. */
void sdp_section_opus(struct arena *arena, struct sdp_section *section, bool stereo, bool dtx);
void sdp_section_without(struct sdp_section *section, enum media_codec_name name);
/* All sections' extensions; STATUS_INVALID when one id means two things. */
MUST_CHECK enum status sdp_extension_ids(const struct sdp *sdp, struct rtp_extension_ids *out);
/*
 * Fills remote ufrag, fingerprint, extensions (of `negotiated`: the answer, whoever made it) and
 * SCTP parameters from the peer's description. STATUS_INVALID when the peer gives no ICE
 * credentials or no usable fingerprint, or wants to be DTLS server itself.
 */
MUST_CHECK enum status sdp_transport_params(const struct sdp *remote, const struct sdp *negotiated,
	struct media_transport_params *params);
/*
 * Fills mid, kind, codecs (as in the answer) and encodings (as in the offer) of what the peer
 * sends in this section. Without simulcast one encoding; with rids one each, in the order of
 * a=simulcast, which LiveKit's clients write from the smallest (q) up: sdp sorts q, h, f so.
 */
MUST_CHECK enum status sdp_publish_params(const struct sdp_section *offer,
	const struct sdp_section *answer, struct media_publish *publish);

#endif
