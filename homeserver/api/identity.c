/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/identity.h"

#include "common/base/clock.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/http/client.h"
#include "common/matrix/ids.h"
#include "config/config.h"
#include "homeserver/api/identity_answer.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/profile_store.h"

#define CONVERSATION_MS 15000
#define CALL_MS		8000
#define RETRY_MS	2000
#define ANSWER_MAX	((size_t)64 * 1024)
#define BODY_MAX	((size_t)16 * 1024)
#define URL_MAX		2048
#define TOKEN_MAX	1024
#define ADDRESS_MAX	500

static bool private_ok(const struct identity *identity)
{
	return api_homeserver(identity->request)->config->homeserver.identity_private_servers;
}

/* --- what the client says --- */

/* What goes into a header, and has to stay in it. */
static bool is_visible(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
			return false;
	return text.n > 0;
}

bool identity_address_read(struct http_request *request, struct http_reply *reply,
	const struct json *object, struct identity_address *out)
{
	static const struct json_field fields[] = {
		{"id_server", FIELD_STR, true, offsetof(struct identity_address, server),
			MATRIX_ID_MAX, false},
		{"id_access_token", FIELD_STR, true, offsetof(struct identity_address, token),
			TOKEN_MAX, false},
		{"medium", FIELD_STR, true, offsetof(struct identity_address, medium), 0, false},
		{"address", FIELD_STR, true, offsetof(struct identity_address, address),
			ADDRESS_MAX, false},
	};
	struct json_read_error error;
	const char *errcode = "M_INVALID_PARAM";

	(void)request;
	if (json_read(object, fields, ARRAY_LEN(fields), out, &error) != STATUS_OK) {
		if (error.fault == JSON_FAULT_MISSING)
			errcode = "M_MISSING_PARAM";
		(void)http_error(reply, 400, errcode,
			"An invite to an address needs id_server, id_access_token, medium and "
			"address");
		return false;
	}
	if (server_name_ok(out->server) && is_visible(out->token) &&
		(str_eq_c(out->medium, "email") || str_eq_c(out->medium, "msisdn")) &&
		is_visible(out->address))
		return true;
	(void)http_error(reply, 400, errcode,
		"This is no identity server, no token, no medium or no address");
	return false;
}

/* --- calls --- */

/* A quarter of the workers, one at least. */
static bool enter(struct identity *identity)
{
	struct homeserver *hs = api_homeserver(identity->request);
	unsigned most = hs->config->homeserver.workers / 4u;

	if (identity->entered)
		return true;
	if (atomic_fetch_add(&hs->identity_waiting, 1) >= (most == 0 ? 1 : most)) {
		atomic_fetch_sub(&hs->identity_waiting, 1);
		http_error_begin(identity->reply, 429, "M_LIMIT_EXCEEDED",
			"Too many invites to addresses are on their way; try again");
		jw_put_int(&identity->reply->json, "retry_after_ms", RETRY_MS);
		jw_object_end(&identity->reply->json);
		return false;
	}
	identity->entered = true;
	identity->client = http_client_new();
	identity->deadline_ms = clock_mono_ms() + CONVERSATION_MS;
	return true;
}

void identity_end(struct identity *identity)
{
	if (!identity->entered)
		return;
	http_client_free(&identity->client);
	atomic_fetch_sub(&api_homeserver(identity->request)->identity_waiting, 1);
	identity->entered = false;
}

static bool no_answer(struct identity *identity)
{
	(void)http_error(
		identity->reply, 502, "M_UNKNOWN", "The identity server gave no usable answer");
	return false;
}

/* Any status is an answer here; its JSON is an object. */
static bool ask(
	struct identity *identity, struct http_call *call, int *status_out, const struct json **out)
{
	struct arena *arena = identity->request->arena;
	struct http_answer answer = {0};
	int64_t left;

	if (!enter(identity))
		return false;
	left = identity->deadline_ms - clock_mono_ms();
	if (left <= 0)
		return no_answer(identity);
	call->timeout_ms = (unsigned)(left < CALL_MS ? left : CALL_MS);
	call->max_answer = ANSWER_MAX;
	call->cancel = &api_homeserver(identity->request)->stopping;
	call->public_only = !private_ok(identity);
	if (http_call(identity->client, arena, call, &answer) != STATUS_OK ||
		json_parse(arena, answer.body, out, NULL) != STATUS_OK ||
		!json_is(*out, JSON_OBJECT))
		return no_answer(identity);
	*status_out = answer.status;
	return true;
}

