/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/token.h"

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"
#include "common/json/json.h"
#include "common/json/json_writer.h"

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static const char *const source_names[SOURCE_COUNT] = {
	"unknown", "camera", "microphone", "screen_share", "screen_share_audio"};

/* --- making ----------------------------------------------------------------------------------- */

static void write_video(struct json_writer *w, const struct grants *g)
{
	jw_put_object(w, "video");
	jw_put_str(w, "room", g->room);
	jw_put_bool(w, "roomJoin", true);
	jw_put_bool(w, "canPublish", g->can_publish);
	jw_put_bool(w, "canSubscribe", g->can_subscribe);
	jw_put_bool(w, "canPublishData", g->can_publish_data);
	jw_put_bool(w, "canUpdateOwnMetadata", g->can_update_metadata);
	if (g->sources != SOURCES_ALL) {
		jw_put_array(w, "canPublishSources");
		for (unsigned i = 1; i < SOURCE_COUNT; i++) {
			if ((g->sources & (1u << i)) != 0)
				jw_c_str(w, source_names[i]);
		}
		jw_array_end(w);
	}
	jw_object_end(w);
}

static void write_claims(
	struct json_writer *w, const struct token_key *key, const struct grants *g, int64_t now_s)
{
	jw_object(w);
	jw_put_str(w, "iss", key->issuer);
	jw_put_str(w, "sub", g->identity);
	jw_put_int(w, "nbf", now_s);
	jw_put_int(w, "exp", g->expires_s);
	jw_put_str(w, "name", g->name);
	if (g->metadata.n > 0)
		jw_put_str(w, "metadata", g->metadata);
	if (g->attribute_count > 0) {
		jw_put_object(w, "attributes");
		for (size_t i = 0; i < g->attribute_count; i++) {
			jw_key_str(w, g->attributes[i].key);
			jw_str(w, g->attributes[i].value);
		}
		jw_object_end(w);
	}
	write_video(w, g);
	jw_object_end(w);
}

static struct str signature(
	struct arena *arena, const struct token_key *key, struct str signed_part)
{
	uint8_t mac[SHA256_BYTES];
	hmac_sha256(key->secret, signed_part, mac);
	return base64_encode(arena, str_n((const char *)mac, sizeof(mac)), BASE64_URL_UNPADDED);
}

struct str token_make(struct arena *arena, const struct token_key *key, const struct grants *grants,
	int64_t now_s)
{
	BUF_SCOPE(text, (size_t)64 * 1024);
	struct json_writer w;
	jw_init(&w, &text);
	write_claims(&w, key, grants, now_s);
	return token_sign(arena, key, buf_str(&text));
}

struct str token_sign(struct arena *arena, const struct token_key *key, struct str claims)
{
	struct str head = base64_encode(arena, STR(HEADER), BASE64_URL_UNPADDED);
	struct str body = base64_encode(arena, claims, BASE64_URL_UNPADDED);
	struct str signed_part = arena_printf(arena, "%.*s.%.*s", STR_FMT(head), STR_FMT(body));
	struct str mac = signature(arena, key, signed_part);
	return arena_printf(arena, "%.*s.%.*s", STR_FMT(signed_part), STR_FMT(mac));
}

/* --- verifying -------------------------------------------------------------------------------- */

static enum status read_part(struct arena *arena, struct str part, const struct json **out)
{
	struct str text;
	enum status status = base64_decode(arena, part, BASE64_URL_UNPADDED, &text);
	if (status == STATUS_OK)
		status = json_parse(arena, text, out, NULL);
	return status == STATUS_OK && !json_is(*out, JSON_OBJECT) ? STATUS_INVALID : status;
}

static enum status check_signature(struct arena *arena, const struct token_key *key,
	struct str token, const struct json **claims_out)
{
	struct str rest = token, head, body;
	if (token.n > TOKEN_MAX || !str_cut(&rest, '.', &head) || !str_cut(&rest, '.', &body) ||
		rest.p == NULL || str_index(rest, '.') >= 0)
		return STATUS_INVALID;
	const struct json *header;
	enum status status = read_part(arena, head, &header);
	if (status != STATUS_OK)
		return status;
	/* No other algorithm, "none" least of all. */
	if (!str_eq_c(json_str(json_get(header, "alg")), "HS256"))
		return STATUS_DENIED;
	struct str mac = signature(arena, key, str_n(token.p, head.n + 1 + body.n));
	if (!secret_equal(mac, rest))
		return STATUS_DENIED;
	return read_part(arena, body, claims_out);
}

static bool read_number(const struct json *value, double *out)
{
	if (!json_is(value, JSON_INT) && !json_is(value, JSON_REAL))
		return false;
	*out = json_double(value, 0);
	return true;
}

