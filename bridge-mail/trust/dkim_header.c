/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/dkim_header.h"

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"

#define BASE64_MAX 8192

static enum status fail(enum status status, const char *why, const char **why_out)
{
	*why_out = why;
	return status;
}

/* Letters, digits, '-', '_' and '.', as in names that are looked up. */
static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_' || c == '.'))
			return false;
		if (c == '.' && (i == 0 || i + 1 == name.n || name.p[i - 1] == '.'))
			return false;
	}
	return name.n > 0 && name.n <= DKIM_MAX_NAME;
}

static bool read_base64(struct arena *arena, struct str value, struct str *out)
{
	struct str text = tags_squeeze(arena, value);
	return text.n > 0 && text.n <= BASE64_MAX &&
	       base64_decode(arena, text, BASE64_PADDED, out) == STATUS_OK && out->n > 0;
}

static bool read_number(struct arena *arena, struct str value, int64_t *out)
{
	struct str text = tags_squeeze(arena, value);
	return text.n > 0 && text.n <= 18 && text.p[0] != '-' && str_to_i64(text, out) == STATUS_OK;
}

static enum status read_algorithm(
	struct str value, struct dkim_signature *out, const char **why_out)
{
	if (str_eq_nocase(value, STR("rsa-sha256")))
		out->algorithm = DKIM_RSA_SHA256;
	else if (str_eq_nocase(value, STR("ed25519-sha256")))
		out->algorithm = DKIM_ED25519_SHA256;
	else if (str_eq_nocase(value, STR("rsa-sha1")))
		return fail(STATUS_DENIED, "signed with SHA-1", why_out);
	else
		return fail(STATUS_INVALID, "unknown algorithm", why_out);
	return STATUS_OK;
}

static bool read_canonicalization(struct str value, struct dkim_signature *out)
{
	struct str header, body = value;
	if (value.n == 0)
		return true;
	if (!str_cut(&body, '/', &header))
		return false;
	if (body.n == 0)
		body = STR("simple");
	out->relaxed_header = str_eq_nocase(header, STR("relaxed"));
	out->relaxed_body = str_eq_nocase(body, STR("relaxed"));
	return (out->relaxed_header || str_eq_nocase(header, STR("simple"))) &&
	       (out->relaxed_body || str_eq_nocase(body, STR("simple")));
}

static enum status read_signed(struct str list, struct dkim_signature *out, const char **why_out)
{
	struct str name;
	bool from = false;
	while (str_cut(&list, ':', &name)) {
		if (out->header_count == DKIM_MAX_SIGNED)
			return fail(STATUS_INVALID, "too many signed headers", why_out);
		name = str_trim(name);
		if (name.n == 0)
			return fail(STATUS_INVALID, "a signed header without a name", why_out);
		from = from || str_eq_nocase(name, STR("From"));
		out->headers[out->header_count++] = name;
	}
	return from ? STATUS_OK : fail(STATUS_DENIED, "From is not signed", why_out);
}

/* i= is the domain itself or one below it. */
static bool read_identity(struct arena *arena, struct str value, struct dkim_signature *out)
{
	out->identity_domain = out->domain;
	if (value.n == 0)
		return true;
	value = tags_squeeze(arena, value);
	ptrdiff_t at = str_rindex(value, '@');
	if (at < 0)
		return false;
	struct str domain = str_skip(value, (size_t)at + 1);
	out->identity_domain = domain;
	if (str_eq_nocase(domain, out->domain))
		return true;
	return domain.n > out->domain.n + 1 && domain.p[domain.n - out->domain.n - 1] == '.' &&
	       str_eq_nocase(str_skip(domain, domain.n - out->domain.n), out->domain);
}

static bool read_times(struct arena *arena, const struct tags *tags, struct dkim_signature *out)
{
	struct str signed_at = tags_find(tags, "t"), expires = tags_find(tags, "x");
	struct str length = tags_find(tags, "l");
	int64_t at = 0;
	if (signed_at.p != NULL && !read_number(arena, signed_at, &at))
		return false;
	if (expires.p != NULL &&
		(!read_number(arena, expires, &out->expires_at) || out->expires_at < at))
		return false;
	out->has_length = length.p != NULL;
	return !out->has_length || read_number(arena, length, &out->length);
}

