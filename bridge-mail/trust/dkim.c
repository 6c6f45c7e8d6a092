/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/dkim.h"

#include <errno.h>
#include <unistd.h>

#include "bridge-mail/trust/dkim_canonical.h"
#include "bridge-mail/trust/dkim_header.h"
#include "common/base/mem.h"
#include "common/crypto/ed25519.h"
#include "common/crypto/rsa.h"
#include "common/crypto/secret.h"

#define SIGNED_MAX   ((size_t)1024 * 1024)
#define READ_BYTES   16384
#define CLOCK_SKEW_S 300

struct field {
	struct str name;
	struct str raw; /* with its folding and line end */
};

struct fields {
	struct field *items;
	size_t count;
};

/* A signature that is worth the work. */
struct checking {
	struct dkim_result *result;
	struct dkim_signature signature;
	struct dkim_key key;
	const struct field *field;
	struct dkim_body body;
};

static size_t line_length(struct str text)
{
	ptrdiff_t lf = str_index(text, '\n');
	return lf < 0 ? text.n : (size_t)lf + 1;
}

/* The header's fields as they stand. */
static void read_fields(struct arena *arena, struct str head, struct fields *out)
{
	*out = (struct fields){.items = ARENA_ARRAY(arena, struct field, DKIM_MAX_FIELDS)};
	while (head.n > 0 && out->count < DKIM_MAX_FIELDS) {
		size_t n = line_length(head);
		if (str_trim(str_slice(head, 0, n)).n == 0)
			return;
		while (n < head.n && (head.p[n] == ' ' || head.p[n] == '\t'))
			n += line_length(str_skip(head, n));
		struct str raw = str_slice(head, 0, n);
		ptrdiff_t colon = str_index(raw, ':');
		if (colon > 0)
			out->items[out->count++] =
				(struct field){str_trim(str_slice(raw, 0, (size_t)colon)), raw};
		head = str_skip(head, n);
	}
}

static void conclude(struct dkim_result *result, enum dkim_outcome outcome, const char *why)
{
	result->outcome = outcome;
	result->why = why;
}

/* The key that the domain publishes; false when the matter is settled without one. */
static bool find_key(struct arena *arena, struct checking *c, const struct lookup *lookup)
{
	const struct dkim_signature *s = &c->signature;
	struct lookup_records records;
	const char *why = "the key record cannot be read";
	struct str name = arena_printf(
		arena, "%.*s._domainkey.%.*s", STR_FMT(s->selector), STR_FMT(s->domain));
	enum status status = lookup->txt(lookup->context, name, arena, &records);
	if (status != STATUS_OK) {
		conclude(c->result, status == STATUS_NOT_FOUND ? DKIM_UNUSABLE : DKIM_TEMPORARY,
			status == STATUS_NOT_FOUND ? "no key" : "the key cannot be had now");
		return false;
	}
	/* Where there are several, which is undefined, the first that can be read counts. */
	status = STATUS_INVALID;
	for (size_t i = 0; i < records.count && status != STATUS_OK; i++)
		status = dkim_key_read(arena, records.items[i], &c->key, &why);
	if (status == STATUS_OK) {
		why = NULL;
		if (c->key.bytes.n == 0)
			why = "the key was revoked";
		else if (c->key.algorithm != s->algorithm)
			why = "the key is of another kind";
		else if (c->key.testing)
			why = "the domain only tests";
		else if (c->key.strict && !str_eq_nocase(s->identity_domain, s->domain))
			why = "i= is not d=";
	}
	if (why == NULL)
		return true;
	conclude(c->result, DKIM_UNUSABLE, why);
	return false;
}

/* False when the signature is not worth the work; its result says why. */
static bool prepare(
	struct arena *arena, struct checking *c, const struct lookup *lookup, int64_t now_s)
{
	const char *why = "";
	struct str value = str_skip(c->field->raw, (size_t)str_index(c->field->raw, ':') + 1);
	enum status status = dkim_signature_read(arena, value, &c->signature, &why);
	c->result->domain = c->signature.domain;
	c->result->selector = c->signature.selector;
	if (status != STATUS_OK) {
		conclude(c->result, DKIM_UNUSABLE, why);
		return false;
	}
	if (c->signature.expires_at != 0 && c->signature.expires_at + CLOCK_SKEW_S < now_s) {
		conclude(c->result, DKIM_UNUSABLE, "the signature has expired");
		return false;
	}
	return find_key(arena, c, lookup);
}

/* The signature's own header with the value of b= taken out. */
static struct str without_signature(struct arena *arena, struct str raw)
{
	size_t at = (size_t)str_index(raw, ':') + 1;
	while (at < raw.n) {
		ptrdiff_t semicolon = str_index(str_skip(raw, at), ';');
		size_t end = semicolon < 0 ? raw.n : at + (size_t)semicolon;
		struct str part = str_slice(raw, at, end - at);
		ptrdiff_t equals = str_index(part, '=');
		if (equals > 0 && str_eq(str_trim(str_slice(part, 0, (size_t)equals)), STR("b"))) {
			size_t value = at + (size_t)equals + 1;
			return arena_printf(arena, "%.*s%.*s", STR_FMT(str_slice(raw, 0, value)),
				STR_FMT(str_skip(raw, end)));
		}
		at = end + 1;
	}
	return raw;
}

