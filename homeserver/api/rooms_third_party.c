/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/rooms_third_party.h"

#include "homeserver/api/rooms.h"
#include "homeserver/room/power.h"
#include "homeserver/room/room_membership.h"
#include "homeserver/room/third_party_invite.h"
#include "homeserver/store/membership_store.h"

#define INVITE_TEXT_MAX ((size_t)256 * 1024)

/* Asked before a letter goes out; the rules ask again when the event is sent. */
static bool may_invite(struct http_request *request, struct http_reply *reply, struct str room_id)
{
	struct str user_id = api_requester(request)->user_id;
	enum membership membership;
	struct power power;
	enum status status = membership_get(api_db(request), room_id, user_id, &membership);

	if (status == STATUS_OK && membership == MEMBERSHIP_JOIN)
		status = power_load(api_db(request), request->arena, room_id, &power);
	if (status != STATUS_OK) {
		(void)api_status(reply, status, NULL);
		return false;
	}
	if (membership == MEMBERSHIP_JOIN &&
		power_of_user(&power, user_id) >= power_to(&power, "invite"))
		return true;
	(void)http_error(reply, 403, "M_FORBIDDEN", "You may not invite into this room");
	return false;
}

struct invite_job {
	struct member_request request;
	const char *why;
};

static enum status invite_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct invite_job *job = arg;
	struct event *event;

	return room_membership(tx, &job->request, &event, &job->why);
}

static bool invite_user(struct http_request *request, struct http_reply *reply, struct str room_id,
	struct str user_id)
{
	struct invite_job job = {
		.request =
			{
				.action = MEMBER_INVITE,
				.room_id = room_id,
				.sender = api_requester(request)->user_id,
				.target = user_id,
				.origin_server_ts = api_requester(request)->timestamp,
			},
	};
	enum status status;

	if (!rooms_user_reachable(request, reply, user_id) ||
		!rooms_invite_permitted(request, reply, user_id))
		return false;
	status = api_write(request, invite_change, &job);
	if (status != STATUS_OK)
		(void)rooms_error(reply, status, job.why);
	return status == STATUS_OK;
}

/* For an address that is nobody's. */
static bool leave_invite(
	struct identity *identity, const struct identity_address *address, struct str room_id)
{
	struct http_request *request = identity->request;
	struct identity_invite invite;
	struct rooms_sending sending;
	enum status status;

	if (!identity_store_invite(identity, address, room_id, &invite))
		return false;
	if (invite.user_id.n != 0)
		return invite_user(request, identity->reply, room_id, invite.user_id);
	sending = (struct rooms_sending){
		.draft = rooms_draft(request, room_id, STR("m.room.third_party_invite"))};
	sending.draft.state_key = invite.token;
	sending.draft.content = invite.content;
	status = rooms_send(request, &sending);
	if (status != STATUS_OK)
		(void)rooms_error(identity->reply, status, sending.why);
	return status == STATUS_OK;
}

enum http_outcome rooms_invite_address(
	struct http_request *request, struct http_reply *reply, struct str room_id)
{
	IDENTITY_SCOPE(identity, request, reply);
	struct identity_address address = {0};
	struct str user_id = STR_EMPTY;

	if (!identity_address_read(request, reply, request->json, &address) ||
		!may_invite(request, reply, room_id) ||
		!identity_lookup(&identity, &address, &user_id))
		return HTTP_REPLY;
	if (user_id.n != 0)
		(void)invite_user(request, reply, room_id, user_id);
	else
		(void)leave_invite(&identity, &address, room_id);
	return HTTP_REPLY;
}

static bool signed_refused(struct http_reply *reply, const char *why)
{
	(void)http_error(reply, 403, "M_FORBIDDEN", "%s", why);
	return false;
}