/* A call of the API itself, in the client's name; body.p == NULL: a GET. */
static bool call_api(struct identity *identity, const struct identity_address *address,
	const char *path, struct str body, int *status_out, const struct json **out)
{
	struct arena *arena = identity->request->arena;
	struct http_call call = {
		.method = body.p == NULL ? "GET" : "POST",
		.url = arena_printf(arena, "%s://%.*s/_matrix/identity/v2/%s",
			private_ok(identity) ? "http" : "https", STR_FMT(address->server), path)
			.p,
		.body = body,
		.bearer = arena_c_str(arena, address->token),
	};

	return ask(identity, &call, status_out, out);
}

/* Nothing of what it says is told to the client as if this server had said it: a 401 would sign
 * them out. */
static bool refused(struct identity *identity, int status, const struct json *answer)
{
	if (status == 403 && str_eq_c(json_str(json_get(answer, "errcode")), "M_TERMS_NOT_SIGNED"))
		(void)http_error(identity->reply, 403, "M_TERMS_NOT_SIGNED",
			"The terms of the identity server have to be accepted first");
	else if (status == 401 || status == 403)
		(void)http_error(identity->reply, 403, "M_FORBIDDEN",
			"The identity server did not accept the token");
	else
		return no_answer(identity);
	return false;
}

/* --- look-up --- */

/* Addresses are stored in small letters; those of the mail system alone have letters. */
static struct str small_letters(struct arena *arena, struct str text)
{
	char *copy = arena_c_str(arena, text);

	for (size_t i = 0; i < text.n; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	return str_n(copy, text.n);
}

static struct str hashed(
	struct arena *arena, const struct identity_address *address, struct str pepper)
{
	uint8_t hash[SHA256_BYTES];

	sha256(arena_printf(arena, "%.*s %.*s %.*s",
		       STR_FMT(small_letters(arena, address->address)), STR_FMT(address->medium),
		       STR_FMT(pepper)),
		hash);
	return base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED);
}

static bool get_pepper(
	struct identity *identity, const struct identity_address *address, struct str *out)
{
	const struct json *answer, *algorithms;
	int status;

	if (!call_api(identity, address, "hash_details", STR_EMPTY, &status, &answer))
		return false;
	if (status != 200)
		return refused(identity, status, answer);
	*out = json_str(json_get(answer, "lookup_pepper"));
	algorithms = json_get(answer, "algorithms");
	for (size_t i = 0; out->p != NULL && i < json_count(algorithms); i++)
		if (str_eq_c(json_str(json_at(algorithms, i)), "sha256"))
			return true;
	return no_answer(identity);
}

bool identity_lookup(
	struct identity *identity, const struct identity_address *address, struct str *user_id_out)
{
	struct arena *arena = identity->request->arena;
	BUF_SCOPE(body, BODY_MAX);
	const struct json *answer;
	struct json_writer w;
	struct matrix_id id;
	struct str pepper, hash;
	int status;

	if (!get_pepper(identity, address, &pepper))
		return false;
	hash = hashed(arena, address, pepper);
	jw_init(&w, &body);
	jw_object(&w);
	jw_put_str(&w, "algorithm", STR("sha256"));
	jw_put_str(&w, "pepper", pepper);
	jw_put_array(&w, "addresses");
	jw_str(&w, hash);
	jw_array_end(&w);
	jw_object_end(&w);
	if (buf_status(&body) != STATUS_OK)
		return no_answer(identity);
	if (!call_api(identity, address, "lookup", buf_str(&body), &status, &answer))
		return false;
	if (status != 200)
		return refused(identity, status, answer);
	*user_id_out = json_str(json_get_str(json_get(answer, "mappings"), hash));
	if (user_id_out->n != 0 && user_id_parse(*user_id_out, &id) != STATUS_OK)
		return no_answer(identity);
	return true;
}

/* --- leaving an invite --- */

