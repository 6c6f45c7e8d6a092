/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/rooms.h"

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/room_title.h"
#include "bridge-mail/store/threads.h"
#include "common/json/json_writer.h"

#define LOG_MODULE "matrix"
#include "common/base/log.h"

#define BODY_MAX 32768
/* Nobody may be given a level above 100 by clients. */
#define OUT_OF_REACH 1000

#define SPACE_TOPIC                                                         \
	"Courriels re\xc3\xa7us \xc3\xa0 %.*s : chaque fil est un salon.\n" \
	"Mail received at %.*s: each thread is a room."
static const struct config_mailbox *config_of(const struct config *config, struct str address)
{
	const struct config_bridge_mail *c = &config->bridge_mail;
	for (unsigned i = 0; i < c->mailboxes_count; i++)
		if (str_eq_nocase(str_c(c->mailboxes[i].address), address))
			return &c->mailboxes[i];
	return NULL;
}

enum config_language rooms_language(const struct config *config, struct str address)
{
	const struct config_mailbox *mailbox = config_of(config, address);
	return mailbox == NULL ? LANGUAGE_FRENCH : mailbox->language;
}

static enum status find_alias(const struct matrix_session *s, struct str localpart,
	struct arena *arena, struct str *room_id_out)
{
	struct str alias = arena_printf(
		arena, "#%.*s:%.*s", STR_FMT(localpart), STR_FMT(s->matrix->server_name));
	return room_by_alias(s, alias, arena, room_id_out);
}

static enum status create(const struct matrix_session *s, struct str body, struct arena *arena,
	struct str *room_id_out)
{
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "POST",
		.path = STR("/_matrix/client/v3/createRoom"),
		.body = body,
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	if (status != STATUS_OK) {
		log_warning("a room cannot be made: %s %.*s", status_name(status),
			STR_FMT(answer.errcode));
		return status;
	}
	struct str room_id = json_str(json_get(answer.json, "room_id"));
	*room_id_out = arena_str(arena, room_id);
	return room_id.n > 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* What an earlier run has made, else made now. A request whose answer was lost comes back as an
 * alias in use. */
static enum status find_or_create(const struct matrix_session *s, struct str localpart,
	struct str body, struct arena *arena, struct str *room_id_out)
{
	enum status status = find_alias(s, localpart, arena, room_id_out);
	if (status == STATUS_NOT_FOUND)
		status = create(s, body, arena, room_id_out);
	if (status == STATUS_EXISTS)
		status = find_alias(s, localpart, arena, room_id_out);
	return status;
}

/* "via" of m.space.child and m.space.parent. */
static void write_via(struct json_writer *w, struct str server_name)
{
	jw_put_array(w, "via");
	jw_str(w, server_name);
	jw_array_end(w);
}

static void write_state(struct json_writer *w, const char *type, struct str state_key)
{
	jw_object(w);
	jw_put_c_str(w, "type", type);
	jw_put_str(w, "state_key", state_key);
	jw_put_object(w, "content");
}

static void write_state_end(struct json_writer *w)
{
	jw_object_end(w);
	jw_object_end(w);
}

static void write_levels(struct json_writer *w)
{
	jw_put_object(w, "power_level_content_override");
	jw_put_object(w, "events");
	jw_put_int(w, "m.room.encryption", OUT_OF_REACH);
	jw_put_int(w, "m.room.tombstone", 100);
	jw_put_int(w, "m.room.server_acl", 100);
	jw_put_int(w, "m.room.power_levels", 100);
	jw_put_int(w, "m.room.history_visibility", 100);
	jw_object_end(w);
	jw_object_end(w);
}

static void write_space(struct buf *out, struct arena *arena, const struct mailbox_row *mailbox,
	struct str localpart)
{
	struct json_writer w;
	jw_init(&w, out);
	jw_object(&w);
	jw_put_c_str(&w, "preset", "private_chat");
	jw_put_c_str(&w, "visibility", "private");
	jw_put_str(&w, "room_alias_name", localpart);
	jw_put_str(&w, "name", room_title(arena, mailbox->name));
	jw_put_str(&w, "topic",
		arena_printf(
			arena, SPACE_TOPIC, STR_FMT(mailbox->address), STR_FMT(mailbox->address)));
	jw_put_object(&w, "creation_content");
	jw_put_c_str(&w, "type", "m.space");
	jw_object_end(&w);
	write_levels(&w);
	jw_object_end(&w);
}

static void write_join_rule(struct json_writer *w, struct str space_id)
{
	write_state(w, "m.room.join_rules", STR(""));
	jw_put_c_str(w, "join_rule", "restricted");
	jw_put_array(w, "allow");
	jw_object(w);
	jw_put_c_str(w, "type", "m.room_membership");
	jw_put_str(w, "room_id", space_id);
	jw_object_end(w);
	jw_array_end(w);
	write_state_end(w);
}

static void write_invites(struct json_writer *w, const struct config_mailbox *config)
{
	if (config == NULL || config->members_count == 0)
		return;
	jw_put_array(w, "invite");
	for (unsigned i = 0; i < config->members_count; i++)
		jw_c_str(w, config->members[i]);
	jw_array_end(w);
}

/* `members`: the configuration of those to invite, or NULL. */
static void write_room(struct buf *out, struct arena *arena, const struct matrix_session *s,
	const struct thread *thread, const struct mailbox_row *mailbox, struct str localpart,
	const struct config_mailbox *members)
{
	struct json_writer w;
	struct room_topic topic = {.thread_id = thread->thread_id,
		.mailbox_address = mailbox->address,
		.language = rooms_language(s->matrix->bridge->config, mailbox->address)};
	jw_init(&w, out);
	jw_object(&w);
	jw_put_c_str(&w, "preset", "private_chat");
	jw_put_c_str(&w, "visibility", "private");
	jw_put_str(&w, "room_alias_name", localpart);
	jw_put_str(&w, "name", room_title(arena, thread->subject));
	jw_put_str(&w, "topic", room_topic(arena, &topic));
	write_invites(&w, members);
	write_levels(&w);
	jw_put_array(&w, "initial_state");
	write_join_rule(&w, mailbox->space_id);
	write_state(&w, "m.space.parent", mailbox->space_id);
	jw_put_bool(&w, "canonical", true);
	write_via(&w, s->matrix->server_name);
	write_state_end(&w);
	jw_array_end(&w);
	jw_object_end(&w);
}

/* A member who does not exist, or is banned, holds nobody else. */
static enum status invite(const struct matrix_session *s, struct str room_id, struct str user_id)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
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
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	switch (status) {
	case STATUS_OK:
	case STATUS_UNAVAILABLE:
	case STATUS_TIMEOUT:
	case STATUS_LIMITED:
		return status;
	default:
		log_info("%.*s is not invited to %.*s: %.*s", STR_FMT(user_id), STR_FMT(room_id),
			STR_FMT(answer.errcode));
		return STATUS_OK;
	}
}