enum status dkim_signature_read(
	struct arena *arena, struct str value, struct dkim_signature *out, const char **why_out)
{
	struct tags tags;
	*out = (struct dkim_signature){0};
	if (tags_read(value, &tags) != STATUS_OK)
		return fail(STATUS_INVALID, "not a list of tags", why_out);
	if (!str_eq_c(tags_find(&tags, "v"), "1"))
		return fail(STATUS_INVALID, "unknown version", why_out);
	enum status status = read_algorithm(tags_find(&tags, "a"), out, why_out);
	if (status != STATUS_OK)
		return status;
	out->domain = tags_squeeze(arena, tags_find(&tags, "d"));
	out->selector = tags_squeeze(arena, tags_find(&tags, "s"));
	if (!name_ok(out->domain) || !name_ok(out->selector))
		return fail(STATUS_INVALID, "no usable d= and s=", why_out);
	struct str method = tags_find(&tags, "q");
	if (method.p != NULL && !tags_list_has(method, "dns/txt"))
		return fail(STATUS_INVALID, "unknown way to the key", why_out);
	if (!read_canonicalization(tags_find(&tags, "c"), out))
		return fail(STATUS_INVALID, "unknown canonicalization", why_out);
	if (!read_base64(arena, tags_find(&tags, "bh"), &out->body_hash) ||
		!read_base64(arena, tags_find(&tags, "b"), &out->signature))
		return fail(STATUS_INVALID, "no usable b= and bh=", why_out);
	if (!read_identity(arena, tags_find(&tags, "i"), out))
		return fail(STATUS_INVALID, "i= is not of d=", why_out);
	if (!read_times(arena, &tags, out))
		return fail(STATUS_INVALID, "senseless numbers", why_out);
	return read_signed(tags_find(&tags, "h"), out, why_out);
}

enum status dkim_key_read(
	struct arena *arena, struct str record, struct dkim_key *out, const char **why_out)
{
	struct tags tags;
	*out = (struct dkim_key){0};
	if (tags_read(record, &tags) != STATUS_OK)
		return fail(STATUS_INVALID, "the key record is not a list of tags", why_out);
	struct str version = tags_find(&tags, "v"), hashes = tags_find(&tags, "h");
	struct str services = tags_find(&tags, "s"), type = tags_find(&tags, "k");
	if (version.p != NULL &&
		(!str_eq_c(version, "DKIM1") || !str_eq_c(tags.items[0].name, "v")))
		return fail(STATUS_INVALID, "the key record has an unknown version", why_out);
	if (type.p == NULL || str_eq_nocase(type, STR("rsa")))
		out->algorithm = DKIM_RSA_SHA256;
	else if (str_eq_nocase(type, STR("ed25519")))
		out->algorithm = DKIM_ED25519_SHA256;
	else
		return fail(STATUS_INVALID, "the key is of an unknown kind", why_out);
	if (hashes.p != NULL && !tags_list_has(hashes, "sha256"))
		return fail(STATUS_DENIED, "the key is not for SHA-256", why_out);
	if (services.p != NULL && !tags_list_has(services, "*") &&
		!tags_list_has(services, "email"))
		return fail(STATUS_DENIED, "the key is not for mail", why_out);
	out->testing = tags_list_has(tags_find(&tags, "t"), "y");
	out->strict = tags_list_has(tags_find(&tags, "t"), "s");
	struct str key = tags_find(&tags, "p");
	if (key.p == NULL)
		return fail(STATUS_INVALID, "the key record holds no key", why_out);
	if (tags_squeeze(arena, key).n == 0)
		return STATUS_OK;
	if (!read_base64(arena, key, &out->bytes) ||
		(out->algorithm == DKIM_ED25519_SHA256 && out->bytes.n != ED25519_PUBLIC_BYTES))
		return fail(STATUS_INVALID, "the key cannot be read", why_out);
	return STATUS_OK;
}
