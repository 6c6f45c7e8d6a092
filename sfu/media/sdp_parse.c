/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/codecs.h"
#include "sfu/media/sdp_internal.h"

#define MAX_LINES 8192

struct parser {
	struct arena *arena;
	struct sdp *sdp;
	struct sdp_section session; /* what stands before the first m= line */
	struct sdp_draft *draft;    /* of the current section; NULL before the first */
	struct str bundle;	    /* the mids of the group */
	const char *why;
};

static enum status refuse(struct parser *p, enum status status, const char *why)
{
	p->why = why;
	return status;
}

/* --- sections --------------------------------------------------------------------------------- */

static bool rtx_is_of(const struct sdp_payload *rtx, unsigned payload_type)
{
	struct str rest = rtx->fmtp, part;
	int64_t apt;
	while (str_cut(&rest, ';', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("apt=")) && sdp_number(str_skip(part, 4), 127, &apt)) {
			return apt == payload_type;
		}
	}
	return false;
}

/* One of each profile is enough: the first, or of H.264 the constrained one, which all decode. */
static struct sdp_codec *place_for(
	struct sdp_section *s, const struct sdp_payload *payload, uint8_t profile)
{
	for (unsigned i = 0; i < s->codec_count; i++) {
		struct sdp_codec *c = &s->codecs[i];
		if (c->codec.name != payload->codec || c->codec.profile != profile) {
			continue;
		}
		bool better = payload->codec == CODEC_H264 && !sdp_h264_constrained(c->fmtp) &&
			      sdp_h264_constrained(payload->fmtp);
		return better ? c : NULL;
	}
	return s->codec_count == MEDIA_MAX_CODECS ? NULL : &s->codecs[s->codec_count++];
}

static void add_codec(struct sdp_draft *d, unsigned payload_type)
{
	struct sdp_section *s = d->section;
	const struct sdp_payload *p = &d->payloads[payload_type];
	enum sdp_kind kind = p->kind == PAYLOAD_CODEC && codec_kind(p->codec) == MEDIA_AUDIO
				     ? SDP_AUDIO
				     : SDP_VIDEO;
	uint8_t profile;
	if (p->kind != PAYLOAD_CODEC || s->kind != kind ||
		!sdp_format_known(p->codec, p->fmtp, &profile)) {
		return;
	}
	struct sdp_codec *c = place_for(s, p, profile);
	if (c == NULL) {
		return;
	}
	*c = (struct sdp_codec){.fmtp = p->fmtp,
		.codec = {.name = p->codec,
			.profile = profile,
			.payload_type = (uint8_t)payload_type,
			.rtx_payload_type = MEDIA_NO_PAYLOAD,
			.nack = p->nack,
			.pli = p->pli,
			.fir = p->fir,
			.transport_cc = p->transport_cc,
			.remb = p->remb}};
	for (unsigned i = 0; i < SDP_PAYLOAD_TYPES; i++) {
		if (d->payloads[i].kind == PAYLOAD_RTX &&
			rtx_is_of(&d->payloads[i], payload_type)) {
			c->codec.rtx_payload_type = (uint8_t)i;
		}
	}
}

static bool is_rtx_source(const struct sdp_draft *d, uint32_t ssrc)
{
	for (unsigned i = 0; i < d->source_count; i++) {
		if (d->sources[i].rtx_ssrc == ssrc) {
			return true;
		}
	}
	return false;
}

/* Puts a section together once its lines are read. */
static enum status finish_section(struct parser *p)
{
	struct sdp_draft *d = p->draft;
	struct sdp_section *s = d->section;
	struct str rest = d->formats, format;
	int64_t payload_type;
	while (s->kind != SDP_APPLICATION && str_cut(&rest, ' ', &format)) {
		if (sdp_number(format, SDP_PAYLOAD_TYPES - 1, &payload_type)) {
			add_codec(d, (unsigned)payload_type);
		}
	}
	for (unsigned i = 0; i < d->source_count; i++) {
		if (is_rtx_source(d, d->sources[i].ssrc)) {
			continue;
		}
		if (s->source_count == SDP_MAX_SOURCES) {
			return refuse(p, STATUS_TOO_LARGE, "too many SSRCs in a section");
		}
		s->sources[s->source_count++] = d->sources[i];
	}
	if (s->msid_stream.p == NULL && d->ssrc_msid.p != NULL) {
		sdp_read_msid(s, d->ssrc_msid);
	}
	s->rejected = d->port_zero && !d->bundle_only;
	if (s->ice_ufrag.p == NULL) {
		s->ice_ufrag = p->session.ice_ufrag;
		s->ice_pwd = p->session.ice_pwd;
	}
	if (s->fingerprint_size == 0) {
		memcpy(s->fingerprint, p->session.fingerprint, sizeof(s->fingerprint));
		s->fingerprint_size = p->session.fingerprint_size;
	}
	if (s->setup == SDP_SETUP_NONE) {
		s->setup = p->session.setup;
	}
	s->extmap_allow_mixed = s->extmap_allow_mixed || p->session.extmap_allow_mixed;
	return STATUS_OK;
}