static const char *check_times(const struct json *claims, int64_t now_s, struct grants *out)
{
	double expires, not_before;
	if (!read_number(json_get(claims, "exp"), &expires))
		return "the token has no time of expiry";
	if (expires + TOKEN_LEEWAY_S < (double)now_s)
		return "the token has expired";
	const struct json *nbf = json_get(claims, "nbf");
	if (nbf != NULL &&
		(!read_number(nbf, &not_before) || not_before - TOKEN_LEEWAY_S > (double)now_s))
		return "the token is not valid yet";
	out->expires_s = expires < 9e15 ? (int64_t)expires : INT64_C(9000000000000000);
	return TOKEN_REASON_OK;
}

static unsigned read_sources(const struct json *list)
{
	if (!json_is(list, JSON_ARRAY) || json_count(list) == 0)
		return SOURCES_ALL;
	unsigned sources = 0;
	for (size_t i = 0; i < json_count(list); i++) {
		for (unsigned s = 1; s < SOURCE_COUNT; s++) {
			if (str_eq_c(json_str(json_at(list, i)), source_names[s]))
				sources |= 1u << s;
		}
	}
	return sources;
}

static bool read_attributes(const struct json *object, struct grants *out)
{
	for (struct json_iter i = json_iter(object); json_next(&i);) {
		struct str value = json_str(i.value);
		if (out->attribute_count == ATTRIBUTES_MAX || i.key.n > ATTRIBUTE_KEY_MAX ||
			value.n > ATTRIBUTE_MAX || str_contains_nul(value))
			return false;
		out->attributes[out->attribute_count++] = (struct attribute){i.key, value};
	}
	return true;
}

static bool plain(struct str s, size_t max)
{
	return s.n <= max && !str_contains_nul(s);
}

static const char *read_grants(const struct json *claims, struct grants *out)
{
	const struct json *video = json_get(claims, "video");
	out->identity = json_str(json_get(claims, "sub"));
	out->name = json_str(json_get(claims, "name"));
	out->metadata = json_str(json_get(claims, "metadata"));
	out->room = json_str(json_get(video, "room"));
	out->can_publish = json_bool(json_get(video, "canPublish"), true);
	out->can_subscribe = json_bool(json_get(video, "canSubscribe"), true);
	out->can_publish_data = json_bool(json_get(video, "canPublishData"), out->can_publish);
	out->can_update_metadata = json_bool(json_get(video, "canUpdateOwnMetadata"), false);
	out->sources = read_sources(json_get(video, "canPublishSources"));
	if (!json_bool(json_get(video, "roomJoin"), false) || out->room.n == 0)
		return "the token lets nobody into a room";
	if (json_bool(json_get(video, "hidden"), false))
		return "nobody is hidden in a meeting";
	if (out->identity.n == 0 || !plain(out->identity, IDENTITY_MAX) ||
		!plain(out->room, ROOM_NAME_MAX) || !plain(out->name, DISPLAY_NAME_MAX) ||
		!plain(out->metadata, METADATA_MAX) ||
		!read_attributes(json_get(claims, "attributes"), out))
		return "the token's identity, room, name or attributes are too long";
	return TOKEN_REASON_OK;
}

static enum status check(struct arena *arena, const struct token_key *key, struct str token,
	int64_t now_s, struct grants *out, const struct json **claims_out, const char **why_out)
{
	*out = (struct grants){0};
	*why_out = "no valid token";
	enum status status = check_signature(arena, key, token, claims_out);
	if (status != STATUS_OK)
		return status;
	if (!str_eq(json_str(json_get(*claims_out, "iss")), key->issuer))
		return STATUS_DENIED;
	*why_out = check_times(*claims_out, now_s, out);
	return **why_out == '\0' ? STATUS_OK : STATUS_DENIED;
}

enum status token_verify(struct arena *arena, const struct token_key *key, struct str token,
	int64_t now_s, struct grants *out, const char **why_out)
{
	const struct json *claims;
	enum status status = check(arena, key, token, now_s, out, &claims, why_out);
	if (status != STATUS_OK)
		return status;
	*why_out = read_grants(claims, out);
	return **why_out == '\0' ? STATUS_OK : STATUS_DENIED;
}

enum status token_verify_server(struct arena *arena, const struct token_key *key, struct str token,
	int64_t now_s, struct server_grants *out, const char **why_out)
{
	const struct json *claims;
	struct grants times;
	*out = (struct server_grants){0};
	enum status status = check(arena, key, token, now_s, &times, &claims, why_out);
	if (status != STATUS_OK)
		return status;
	const struct json *video = json_get(claims, "video");
	out->room_create = json_bool(json_get(video, "roomCreate"), false);
	out->room_list = json_bool(json_get(video, "roomList"), false);
	out->room_admin = json_bool(json_get(video, "roomAdmin"), false);
	out->room = json_str(json_get(video, "room"));
	return STATUS_OK;
}
