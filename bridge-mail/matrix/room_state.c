/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/room_state.h"

#include "bridge-mail/matrix/client.h"
#include "common/json/json_writer.h"
#include "common/matrix/ids.h"

#define BODY_MAX 8192

enum status room_state_put(const struct matrix_session *s, const struct room_as *room,
	struct str type, struct str state_key, struct str content)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "PUT",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/state/%/%", room->room_id,
			type, state_key),
		.body = content,
		.as = room->as,
	};
	return matrix_call(s->client, arena, &call, &answer);
}

enum status room_state_get(const struct matrix_session *s, const struct room_as *room,
	const char *type, struct str state_key, struct arena *arena,
	const struct json **content_out)
{
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/state/%/%", room->room_id,
			str_c(type), state_key),
		.as = room->as,
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	*content_out = answer.json;
	return status;
}

enum status room_member(const struct matrix_session *s, const struct room_as *room,
	struct str user_id, struct arena *arena, bool *joined_out, struct str *name_out)
{
	const struct json *content = NULL;
	struct matrix_id id;
	enum status status = room_state_get(s, room, "m.room.member", user_id, arena, &content);
	bool refused = status == STATUS_NOT_FOUND || status == STATUS_DENIED;
	if (status != STATUS_OK && !refused)
		return status;
	*joined_out =
		status == STATUS_OK && str_eq_c(json_str(json_get(content, "membership")), "join");
	if (name_out == NULL)
		return STATUS_OK;
	*name_out = status == STATUS_OK ? str_trim(json_str(json_get(content, "displayname")))
					: STR_EMPTY;
	if (name_out->n == 0 && user_id_parse(user_id, &id) == STATUS_OK)
		*name_out = id.localpart;
	return STATUS_OK;
}

enum status room_name_get(const struct matrix_session *s, const struct room_as *room,
	struct arena *arena, struct str *name_out)
{
	const struct json *content = NULL;
	*name_out = STR_EMPTY;
	enum status status = room_state_get(s, room, "m.room.name", STR(""), arena, &content);
	if (status == STATUS_OK)
		*name_out = str_trim(json_str(json_get(content, "name")));
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (name_out->n > 0)
		return STATUS_OK;
	status = room_state_get(s, room, "m.room.canonical_alias", STR(""), arena, &content);
	if (status == STATUS_OK)
		*name_out = json_str(json_get(content, "alias"));
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status room_by_alias(const struct matrix_session *s, struct str alias, struct arena *arena,
	struct str *room_id_out)
{
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/directory/room/%", alias),
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	if (status != STATUS_OK)
		return status;
	*room_id_out = arena_str(arena, json_str(json_get(answer.json, "room_id")));
	return room_id_out->n > 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status act(const struct matrix_session *s, const struct room_as *room,
	const char *pattern, const char *key, struct str value)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	BUF_SCOPE(body, BODY_MAX);
	struct json_writer w;
	jw_init(&w, &body);
	jw_object(&w);
	if (value.n > 0)
		jw_put_str(&w, key, value);
	jw_object_end(&w);
	struct matrix_call call = {
		.method = "POST",
		.path = MATRIX_PATH(arena, pattern, room->room_id),
		.body = buf_str(&body),
		.as = room->as,
	};
	return matrix_call(s->client, arena, &call, &answer);
}

enum status room_join(const struct matrix_session *s, const struct room_as *room)
{
	return act(s, room, "/_matrix/client/v3/rooms/%/join", "reason", STR_EMPTY);
}

enum status room_leave(
	const struct matrix_session *s, const struct room_as *room, struct str reason)
{
	enum status status = act(s, room, "/_matrix/client/v3/rooms/%/leave", "reason", reason);
	/* Not, or no longer, in the room. */
	return status == STATUS_DENIED || status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status room_invite(
	const struct matrix_session *s, const struct room_as *room, struct str user_id)
{
	return act(s, room, "/_matrix/client/v3/rooms/%/invite", "user_id", user_id);
}