/* Each name in h= takes the lowest field of that name that was not taken yet; one that is not
 * there stands for nothing (5.4.2: so that none can be added). */
static void write_signed(
	struct arena *arena, const struct checking *c, const struct fields *fields, struct buf *out)
{
	const struct dkim_signature *s = &c->signature;
	bool *taken = ARENA_ARRAY(arena, bool, fields->count + 1);
	for (size_t i = 0; i < s->header_count; i++) {
		for (size_t j = fields->count; j-- > 0;) {
			const struct field *field = &fields->items[j];
			if (taken[j] || !str_eq_nocase(field->name, s->headers[i]))
				continue;
			taken[j] = true;
			dkim_canonical_header(field->raw, s->relaxed_header, out);
			break;
		}
	}
	dkim_canonical_header(without_signature(arena, c->field->raw), s->relaxed_header, out);
	if (!out->overflow)
		out->n -= 2; /* its CR LF is not signed */
}

static bool signature_fits(const struct checking *c, struct str text, const char **why_out)
{
	*why_out = "the signature does not fit";
	if (c->signature.algorithm == DKIM_ED25519_SHA256) {
		uint8_t hash[SHA256_BYTES];
		sha256(text, hash);
		return c->signature.signature.n == ED25519_SIGNATURE_BYTES &&
		       ed25519_verify((const uint8_t *)c->key.bytes.p,
			       str_n((const char *)hash, sizeof(hash)),
			       (const uint8_t *)c->signature.signature.p);
	}
	enum status status = rsa_sha256_verify(c->key.bytes, text, c->signature.signature);
	if (status == STATUS_INVALID)
		*why_out = "the key cannot be read";
	if (status == STATUS_TOO_LARGE)
		*why_out = "the key is too short or too long";
	return status == STATUS_OK;
}

static void finish(struct arena *arena, struct checking *c, const struct fields *fields)
{
	uint8_t hash[SHA256_BYTES];
	const char *why = "";
	dkim_body_finish(&c->body, hash);
	if (!secret_equal(c->signature.body_hash, str_n((const char *)hash, sizeof(hash)))) {
		conclude(c->result, DKIM_FAIL, "the text was changed");
		return;
	}
	/* What stands behind the signed part could be anybody's (8.2). */
	if (c->signature.has_length && c->body.size != c->signature.length) {
		conclude(c->result, DKIM_FAIL, "the end of the text is not signed");
		return;
	}
	BUF_SCOPE(text, SIGNED_MAX);
	write_signed(arena, c, fields, &text);
	if (text.overflow)
		conclude(c->result, DKIM_UNUSABLE, "the signed headers are too large");
	else if (signature_fits(c, buf_str(&text), &why))
		conclude(c->result, DKIM_PASS, "");
	else
		conclude(c->result, DKIM_FAIL, why);
}

static enum status hash_body(const struct dkim_mail *mail, struct checking *list, size_t count)
{
	char bytes[READ_BYTES];
	off_t at = (off_t)mail->body_at;
	for (;;) {
		ssize_t n = pread(mail->fd, bytes, sizeof(bytes), at);
		if (n == 0)
			return STATUS_OK;
		if (n < 0 && errno != EINTR)
			return STATUS_IO;
		if (n < 0)
			continue;
		at += n;
		for (size_t i = 0; i < count; i++)
			dkim_body_add(&list[i].body, str_n(bytes, (size_t)n));
	}
}

enum status dkim_verify(struct arena *arena, const struct dkim_mail *mail,
	const struct lookup *lookup, int64_t now, struct dkim_results *out)
{
	struct fields fields;
	struct checking *list = ARENA_ARRAY(arena, struct checking, DKIM_MAX_SIGNATURES);
	size_t count = 0;
	out->count = 0;
	read_fields(arena, mail->head, &fields);
	for (size_t i = 0; i < fields.count && out->count < DKIM_MAX_SIGNATURES; i++) {
		if (!str_eq_nocase(fields.items[i].name, STR("DKIM-Signature")))
			continue;
		struct checking *c = &list[count];
		*c = (struct checking){
			.result = &out->items[out->count++], .field = &fields.items[i]};
		*c->result = (struct dkim_result){.why = ""};
		if (!prepare(arena, c, lookup, now / 1000))
			continue;
		dkim_body_init(&c->body, c->signature.relaxed_body,
			c->signature.has_length ? c->signature.length : -1);
		count++;
	}
	if (count == 0)
		return STATUS_OK;
	enum status status = hash_body(mail, list, count);
	for (size_t i = 0; i < count; i++)
		finish(arena, &list[i], &fields);
	return status;
}
