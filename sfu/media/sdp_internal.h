/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SDP library share. */
#ifndef PARVIS_SFU_SDP_INTERNAL_H
#define PARVIS_SFU_SDP_INTERNAL_H

#include "sfu/media/sdp.h"

#define SDP_PAYLOAD_TYPES 128
#define SDP_MAX_SIGNALLED 64 /* SSRCs of a section, those of RTX included */

enum sdp_payload_kind { PAYLOAD_OTHER, PAYLOAD_CODEC, PAYLOAD_RTX };

/* What the attributes say of one payload type, before the codecs are put together. */
struct sdp_payload {
	enum sdp_payload_kind kind;
	enum media_codec_name codec; /* of PAYLOAD_CODEC */
	struct str fmtp;
	bool nack, pli, fir, transport_cc, remb;
};

/* A section while its lines are read. */
struct sdp_draft {
	struct sdp_section *section;
	struct sdp_payload payloads[SDP_PAYLOAD_TYPES];
	struct str formats; /* of the m= line */
	bool port_zero, bundle_only;
	struct sdp_source sources[SDP_MAX_SIGNALLED];
	unsigned source_count;
	struct str ssrc_msid;
};

/* The next word of *rest; words are separated by single spaces. */
static inline struct str sdp_word(struct str *rest)
{
	struct str w = STR_EMPTY;
	(void)str_cut(rest, ' ', &w);
	return w;
}

static inline bool sdp_number(struct str text, int64_t max, int64_t *out)
{
	return str_to_i64(text, out) == STATUS_OK && *out >= 0 && *out <= max;
}

/* Value of a parameter ("name=value;..."); empty when it is not there. */
struct str sdp_parameter(struct str fmtp, const char *name);
/*
 * sdp_formats.c. Whether a payload type of that codec and those parameters is one that we forward,
 * and its profile.
 */
bool sdp_h264_constrained(struct str fmtp);
bool sdp_format_known(enum media_codec_name name, struct str fmtp, uint8_t *profile_out);
/* What an answer says of an offered format: its parameters, without those of the other side. */
struct str sdp_format_answer(
	struct arena *arena, enum media_codec_name name, struct str fmtp, uint8_t opus_type);

/* n bytes written as "AB:CD:..." (RFC 8122); false when they are not. */
bool sdp_read_hex(struct str text, uint8_t *out, size_t n);

/* sdp_attributes.c: one a= line. Attributes that may stand at both levels: true when it was one. */
bool sdp_transport_attribute(struct sdp_section *section, struct str name, struct str value);
/* One of a section. On failure *why_out is a constant text. */
MUST_CHECK enum status sdp_section_attribute(
	struct sdp_draft *draft, struct str name, struct str value, const char **why_out);
/* "stream track" */
void sdp_read_msid(struct sdp_section *section, struct str value);

#endif