static enum status invite_all(
	const struct matrix_session *s, const struct mailbox_row *mailbox, struct str room_id)
{
	const struct config_mailbox *config =
		config_of(s->matrix->bridge->config, mailbox->address);
	enum status status = STATUS_OK;
	for (unsigned i = 0; config != NULL && i < config->members_count && status == STATUS_OK;
		i++)
		status = invite(s, room_id, str_c(config->members[i]));
	return status;
}

static enum status is_known_member(
	const struct matrix_session *s, struct str room_id, struct str user_id, bool *known_out)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/state/m.room.member/%",
			room_id, user_id),
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	*known_out = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status rooms_invite_members(const struct matrix_session *s, const struct mailbox_row *mailbox)
{
	const struct config_mailbox *config =
		config_of(s->matrix->bridge->config, mailbox->address);
	for (unsigned i = 0; config != NULL && i < config->members_count; i++) {
		struct str user_id = str_c(config->members[i]);
		bool known = false;
		enum status status = is_known_member(s, mailbox->space_id, user_id, &known);
		if (status == STATUS_OK && !known)
			status = invite(s, mailbox->space_id, user_id);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

struct space_made {
	int64_t mailbox_id;
	struct str space_id;
};

static enum status put_space(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct space_made *made = arg;
	return mailboxes_set_space(tx, made->mailbox_id, made->space_id);
}

/* The mailbox with its space. */
static enum status ensure_space(const struct matrix_session *s, int64_t mailbox_id,
	struct arena *arena, struct mailbox_row *mailbox)
{
	enum status status = mailboxes_get(s->db, mailbox_id, arena, mailbox);
	if (status != STATUS_OK || mailbox->space_id.n > 0)
		return status;
	BUF_SCOPE(body, BODY_MAX);
	struct str localpart = ghost_localpart(arena, mailbox->address, s->matrix->server_name);
	write_space(&body, arena, mailbox, localpart);
	status = find_or_create(s, localpart, buf_str(&body), arena, &mailbox->space_id);
	if (status == STATUS_OK)
		status = invite_all(s, mailbox, mailbox->space_id);
	struct space_made made = {mailbox_id, mailbox->space_id};
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_space, &made);
	return status;
}

enum status rooms_space(const struct matrix_session *s, int64_t mailbox_id, struct arena *arena,
	struct str *space_id_out)
{
	struct mailbox_row mailbox;
	enum status status = ensure_space(s, mailbox_id, arena, &mailbox);
	if (status == STATUS_OK)
		*space_id_out = mailbox.space_id;
	return status;
}

static enum status add_to_space(
	const struct matrix_session *s, const struct mailbox_row *mailbox, struct str room_id)
{
	BUF_SCOPE(content, BODY_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	write_via(&w, s->matrix->server_name);
	jw_object_end(&w);
	const struct room_as space = {.room_id = mailbox->space_id};
	return room_state_put(s, &space, STR("m.space.child"), room_id, buf_str(&content));
}

enum status rooms_join_space(const struct matrix_session *s, int64_t mailbox_id, struct str room_id)
{
	ARENA_SCOPE(arena);
	struct mailbox_row mailbox;
	enum status status = ensure_space(s, mailbox_id, arena, &mailbox);
	if (status == STATUS_OK)
		status = add_to_space(s, &mailbox, room_id);
	return status == STATUS_OK ? invite_all(s, &mailbox, room_id) : status;
}

struct room_made {
	int64_t thread_id;
	struct str room_id;
};

static enum status put_room(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct room_made *made = arg;
	return threads_set_room(tx, made->thread_id, made->room_id);
}

/*
 * Made with its members invited in the same request, and looked for only when it is there since
 * before a crash: then, and where the server will not have one of the members, the others are
 * invited one by one.
 */
static enum status make_room(const struct matrix_session *s, const struct thread *thread,
	const struct mailbox_row *mailbox, struct arena *arena, struct str *room_id_out)
{
	BUF_SCOPE(body, BODY_MAX);
	struct str localpart = arena_printf(arena, GHOST_PREFIX "%.*s", STR_FMT(thread->token));
	const struct config_mailbox *members =
		config_of(s->matrix->bridge->config, mailbox->address);
	bool one_by_one = false;
	write_room(&body, arena, s, thread, mailbox, localpart, members);
	enum status status = create(s, buf_str(&body), arena, room_id_out);
	if (status == STATUS_DENIED || status == STATUS_INVALID || status == STATUS_NOT_FOUND) {
		one_by_one = true;
		buf_clear(&body);
		write_room(&body, arena, s, thread, mailbox, localpart, NULL);
		status = create(s, buf_str(&body), arena, room_id_out);
	}
	if (status == STATUS_EXISTS) {
		one_by_one = true;
		status = find_alias(s, localpart, arena, room_id_out);
	}
	if (status == STATUS_OK)
		status = add_to_space(s, mailbox, *room_id_out);
	return status == STATUS_OK && one_by_one ? invite_all(s, mailbox, *room_id_out) : status;
}

enum status rooms_of_thread(const struct matrix_session *s, int64_t thread_id, struct arena *arena,
	struct str *room_id_out)
{
	struct thread thread;
	struct mailbox_row mailbox;
	enum status status = threads_get(s->db, thread_id, arena, &thread);
	if (status != STATUS_OK)
		return status;
	*room_id_out = thread.room_id;
	if (thread.room_id.n > 0)
		return STATUS_OK;
	status = ensure_space(s, thread.mailbox_id, arena, &mailbox);
	if (status != STATUS_OK)
		return status;
	status = make_room(s, &thread, &mailbox, arena, room_id_out);
	struct room_made made = {thread_id, *room_id_out};
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_room, &made);
	return status;
}
