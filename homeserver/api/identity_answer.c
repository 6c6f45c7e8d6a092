/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/identity_answer.h"

#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/json/json_writer.h"
#include "common/matrix/ids.h"

#define MAX_KEYS    8
#define MAX_URL	    1024
#define MAX_NAME    255
#define MAX_CONTENT ((size_t)16 * 1024)

static bool token_ok(struct str token)
{
	for (size_t i = 0; i < token.n; i++) {
		char c = token.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    c == '.' || c == '=' || c == '_' || c == '-'))
			return false;
	}
	return token.n > 0 && token.n <= MATRIX_ID_MAX;
}

static bool key_ok(struct arena *arena, const struct json *key)
{
	struct str text = json_str(json_get(key, "public_key")), bytes;
	struct str url = json_str(json_get(key, "key_validity_url"));

	return (base64_decode(arena, text, BASE64_UNPADDED, &bytes) == STATUS_OK ||
		       base64_decode(arena, text, BASE64_URL_UNPADDED, &bytes) == STATUS_OK) &&
	       bytes.n == ED25519_PUBLIC_BYTES && url.n > 0 && url.n <= MAX_URL;
}

static void write_key(struct json_writer *w, const struct json *key)
{
	jw_put_str(w, "public_key", json_str(json_get(key, "public_key")));
	jw_put_str(w, "key_validity_url", json_str(json_get(key, "key_validity_url")));
}

enum status identity_answer_invite(struct arena *arena, const struct json *answer,
	struct str *token_out, struct str *content_out)
{
	const struct json *keys = json_get(answer, "public_keys");
	struct str name = json_str(json_get(answer, "display_name"));
	BUF_SCOPE(text, MAX_CONTENT);
	struct json_writer w;

	*token_out = json_str(json_get(answer, "token"));
	if (!token_ok(*token_out) || name.p == NULL || name.n > MAX_NAME ||
		!json_is(keys, JSON_ARRAY) || json_count(keys) == 0 || json_count(keys) > MAX_KEYS)
		return STATUS_INVALID;
	for (size_t i = 0; i < json_count(keys); i++)
		if (!key_ok(arena, json_at(keys, i)))
			return STATUS_INVALID;
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_str(&w, "display_name", name);
	write_key(&w, json_at(keys, 0));
	jw_put_array(&w, "public_keys");
	for (size_t i = 0; i < json_count(keys); i++) {
		jw_object(&w);
		write_key(&w, json_at(keys, i));
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	*content_out = arena_str(arena, buf_str(&text));
	return buf_status(&text);
}