static enum status put_state(struct identity *identity, struct json_writer *w, struct str room_id,
	const char *type, const char *key, const char *name)
{
	struct http_request *request = identity->request;
	struct event *event;
	enum status status = room_state_find(
		api_db(request), request->arena, room_id, str_c(type), STR(""), STATE_NOW, &event);
	struct str value = STR_EMPTY;

	if (status == STATUS_OK && event != NULL)
		value = json_str(json_get(event->content, key));
	if (value.p != NULL)
		jw_put_str(w, name, value);
	return status;
}

/* What the identity server may say in its letter about the room and who invites. */
static enum status put_facts(struct identity *identity, struct json_writer *w, struct str room_id)
{
	static const struct {
		const char *type, *key, *name;
	} facts[] = {
		{"m.room.canonical_alias", "alias", "room_alias"},
		{"m.room.avatar", "url", "room_avatar_url"},
		{"m.room.join_rules", "join_rule", "room_join_rules"},
		{"m.room.name", "name", "room_name"},
		{"m.room.create", "type", "room_type"},
	};
	struct http_request *request = identity->request;
	struct profile profile = {STR_EMPTY, STR_EMPTY};
	enum status status = profile_get(
		api_db(request), request->arena, api_requester(request)->user_id, &profile);

	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_LEN(facts) && status == STATUS_OK; i++)
		status =
			put_state(identity, w, room_id, facts[i].type, facts[i].key, facts[i].name);
	if (profile.displayname.p != NULL)
		jw_put_str(w, "sender_display_name", profile.displayname);
	if (profile.avatar_url.p != NULL)
		jw_put_str(w, "sender_avatar_url", profile.avatar_url);
	return status;
}

bool identity_store_invite(struct identity *identity, const struct identity_address *address,
	struct str room_id, struct identity_invite *out)
{
	struct arena *arena = identity->request->arena;
	BUF_SCOPE(body, BODY_MAX);
	const struct json *answer;
	struct json_writer w;
	enum status written;
	int status;

	*out = (struct identity_invite){STR_EMPTY, STR_EMPTY, STR_EMPTY};
	jw_init(&w, &body);
	jw_object(&w);
	jw_put_str(&w, "medium", address->medium);
	jw_put_str(&w, "address", small_letters(arena, address->address));
	jw_put_str(&w, "room_id", room_id);
	jw_put_str(&w, "sender", api_requester(identity->request)->user_id);
	written = put_facts(identity, &w, room_id);
	jw_object_end(&w);
	if (written == STATUS_OK)
		written = buf_status(&body);
	if (written != STATUS_OK) {
		(void)api_status(identity->reply, written, NULL);
		return false;
	}
	if (!call_api(identity, address, "store-invite", buf_str(&body), &status, &answer))
		return false;
	/* Bound between the look-up and now. */
	if (status == 400 && str_eq_c(json_str(json_get(answer, "errcode")), "M_THREEPID_IN_USE") &&
		json_str(json_get(answer, "mxid")).n != 0) {
		out->user_id = json_str(json_get(answer, "mxid"));
		return true;
	}
	if (status != 200)
		return refused(identity, status, answer);
	if (identity_answer_invite(arena, answer, &out->token, &out->content) != STATUS_OK)
		return no_answer(identity);
	return true;
}

/* --- keys --- */

bool identity_key_valid(struct identity *identity, struct str url, struct str public_key)
{
	struct http_call call = {.method = "GET"};
	BUF_SCOPE(target, URL_MAX);
	const struct json *answer;
	int status;

	if (!str_starts(url, STR("https://")) &&
		!(private_ok(identity) && str_starts(url, STR("http://"))))
		return no_answer(identity);
	buf_append(&target, url);
	buf_append_c(&target, str_index(url, '?') < 0 ? "?public_key=" : "&public_key=");
	http_escape(&target, public_key);
	if (buf_status(&target) != STATUS_OK || str_contains_nul(url))
		return no_answer(identity);
	call.url = arena_c_str(identity->request->arena, buf_str(&target));
	if (!ask(identity, &call, &status, &answer))
		return false;
	if (status == 200 && json_bool(json_get(answer, "valid"), false))
		return true;
	(void)http_error(identity->reply, 403, "M_FORBIDDEN",
		"The key under the invite does not hold any more");
	return false;
}