/* The invite that it answers, with the key under which it stands. */
static bool check_signed(struct http_request *request, struct http_reply *reply, struct str room_id,
	const struct json *signed_object)
{
	IDENTITY_SCOPE(identity, request, reply);
	struct str sender = json_str(json_get(signed_object, "sender")), key, url;
	struct event *invite;
	enum status status = third_party_invite_find(
		api_db(request), request->arena, room_id, signed_object, &invite);

	if (status == STATUS_NOT_FOUND)
		return signed_refused(reply, "The room has no such invite");
	if (status != STATUS_OK) {
		(void)api_status(reply, status, NULL);
		return false;
	}
	if (sender.p != NULL && !str_eq(sender, invite->sender))
		return signed_refused(reply, "The invite was made by another user");
	if (!third_party_invite_key(invite, signed_object, &key, &url))
		return signed_refused(reply, "The signature of the third-party invite is wrong");
	return url.p == NULL || identity_key_valid(&identity, url, key);
}

bool rooms_read_signed(struct http_request *request, struct http_reply *reply, struct str room_id,
	const struct json **out)
{
	const struct json *signed_object = json_get(request->json, "third_party_signed");

	*out = NULL;
	if (signed_object == NULL || json_is(signed_object, JSON_NULL))
		return true;
	if (!json_is(signed_object, JSON_OBJECT) ||
		json_str(json_get(signed_object, "mxid")).p == NULL ||
		json_str(json_get(signed_object, "token")).p == NULL ||
		!json_is(json_get(signed_object, "signatures"), JSON_OBJECT)) {
		(void)http_error(reply, 400, "M_BAD_JSON",
			"third_party_signed needs mxid, token and signatures");
		return false;
	}
	if (!str_eq(json_str(json_get(signed_object, "mxid")), api_requester(request)->user_id))
		return signed_refused(reply, "The third-party invite is for another user");
	if (!check_signed(request, reply, room_id, signed_object))
		return false;
	*out = signed_object;
	return true;
}

static bool is_in(const struct json *list, struct str user_id)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (str_eq(json_str(json_at(list, i)), user_id))
			return true;
	return false;
}

/* The list with one user more. */
static const struct json *with_user(
	struct arena *arena, const struct json *list, struct str user_id)
{
	BUF_SCOPE(text, INVITE_TEXT_MAX);
	const struct json *out = list;
	struct json_writer w;

	if (is_in(list, user_id))
		return list;
	jw_init(&w, &text);
	jw_array(&w);
	for (size_t i = 0; i < json_count(list); i++)
		jw_value(&w, json_at(list, i));
	jw_str(&w, user_id);
	jw_array_end(&w);
	/* Past the limit it stays as it is: the room's own limit on invites is far below. */
	if (json_parse(arena, arena_str(arena, buf_str(&text)), &out, NULL) != STATUS_OK)
		return list;
	return out;
}

bool rooms_addresses_lookup(struct identity *identity, const struct json *list,
	const struct json *invite, struct rooms_addresses *out, const struct json **invite_out)
{
	struct http_request *request = identity->request;

	*invite_out = invite;
	out->count = 0;
	if (json_count(list) > ROOMS_MAX_ADDRESSES) {
		(void)http_error(identity->reply, 400, "M_INVALID_PARAM",
			"invite_3pid has more than %d addresses", ROOMS_MAX_ADDRESSES);
		return false;
	}
	for (size_t i = 0; i < json_count(list); i++) {
		struct identity_address *address = &out->items[out->count];
		struct str user_id = STR_EMPTY;

		if (!identity_address_read(request, identity->reply, json_at(list, i), address) ||
			!identity_lookup(identity, address, &user_id))
			return false;
		if (user_id.n == 0) {
			out->count++;
			continue;
		}
		if (!rooms_user_reachable(request, identity->reply, user_id) ||
			!rooms_invite_permitted(request, identity->reply, user_id))
			return false;
		*invite_out = with_user(request->arena, *invite_out, user_id);
	}
	return true;
}

bool rooms_addresses_invite(
	struct identity *identity, const struct rooms_addresses *addresses, struct str room_id)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (!leave_invite(identity, &addresses->items[i], room_id))
			return false;
	return true;
}
