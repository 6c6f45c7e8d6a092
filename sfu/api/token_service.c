/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token service of MatrixRTC (MSC4195): who has an account gets a token for the meeting of a
 * Matrix room. That somebody is a member of that room cannot be known from an OpenID token; who
 * knows the room's id may ask, as with every such service, and end-to-end encryption is what
 * protects the content.
 *
 *	POST /sfu/get	{room, openid_token, device_id}			-> {url, jwt}
 *	POST /get_token	{room_id, slot_id, openid_token, member{id, claimed_user_id,
 *			claimed_device_id}}				-> {url, jwt}
 *	POST /delegate_delayed_leave	as /get_token, with delay_id, delay_timeout	-> {}
 *
 * With delay_id and delay_timeout (milliseconds), which the first two may have, too, the client
 * hands its delayed leave event over: api/delegations.h. A delay_cs_api_url is not believed: the
 * homeserver is ours.
 *
 * Both name the same LiveKit room for the same Matrix room: the unpadded base64 of the SHA-256 of
 * the canonical JSON [room_id, slot_id]. Errors: 400 M_BAD_JSON, 401 M_UNAUTHORIZED, 403
 * M_FORBIDDEN (not an account of this homeserver), 502, and 503 when all seats are taken.
 */
#include "common/base/clock.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/json/canonical.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "config/config.h"
#include "sfu/api/delegations.h"
#include "sfu/api/openid.h"
#include "sfu/api/tokens.h"
#include "sfu/sfu.h"

#define LOG_MODULE "meeting-page"
#include "common/base/log.h"

#define ROOM_SLOT     "m.call#ROOM"
#define TOKEN_SECONDS 3600
#define TEXT_MAX      255

static enum http_outcome sfu_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome get_token(struct http_request *request, struct http_reply *reply);
static enum http_outcome delegate(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/delegate_delayed_leave", 0, LIMIT_ASK, BODY_JSON, 0, delegate},
	{HTTP_POST, "/sfu/get", 0, LIMIT_ASK, BODY_JSON, 0, sfu_get},
	{HTTP_POST, "/get_token", 0, LIMIT_ASK, BODY_JSON, 0, get_token},
};

const struct http_routes api_token_routes = {routes, ARRAY_LEN(routes)};

static struct str hash_of(struct arena *arena, const struct str *parts, size_t count)
{
	BUF_SCOPE(text, (size_t)16 * 1024);
	uint8_t hash[SHA256_BYTES];
	for (size_t i = 0; i < count; i++) {
		buf_append_byte(&text, i == 0 ? '[' : ',');
		canonical_string(parts[i], &text);
	}
	buf_append_byte(&text, ']');
	sha256(buf_str(&text), hash);
	return base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_UNPADDED);
}

/* A delayed leave event in the request. */
struct leave {
	struct str delay_id; /* empty: none */
	int64_t timeout_ms;
};

/* false: the reply is filled. */
static bool read_leave(
	struct http_request *request, struct http_reply *reply, bool must_have, struct leave *out)
{
	const struct json *id = json_get(request->json, "delay_id");
	const struct json *timeout = json_get(request->json, "delay_timeout");
	*out = (struct leave){json_str(id), json_int(timeout, 0)};
	if (id == NULL && timeout == NULL && !must_have)
		return true;
	if (out->delay_id.n > 0 && out->delay_id.n <= DELEGATION_ID_MAX &&
		!str_contains_nul(out->delay_id) && out->timeout_ms > 0 &&
		out->timeout_ms <= (int64_t)DELEGATION_TIMEOUT_MAX_S * 1000)
		return true;
	(void)http_error(reply, 400, "M_BAD_JSON", "Missing or wrong: delay_id or delay_timeout");
	return false;
}

/* false: the reply is filled. */
static bool take_leave(struct http_request *request, struct http_reply *reply,
	const struct leave *leave, struct str room, struct str identity)
{
	const struct api *api = request->app;
	if (leave->delay_id.n == 0)
		return true;
	enum status status = delegations_add(
		api->delegations, room, identity, leave->delay_id, leave->timeout_ms);
	if (status == STATUS_OK)
		return true;
	log_warning("a delayed leave could not be taken over: %s", status_name(status));
	(void)http_error(reply, 503, "M_UNKNOWN", "Leave events cannot be taken over now");
	return false;
}

