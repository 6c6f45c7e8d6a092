/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/sdp.h"

#include "common/base/mem.h"

#define MAX_LINES	   8192
#define MAX_PAYLOAD_TYPES  128
#define MAX_SIGNALLED_SSRC 64

enum payload_kind { PAYLOAD_OTHER, PAYLOAD_OPUS, PAYLOAD_VP8, PAYLOAD_RTX };

/* What the attributes say of one payload type, before the codecs are put together. */
struct payload {
	enum payload_kind kind;
	struct str fmtp;
	bool nack, pli, fir, transport_cc, remb;
};

/* A section while its lines are read. */
struct draft {
	struct sdp_section *section;
	struct payload payloads[MAX_PAYLOAD_TYPES];
	struct str formats; /* of the m= line */
	bool port_zero, bundle_only;
	struct sdp_source sources[MAX_SIGNALLED_SSRC];
	unsigned source_count;
	struct str ssrc_msid;
};

struct parser {
	struct arena *arena;
	struct sdp *sdp;
	struct sdp_section session; /* what stands before the first m= line */
	struct draft *draft;	    /* of the current section; NULL before the first */
	struct str bundle;	    /* the mids of the group */
	const char *why;
};

static enum status refuse(struct parser *p, enum status status, const char *why)
{
	p->why = why;
	return status;
}

/* The next word of *rest, which are separated by single spaces. */
static struct str word(struct str *rest)
{
	struct str w = STR_EMPTY;
	(void)str_cut(rest, ' ', &w);
	return w;
}

static bool number(struct str text, int64_t max, int64_t *out)
{
	return str_to_i64(text, out) == STATUS_OK && *out >= 0 && *out <= max;
}

/* --- attributes ------------------------------------------------------------------------------- */