static enum status start_section(struct parser *p, struct str value)
{
	if (p->draft != NULL) {
		enum status status = finish_section(p);
		if (status != STATUS_OK) {
			return status;
		}
	}
	if (p->sdp->section_count == SDP_MAX_SECTIONS) {
		return refuse(p, STATUS_TOO_LARGE, "too many sections");
	}
	struct sdp_section *s = &p->sdp->sections[p->sdp->section_count++];
	s->kind_text = sdp_word(&value);
	struct str port = sdp_word(&value);
	s->protocol = sdp_word(&value);
	s->direction = SDP_SENDRECV;
	s->kind = str_eq_c(s->kind_text, "audio")	  ? SDP_AUDIO
		  : str_eq_c(s->kind_text, "video")	  ? SDP_VIDEO
		  : str_eq_c(s->kind_text, "application") ? SDP_APPLICATION
							  : SDP_OTHER;
	struct str formats = value;
	s->first_format = sdp_word(&value);
	if (s->first_format.n == 0 || s->protocol.n == 0) {
		return refuse(p, STATUS_INVALID, "an m= line without a format");
	}
	p->draft = p->draft == NULL ? ARENA_NEW(p->arena, struct sdp_draft) : p->draft;
	*p->draft = (struct sdp_draft){
		.section = s, .formats = formats, .port_zero = str_eq_c(port, "0")};
	return STATUS_OK;
}

/* --- the description -------------------------------------------------------------------------- */

static enum status read_origin(struct parser *p, struct str value)
{
	int64_t id, version;
	(void)sdp_word(&value);
	if (!sdp_number(sdp_word(&value), INT64_MAX, &id) ||
		!sdp_number(sdp_word(&value), INT64_MAX, &version)) {
		return refuse(p, STATUS_INVALID, "an o= line without numbers");
	}
	p->sdp->session_id = (uint64_t)id;
	p->sdp->session_version = (uint64_t)version;
	return STATUS_OK;
}

static enum status read_attribute(struct parser *p, struct str line)
{
	struct str name = STR_EMPTY;
	struct str value = line;
	(void)str_cut(&value, ':', &name);
	if (p->draft != NULL) {
		return sdp_section_attribute(p->draft, name, value, &p->why);
	}
	if (str_eq_c(name, "group") && str_starts(value, STR("BUNDLE ")) && p->bundle.p == NULL) {
		p->bundle = str_skip(value, 7);
	} else {
		(void)sdp_transport_attribute(&p->session, name, value);
	}
	return STATUS_OK;
}

static bool has_control(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		if ((unsigned char)line.p[i] < 0x20 && line.p[i] != '\t') {
			return true;
		}
	}
	return false;
}

static enum status read_line(struct parser *p, struct str line)
{
	if (has_control(line)) {
		return refuse(p, STATUS_INVALID, "a control character in a line");
	}
	if (line.n < 2 || line.p[1] != '=') {
		return refuse(p, STATUS_INVALID, "a line that is not <type>=<value>");
	}
	struct str value = str_skip(line, 2);
	switch (line.p[0]) {
	case 'm':
		return start_section(p, value);
	case 'a':
		return read_attribute(p, value);
	case 'o':
		return read_origin(p, value);
	default:
		return STATUS_OK;
	}
}

static bool in_bundle(struct str bundle, struct str mid)
{
	struct str one;
	while (str_cut(&bundle, ' ', &one)) {
		if (str_eq(one, mid)) {
			return true;
		}
	}
	return false;
}

static bool same_transport(const struct sdp_section *a, const struct sdp_section *b)
{
	return str_eq(a->ice_ufrag, b->ice_ufrag) && str_eq(a->ice_pwd, b->ice_pwd) &&
	       a->fingerprint_size == b->fingerprint_size &&
	       memcmp(a->fingerprint, b->fingerprint, a->fingerprint_size) == 0;
}

static enum status check(struct parser *p)
{
	const struct sdp_section *first = NULL;
	for (unsigned i = 0; i < p->sdp->section_count; i++) {
		const struct sdp_section *s = &p->sdp->sections[i];
		for (unsigned k = 0; k < i; k++) {
			if (s->mid.n > 0 && str_eq(s->mid, p->sdp->sections[k].mid)) {
				return refuse(p, STATUS_INVALID, "a mid twice");
			}
		}
		if (s->rejected) {
			continue;
		}
		if (s->mid.n == 0 || !in_bundle(p->bundle, s->mid)) {
			return refuse(p, STATUS_INVALID, "a section outside of the BUNDLE group");
		}
		if (s->kind != SDP_APPLICATION && !s->rtcp_mux) {
			return refuse(p, STATUS_INVALID, "a section without rtcp-mux");
		}
		if (first != NULL && !same_transport(first, s)) {
			return refuse(p, STATUS_INVALID, "two transports in one BUNDLE group");
		}
		first = first == NULL ? s : first;
	}
	p->sdp->bundle = first != NULL;
	return STATUS_OK;
}

static enum status parse(struct parser *p, struct str text)
{
	struct str line;
	unsigned lines = 0;
	if (text.n > SDP_MAX_BYTES) {
		return refuse(p, STATUS_TOO_LARGE, "too many bytes");
	}
	if (!str_starts(text, STR("v=0"))) {
		return refuse(p, STATUS_INVALID, "it does not start with v=0");
	}
	while (str_cut(&text, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r') {
			line.n--;
		}
		if (++lines > MAX_LINES) {
			return refuse(p, STATUS_TOO_LARGE, "too many lines");
		}
		enum status status = line.n == 0 ? STATUS_OK : read_line(p, line);
		if (status != STATUS_OK) {
			return status;
		}
	}
	enum status status = p->draft == NULL ? STATUS_OK : finish_section(p);
	return status == STATUS_OK ? check(p) : status;
}

enum status sdp_parse(struct arena *arena, struct str text, struct sdp **out, const char **why_out)
{
	struct parser p = {.arena = arena, .sdp = ARENA_NEW(arena, struct sdp)};
	p.sdp->sections = ARENA_ARRAY(arena, struct sdp_section, SDP_MAX_SECTIONS);
	enum status status = parse(&p, text);
	if (status == STATUS_OK) {
		*out = p.sdp;
	} else if (why_out != NULL) {
		*why_out = p.why;
	}
	return status;
}