static enum http_outcome give(struct http_request *request, struct http_reply *reply,
	const struct leave *leave, struct str room, struct str identity)
{
	if (!tokens_seat(request, reply, room, identity) ||
		!take_leave(request, reply, leave, room, identity))
		return HTTP_REPLY;
	const struct grants who = {.room = room,
		.identity = identity,
		.can_update_metadata = true,
		.expires_s = clock_wall_ms() / 1000 + TOKEN_SECONDS};
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "url", api_sfu(request)->config->sfu.signal_url);
	jw_put_str(&reply->json, "jwt", tokens_make(request, &who));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static bool text_fits(struct str text)
{
	return text.n > 0 && text.n <= TEXT_MAX && !str_contains_nul(text);
}

static enum http_outcome bad(struct http_reply *reply, const char *what)
{
	return http_error(reply, 400, "M_BAD_JSON", "Missing or wrong: %s", what);
}

static enum http_outcome sfu_get(struct http_request *request, struct http_reply *reply)
{
	struct str room = json_str(json_get(request->json, "room"));
	struct str device = json_str(json_get(request->json, "device_id"));
	struct str user;
	struct leave leave;
	if (!room_id_ok(room))
		return bad(reply, "room");
	if (device.n > TEXT_MAX || str_contains_nul(device))
		return bad(reply, "device_id");
	if (!read_leave(request, reply, false, &leave) ||
		!openid_check(request, reply, json_get(request->json, "openid_token"), &user))
		return HTTP_REPLY;
	struct str identity =
		arena_printf(request->arena, "%.*s:%.*s", STR_FMT(user), STR_FMT(device));
	if (identity.n > IDENTITY_MAX)
		return bad(reply, "device_id");
	const struct str parts[] = {room, STR_INIT(ROOM_SLOT)};
	return give(
		request, reply, &leave, hash_of(request->arena, parts, ARRAY_LEN(parts)), identity);
}

/* Who is meant, as MSC4195 has it. false: the reply is filled. */
static bool read_member(struct http_request *request, struct http_reply *reply,
	struct str *room_out, struct str *identity_out)
{
	const struct json *member = json_get(request->json, "member");
	struct str room = json_str(json_get(request->json, "room_id"));
	struct str slot = json_str(json_get(request->json, "slot_id"));
	struct str id = json_str(json_get(member, "id"));
	struct str claimed = json_str(json_get(member, "claimed_user_id"));
	struct str device = json_str(json_get(member, "claimed_device_id"));
	struct str user;
	if (!room_id_ok(room) || !text_fits(slot)) {
		(void)bad(reply, "room_id or slot_id");
		return false;
	}
	if (!text_fits(id) || !text_fits(claimed) || !text_fits(device)) {
		(void)bad(reply, "member");
		return false;
	}
	if (!openid_check(request, reply, json_get(request->json, "openid_token"), &user))
		return false;
	if (!str_eq(user, claimed)) {
		(void)http_error(reply, 401, "M_UNAUTHORIZED",
			"The OpenID token is not of the member's claimed_user_id");
		return false;
	}
	const struct str room_parts[] = {room, slot}, member_parts[] = {user, device, id};
	*room_out = hash_of(request->arena, room_parts, ARRAY_LEN(room_parts));
	*identity_out = hash_of(request->arena, member_parts, ARRAY_LEN(member_parts));
	return true;
}

static enum http_outcome get_token(struct http_request *request, struct http_reply *reply)
{
	struct str room, identity;
	struct leave leave;
	if (!read_leave(request, reply, false, &leave) ||
		!read_member(request, reply, &room, &identity))
		return HTTP_REPLY;
	return give(request, reply, &leave, room, identity);
}

static enum http_outcome delegate(struct http_request *request, struct http_reply *reply)
{
	struct str room, identity;
	struct leave leave;
	if (!read_leave(request, reply, true, &leave) ||
		!read_member(request, reply, &room, &identity) ||
		!take_leave(request, reply, &leave, room, identity))
		return HTTP_REPLY;
	jw_object(&reply->json);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
