/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/rooms.h"

#include "common/base/clock.h"
#include "common/matrix/ids.h"
#include "homeserver/appservice/as_query.h"
#include "homeserver/room/guest_access.h"
#include "homeserver/room/invite_permission.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/room_store.h"

enum http_outcome rooms_error(struct http_reply *reply, enum status status, const char *why)
{
	if (status == STATUS_INVALID)
		return http_error(reply, 400, "M_BAD_JSON", "%s",
			why != NULL ? why : "The event is not valid");
	if (status == STATUS_EXISTS)
		return http_error(reply, 400, "M_DUPLICATE_ANNOTATION", "%s",
			why != NULL ? why : "It exists already");
	return api_status(reply, status, why);
}

bool rooms_view(struct http_request *request, struct http_reply *reply, struct str room_id,
	struct rooms_view *out)
{
	const struct requester *who = api_requester(request);
	struct str user_id = who != NULL ? who->user_id : STR_EMPTY;
	enum status status = visibility_load(
		api_db(request), request->arena, room_id, user_id, &out->visibility);

	if (status != STATUS_OK) {
		(void)api_status(reply, status, NULL);
		return false;
	}
	out->room_id = room_id;
	out->state_at = visibility_state_position(out->visibility);
	out->format = (struct event_format){
		.db = api_db(request),
		.arena = request->arena,
		.user_id = user_id,
		.device_id = who != NULL ? who->device_id : STR_EMPTY,
		.now = clock_wall_ms(),
		.visibility = out->visibility,
	};
	if (out->state_at != 0)
		return true;
	(void)http_error(
		reply, 403, "M_FORBIDDEN", "You are not in this room and have not been in it");
	return false;
}

static enum status alias_find(
	struct http_request *request, struct str alias, struct str *room_id_out)
{
	enum status status =
		room_alias_find(api_db(request), request->arena, alias, room_id_out, NULL);

	if (status != STATUS_NOT_FOUND)
		return status;
	status = as_query_alias(api_homeserver(request), alias);
	if (status != STATUS_OK)
		return STATUS_NOT_FOUND;
	return room_alias_find(api_db(request), request->arena, alias, room_id_out, NULL);
}

bool rooms_resolve(struct http_request *request, struct http_reply *reply, struct str id_or_alias,
	struct str *room_id_out)
{
	struct matrix_id alias;
	enum status status;

	if (room_id_ok(id_or_alias)) {
		*room_id_out = id_or_alias;
		return true;
	}
	if (room_alias_parse(id_or_alias, &alias) != STATUS_OK) {
		(void)http_error(
			reply, 400, "M_INVALID_PARAM", "This is neither a room id nor an alias");
		return false;
	}
	status = alias_find(request, id_or_alias, room_id_out);
	if (status == STATUS_OK)
		return true;
	(void)api_status(
		reply, status, status == STATUS_NOT_FOUND ? "There is no such room alias" : NULL);
	return false;
}

bool rooms_user_reachable(
	struct http_request *request, struct http_reply *reply, struct str user_id)
{
	struct matrix_id id;
	enum status status;

	if (user_id_parse(user_id, &id) != STATUS_OK) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is not a user id");
		return false;
	}
	if (!str_eq(id.server, api_homeserver(request)->server_name)) {
		(void)http_error(reply, 403, "M_FORBIDDEN",
			"The user is on another server, and rooms here are not federated");
		return false;
	}
	status = account_exists(api_db(request), user_id);
	if (status == STATUS_NOT_FOUND)
		status = as_query_user(api_homeserver(request), user_id);
	if (status == STATUS_OK)
		return true;
	if (status == STATUS_NOT_FOUND)
		(void)http_error(reply, 404, "M_NOT_FOUND", "There is no such user");
	else
		(void)api_status(reply, status, NULL);
	return false;
}

bool rooms_invite_permitted(
	struct http_request *request, struct http_reply *reply, struct str user_id)
{
	bool blocks;
	enum status status =
		invite_permission_blocks(api_db(request), request->arena, user_id, &blocks);

	if (status != STATUS_OK)
		(void)api_status(reply, status, NULL);
	else if (blocks)
		(void)http_error(reply, 403, "M_INVITE_BLOCKED", "This user accepts no invites");
	return status == STATUS_OK && !blocks;
}

struct event_draft rooms_draft(struct http_request *request, struct str room_id, struct str type)
{
	const struct requester *who = api_requester(request);

	return (struct event_draft){
		.room_id = room_id,
		.sender = who->user_id,
		.type = type,
		.content = request->body,
		.device_id = who->device_id,
		.origin_server_ts = who->timestamp,
	};
}

static enum status send_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct rooms_sending *sending = arg;
	struct event *event;
	enum status status = room_send(tx, &sending->draft, &event, &sending->why);

	if (status != STATUS_OK)
		return status;
	sending->event_id = arena_str(sending->arena, event->event_id);
	if (sending->draft.state_key.p != NULL && sending->draft.state_key.n == 0 &&
		str_eq_c(sending->draft.type, "m.room.guest_access"))
		status = guest_access_enforce(tx, sending->draft.room_id);
	return status;
}

enum status rooms_send(struct http_request *request, struct rooms_sending *sending)
{
	sending->arena = request->arena;
	return api_write(request, send_change, sending);
}

bool rooms_limit(struct http_request *request, struct http_reply *reply, int64_t fallback,
	int64_t max, int64_t *out)
{
	struct str text = http_query(request, "limit");

	*out = fallback;
	if (text.p != NULL && (str_to_i64(text, out) != STATUS_OK || *out < 0)) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "limit must be a positive number");
		return false;
	}
	if (*out > max)
		*out = max;
	return true;
}
