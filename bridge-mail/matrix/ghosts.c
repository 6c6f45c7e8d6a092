/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/ghosts.h"

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/store/ghosts.h"
#include "bridge-mail/store/guests.h"
#include "common/json/json_writer.h"
#include "common/matrix/ids.h"

#define BODY_MAX 4096
/* Each room of a ghost gets an event when its name changes. An address that many programs write
 * from under many names, such as a feed's, would fill its rooms with those. */
#define RENAMED_BELOW 5 /* rooms */
#define BOT_NAME      "Courriel / Mail"

/* The user may be there since before a crash. */
static enum status register_user(const struct matrix_session *s, struct str user_id)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct matrix_id id;
	enum status status = user_id_parse(user_id, &id);
	if (status != STATUS_OK)
		return status;
	BUF_SCOPE(body, BODY_MAX);
	struct json_writer w;
	jw_init(&w, &body);
	jw_object(&w);
	jw_put_c_str(&w, "type", "m.login.application_service");
	jw_put_str(&w, "username", id.localpart);
	jw_put_bool(&w, "inhibit_login", true);
	jw_object_end(&w);
	struct matrix_call call = {
		.method = "POST",
		.path = STR("/_matrix/client/v3/register"),
		.body = buf_str(&body),
	};
	status = matrix_call(s->client, arena, &call, &answer);
	return status == STATUS_EXISTS ? STATUS_OK : status;
}

static enum status set_name(
	const struct matrix_session *s, struct str user_id, struct str display_name)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	BUF_SCOPE(body, BODY_MAX);
	struct json_writer w;
	jw_init(&w, &body);
	jw_object(&w);
	jw_put_str(&w, "displayname", display_name);
	jw_object_end(&w);
	struct matrix_call call = {
		.method = "PUT",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/profile/%/displayname", user_id),
		.body = buf_str(&body),
		.as = user_id,
	};
	return matrix_call(s->client, arena, &call, &answer);
}

enum status ghosts_register_bot(const struct matrix_session *s)
{
	enum status status = register_user(s, s->matrix->bot);
	return status == STATUS_OK ? set_name(s, s->matrix->bot, STR(BOT_NAME)) : status;
}

static enum status put_ghost(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return ghosts_put(tx, arg);
}

enum status ghosts_ensure(const struct matrix_session *s, struct str address, struct str name,
	struct arena *arena, struct str *user_id_out)
{
	struct ghost ghost = {0};
	struct str key = ghost_address_key(arena, address);
	struct str display_name = ghost_display_name(arena, name, address);
	enum status status = ghosts_find(s->db, key, arena, &ghost);
	bool stays = str_trim(name).n == 0 || str_eq(ghost.name, display_name);
	if (status == STATUS_OK && !stays)
		status = ghosts_in_many_rooms(s->db, ghost.user_id, RENAMED_BELOW, &stays);
	if (status == STATUS_OK && stays) {
		*user_id_out = ghost.user_id;
		return STATUS_OK;
	}
	if (status == STATUS_NOT_FOUND) {
		ghost.address = key;
		ghost.user_id = ghost_user_id(arena, address, s->matrix->server_name);
		status = register_user(s, ghost.user_id);
	}
	ghost.name = display_name;
	if (status == STATUS_OK)
		status = set_name(s, ghost.user_id, display_name);
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_ghost, &ghost);
	if (status == STATUS_OK)
		*user_id_out = ghost.user_id;
	return status;
}

/* By the bot, or by the ghost that stands in for it where it may not be. */
static enum status invite(const struct matrix_session *s, struct str room_id, struct str user_id)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct linked_room linked = {.room_id = room_id};
	enum status known = linked_room_by_room(s->db, room_id, arena, &linked);
	if (known != STATUS_OK && known != STATUS_NOT_FOUND)
		return known;
	BUF_SCOPE(body, BODY_MAX);
	struct json_writer w;
	jw_init(&w, &body);
	jw_object(&w);
	jw_put_str(&w, "user_id", user_id);
	jw_object_end(&w);
	struct matrix_call call = {
		.method = "POST",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/invite", room_id),
		.body = buf_str(&body),
		.as = linked.actor,
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	/* Refused when it is in the room; if that is not why, joining is refused too. */
	return status == STATUS_DENIED ? STATUS_OK : status;
}

static enum status join(const struct matrix_session *s, struct str room_id, struct str user_id)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "POST",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/join", room_id),
		.body = STR("{}"),
		.as = user_id,
	};
	return matrix_call(s->client, arena, &call, &answer);
}

struct joined {
	struct str room_id;
	struct str user_id;
};

static enum status put_joined(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct joined *joined = arg;
	return ghosts_set_joined(tx, joined->room_id, joined->user_id, true);
}

enum status ghosts_join(
	const struct matrix_session *s, struct str room_id, struct str user_id, bool again)
{
	struct joined joined = {room_id, user_id};
	bool is_joined = false;
	enum status status = ghosts_is_joined(s->db, room_id, user_id, &is_joined);
	if (status != STATUS_OK || (is_joined && !again))
		return status;
	status = invite(s, room_id, user_id);
	if (status == STATUS_OK)
		status = join(s, room_id, user_id);
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_joined, &joined);
	return status;
}