static bool read_hex(struct str text, uint8_t *out, size_t n)
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
	struct str name = word(&value);
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		/* Of several the first counts: they are all of the same certificate. */
		if (s->fingerprint_size == 0 && str_eq_nocase(name, hashes[i].name) &&
			read_hex(value, s->fingerprint, hashes[i].size)) {
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

/* Attributes that may stand at both levels. True when it was one. */
static bool read_transport_attribute(struct sdp_section *s, struct str name, struct str value)
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

static struct payload *payload_of(struct draft *d, struct str payload_type)
{
	int64_t pt;
	return number(payload_type, MAX_PAYLOAD_TYPES - 1, &pt) ? &d->payloads[pt] : NULL;
}

static void read_rtpmap(struct draft *d, struct str value)
{
	struct payload *p = payload_of(d, word(&value));
	if (p == NULL) {
		return;
	}
	if (str_eq_nocase(value, STR("opus/48000/2"))) {
		p->kind = PAYLOAD_OPUS;
	} else if (str_eq_nocase(value, STR("VP8/90000"))) {
		p->kind = PAYLOAD_VP8;
	} else if (str_eq_nocase(value, STR("rtx/90000")) ||
		   str_eq_nocase(value, STR("rtx/48000/2"))) {
		p->kind = PAYLOAD_RTX;
	}
}

static void read_feedback(struct draft *d, struct str value)
{
	static const struct {
		struct str text;
		size_t at;
	} known[] = {
		{STR_INIT("nack"), offsetof(struct payload, nack)},
		{STR_INIT("nack pli"), offsetof(struct payload, pli)},
		{STR_INIT("ccm fir"), offsetof(struct payload, fir)},
		{STR_INIT("transport-cc"), offsetof(struct payload, transport_cc)},
		{STR_INIT("goog-remb"), offsetof(struct payload, remb)},
	};
	struct str which = word(&value);
	struct payload *one = payload_of(d, which);
	bool all = str_eq_c(which, "*");
	for (size_t k = 0; k < ARRAY_LEN(known); k++) {
		if (!str_eq(value, known[k].text)) {
			continue;
		}
		for (size_t i = 0; i < MAX_PAYLOAD_TYPES; i++) {
			if (all || &d->payloads[i] == one) {
				*(bool *)((char *)&d->payloads[i] + known[k].at) = true;
			}
		}
	}
}

static enum status read_extmap(struct parser *p, struct sdp_section *s, struct str value)
{
	struct str id_and_direction = word(&value);
	struct str uri = word(&value);
	struct str id_text = STR_EMPTY;
	int64_t id;
	(void)str_cut(&id_and_direction, '/', &id_text);
	enum rtp_extension extension = rtp_extension_by_uri(uri);
	if (!number(id_text, 255, &id) || id == 0) {
		return refuse(p, STATUS_INVALID, "an extmap without a usable id");
	}
	if (extension == RTP_EXT_COUNT) {
		return STATUS_OK;
	}
	for (unsigned i = 0; i < s->extension_count; i++) {
		if (s->extensions[i].id == id || s->extensions[i].extension == extension) {
			return refuse(p, STATUS_INVALID, "an extmap twice");
		}
	}
	s->extensions[s->extension_count++] =
		(struct sdp_extension){.id = (uint8_t)id, .extension = extension};
	return STATUS_OK;
}

static struct sdp_source *source_take(struct draft *d, struct str ssrc_text)
{
	int64_t ssrc;
	if (!number(ssrc_text, UINT32_MAX, &ssrc) || ssrc == 0) {
		return NULL;
	}
	for (unsigned i = 0; i < d->source_count; i++) {
		if (d->sources[i].ssrc == ssrc) {
			return &d->sources[i];
		}
	}
	if (d->source_count == MAX_SIGNALLED_SSRC) {
		return NULL;
	}
	struct sdp_source *source = &d->sources[d->source_count++];
	source->ssrc = (uint32_t)ssrc;
	return source;
}

static void read_ssrc(struct draft *d, struct str value)
{
	struct sdp_source *source = source_take(d, word(&value));
	if (source == NULL) {
		return;
	}
	if (str_starts(value, STR("cname:"))) {
		source->cname = str_skip(value, 6);
	} else if (str_starts(value, STR("msid:")) && d->ssrc_msid.p == NULL) {
		d->ssrc_msid = str_skip(value, 5);
	}
}

static void read_ssrc_group(struct draft *d, struct str value)
{
	if (!str_eq_c(word(&value), "FID")) {
		return;
	}
	struct sdp_source *media = source_take(d, word(&value));
	struct sdp_source *rtx = source_take(d, word(&value));
	if (media != NULL && rtx != NULL) {
		media->rtx_ssrc = rtx->ssrc;
	}
}

static void read_simulcast(struct sdp_section *s, struct str value)
{
	while (value.p != NULL) {
		struct str direction = word(&value);
		struct str list = word(&value);
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

static void read_msid(struct sdp_section *s, struct str value)
{
	s->msid_stream = word(&value);
	s->msid_track = word(&value);
}

static void read_sctp_attribute(struct sdp_section *s, struct str name, struct str value)
{
	int64_t n;
	if (str_eq_c(name, "sctp-port") && number(value, UINT16_MAX, &n)) {
		s->sctp_port = (uint16_t)n;
	} else if (str_eq_c(name, "max-message-size") && number(value, UINT32_MAX, &n)) {
		s->max_message_size = (uint32_t)n;
	}
}

static enum status read_section_attribute(
	struct parser *p, struct draft *d, struct str name, struct str value)
{
	struct sdp_section *s = d->section;
	if (read_transport_attribute(s, name, value) || read_direction(s, name)) {
		return STATUS_OK;
	}
	if (str_eq_c(name, "mid")) {
		s->mid = value;
		return value.n == 0 || value.n > MEDIA_ID_MAX
			       ? refuse(p, STATUS_TOO_LARGE, "a mid of no or too many bytes")
			       : STATUS_OK;
	}
	if (str_eq_c(name, "extmap")) {
		return read_extmap(p, s, value);
	}
	if (str_eq_c(name, "rtpmap")) {
		read_rtpmap(d, value);
	} else if (str_eq_c(name, "fmtp")) {
		struct payload *payload = payload_of(d, word(&value));
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
		read_msid(s, value);
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

/* --- sections --------------------------------------------------------------------------------- */

static bool rtx_is_of(const struct payload *rtx, unsigned payload_type)
{
	struct str rest = rtx->fmtp, part;
	int64_t apt;
	while (str_cut(&rest, ';', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("apt=")) && number(str_skip(part, 4), 127, &apt)) {
			return apt == payload_type;
		}
	}
	return false;
}

static void add_codec(struct draft *d, unsigned payload_type)
{
	struct sdp_section *s = d->section;
	const struct payload *p = &d->payloads[payload_type];
	bool fits = (p->kind == PAYLOAD_OPUS && s->kind == SDP_AUDIO) ||
		    (p->kind == PAYLOAD_VP8 && s->kind == SDP_VIDEO);
	if (!fits || s->codec_count == MEDIA_MAX_CODECS) {
		return;
	}
	struct sdp_codec *c = &s->codecs[s->codec_count++];
	*c = (struct sdp_codec){.fmtp = p->fmtp,
		.codec = {.name = p->kind == PAYLOAD_OPUS ? CODEC_OPUS : CODEC_VP8,
			.payload_type = (uint8_t)payload_type,
			.rtx_payload_type = MEDIA_NO_PAYLOAD,
			.nack = p->nack,
			.pli = p->pli,
			.fir = p->fir,
			.transport_cc = p->transport_cc,
			.remb = p->remb}};
	for (unsigned i = 0; i < MAX_PAYLOAD_TYPES; i++) {
		if (d->payloads[i].kind == PAYLOAD_RTX &&
			rtx_is_of(&d->payloads[i], payload_type)) {
			c->codec.rtx_payload_type = (uint8_t)i;
		}
	}
}

static bool is_rtx_source(const struct draft *d, uint32_t ssrc)
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
	struct draft *d = p->draft;
	struct sdp_section *s = d->section;
	struct str rest = d->formats, format;
	int64_t payload_type;
	while (s->kind != SDP_APPLICATION && str_cut(&rest, ' ', &format)) {
		if (number(format, MAX_PAYLOAD_TYPES - 1, &payload_type)) {
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
		read_msid(s, d->ssrc_msid);
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
	s->kind_text = word(&value);
	struct str port = word(&value);
	s->protocol = word(&value);
	s->direction = SDP_SENDRECV;
	s->kind = str_eq_c(s->kind_text, "audio")	  ? SDP_AUDIO
		  : str_eq_c(s->kind_text, "video")	  ? SDP_VIDEO
		  : str_eq_c(s->kind_text, "application") ? SDP_APPLICATION
							  : SDP_OTHER;
	struct str formats = value;
	s->first_format = word(&value);
	if (s->first_format.n == 0 || s->protocol.n == 0) {
		return refuse(p, STATUS_INVALID, "an m= line without a format");
	}
	p->draft = p->draft == NULL ? ARENA_NEW(p->arena, struct draft) : p->draft;
	*p->draft =
		(struct draft){.section = s, .formats = formats, .port_zero = str_eq_c(port, "0")};
	return STATUS_OK;
}

/* --- the description -------------------------------------------------------------------------- */

static enum status read_origin(struct parser *p, struct str value)
{
	int64_t id, version;
	(void)word(&value);
	if (!number(word(&value), INT64_MAX, &id) || !number(word(&value), INT64_MAX, &version)) {
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
		return read_section_attribute(p, p->draft, name, value);
	}
	if (str_eq_c(name, "group") && str_starts(value, STR("BUNDLE ")) && p->bundle.p == NULL) {
		p->bundle = str_skip(value, 7);
	} else {
		(void)read_transport_attribute(&p->session, name, value);
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
