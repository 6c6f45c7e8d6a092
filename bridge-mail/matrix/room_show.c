/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/room_title.h"
#include "bridge-mail/matrix/rooms.h"
#include "bridge-mail/store/thread_state.h"
#include "common/json/json_writer.h"

#define LOG_MODULE "matrix"
#include "common/base/log.h"

#define CONTENT_MAX 16384

static enum status put_text(const struct matrix_session *s, struct str room_id, const char *type,
	const char *key, struct str text)
{
	BUF_SCOPE(content, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	jw_put_str(&w, key, text);
	jw_object_end(&w);
	const struct room_as room = {.room_id = room_id};
	return room_state_put(s, &room, str_c(type), STR(""), buf_str(&content));
}

struct shown {
	int64_t thread_id;
	struct thread_state state;
};

static enum status set_shown(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct shown *shown = arg;
	return thread_set_shown(tx, shown->thread_id, &shown->state);
}

enum status rooms_show(const struct matrix_session *s, int64_t thread_id)
{
	ARENA_SCOPE(arena);
	struct thread thread;
	struct mailbox_row mailbox;
	struct shown shown = {.thread_id = thread_id};
	struct room_topic topic = {.thread_id = thread_id};
	bool joined;
	enum status status = threads_get(s->db, thread_id, arena, &thread);
	if (status == STATUS_OK)
		status = mailboxes_get(s->db, thread.mailbox_id, arena, &mailbox);
	if (status == STATUS_OK)
		status = thread_state_get(s->db, thread_id, arena, &shown.state);
	if (status != STATUS_OK)
		return status;
	const struct room_as room = {.room_id = thread.room_id};
	topic.closed = shown.state.closed;
	topic.mailbox_address = mailbox.address;
	topic.language = rooms_language(s->matrix->bridge->config, mailbox.address);
	if (shown.state.assigned_to.n > 0)
		status = room_member(
			s, &room, shown.state.assigned_to, arena, &joined, &topic.assigned);
	if (status == STATUS_OK)
		status = put_text(s, thread.room_id, "m.room.name", "name",
			room_title_of(arena, thread.subject, topic.closed, topic.language));
	if (status == STATUS_OK)
		status = put_text(
			s, thread.room_id, "m.room.topic", "topic", room_topic(arena, &topic));
	if (status == STATUS_DENIED || status == STATUS_NOT_FOUND || status == STATUS_INVALID) {
		log_warning("thread=%lld cannot be shown in its room: %s", (long long)thread_id,
			status_name(status));
		status = STATUS_OK;
	}
	return status == STATUS_OK ? db_write(s->matrix->bridge->writer, set_shown, &shown)
				   : status;
}

static enum status put_parent(
	const struct matrix_session *s, struct str room_id, struct str space_id, bool is_parent)
{
	BUF_SCOPE(content, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	if (is_parent) {
		jw_put_array(&w, "via");
		jw_str(&w, s->matrix->server_name);
		jw_array_end(&w);
		jw_put_bool(&w, "canonical", true);
	}
	jw_object_end(&w);
	const struct room_as room = {.room_id = room_id};
	return room_state_put(s, &room, STR("m.space.parent"), space_id, buf_str(&content));
}

static enum status remove_child(
	const struct matrix_session *s, struct str space_id, struct str room_id)
{
	const struct room_as space = {.room_id = space_id};
	return room_state_put(s, &space, STR("m.space.child"), room_id, STR("{}"));
}

static enum status put_join_rule(
	const struct matrix_session *s, struct str room_id, struct str space_id)
{
	BUF_SCOPE(content, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	jw_put_c_str(&w, "join_rule", "restricted");
	jw_put_array(&w, "allow");
	jw_object(&w);
	jw_put_c_str(&w, "type", "m.room_membership");
	jw_put_str(&w, "room_id", space_id);
	jw_object_end(&w);
	jw_array_end(&w);
	jw_object_end(&w);
	const struct room_as room = {.room_id = room_id};
	return room_state_put(s, &room, STR("m.room.join_rules"), STR(""), buf_str(&content));
}

enum status rooms_move(const struct matrix_session *s, struct str room_id, int64_t from_mailbox,
	int64_t to_mailbox)
{
	ARENA_SCOPE(arena);
	struct mailbox_row from;
	struct str space = STR_EMPTY;
	enum status status = mailboxes_get(s->db, from_mailbox, arena, &from);
	if (status == STATUS_OK)
		status = rooms_space(s, to_mailbox, arena, &space);
	if (status == STATUS_OK)
		status = put_join_rule(s, room_id, space);
	if (status == STATUS_OK)
		status = put_parent(s, room_id, space, true);
	if (status == STATUS_OK)
		status = rooms_join_space(s, to_mailbox, room_id);
	if (status != STATUS_OK || from.space_id.n == 0 || from_mailbox == to_mailbox)
		return status;
	status = put_parent(s, room_id, from.space_id, false);
	return status == STATUS_OK ? remove_child(s, from.space_id, room_id) : status;
}

enum status rooms_end(const struct matrix_session *s, struct str room_id, struct str space_id,
	struct str successor, struct str why)
{
	BUF_SCOPE(content, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	jw_put_str(&w, "body", why);
	jw_put_str(&w, "replacement_room", successor);
	jw_object_end(&w);
	const struct room_as room = {.room_id = room_id};
	enum status status =
		room_state_put(s, &room, STR("m.room.tombstone"), STR(""), buf_str(&content));
	if (status == STATUS_OK && space_id.n > 0)
		status = remove_child(s, space_id, room_id);
	return status;
}
