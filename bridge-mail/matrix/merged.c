/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/merged.h"

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/rooms.h"
#include "bridge-mail/matrix/say.h"
#include "bridge-mail/store/received.h"
#include "bridge-mail/store/threads.h"

#define MAX_MEMBERS 500

static enum status set_told(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct thread_merge_row *row = arg;
	return merge_set_told(tx, row->from_thread);
}

/* Who has joined the one room is invited into the other; who is there already stays so. */
static enum status invite_along(
	const struct matrix_session *s, struct str from_room, struct str into_room)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/joined_members", from_room),
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	if (status != STATUS_OK)
		return say_settle(status);
	const struct room_as into = {.room_id = into_room};
	struct json_iter i = json_iter(json_get(answer.json, "joined"));
	for (size_t n = 0; status == STATUS_OK && n < MAX_MEMBERS && json_next(&i); n++) {
		if (!matrix_is_ours(s->matrix, i.key))
			status = room_invite(s, &into, i.key);
		if (status == STATUS_DENIED || status == STATUS_NOT_FOUND ||
			status == STATUS_INVALID)
			status = STATUS_OK;
	}
	return status;
}

static struct str link_to(const struct matrix_session *s, struct arena *arena, struct str room_id)
{
	return MATRIX_PATH(arena, "https://matrix.to/#/%?via=%", room_id, s->matrix->server_name);
}

static enum status tell(const struct matrix_session *s, struct arena *arena,
	const struct thread *from, const struct thread *into, struct str into_room)
{
	struct mailbox_row mailbox;
	struct str old_link = link_to(s, arena, from->room_id);
	struct str link = link_to(s, arena, into_room);
	struct saying there = {
		.room_id = into_room,
		.txn_id = say_txn_id(arena, "one-thread", from->room_id, into_room),
		.text = arena_printf(arena,
			"Un courriel arrivé tard montre que « %.*s » est la même conversation ; "
			"ce qui a été dit avant est là : %.*s\n"
			"A mail that came late shows that \"%.*s\" is the same conversation; "
			"what was said before is there: %.*s",
			STR_FMT(from->subject), STR_FMT(old_link), STR_FMT(from->subject),
			STR_FMT(old_link)),
	};
	struct saying here = {
		.room_id = from->room_id,
		.txn_id = say_txn_id(arena, "goes-on", from->room_id, into_room),
		.text = arena_printf(arena,
			"Un courriel arrivé tard montre que cette conversation en continue une "
			"autre, « %.*s ». La suite est là : %.*s\n"
			"A mail that came late shows that this conversation is part of another, "
			"\"%.*s\". It goes on there: %.*s",
			STR_FMT(into->subject), STR_FMT(link), STR_FMT(into->subject),
			STR_FMT(link)),
	};
	enum status status = mailboxes_get(s->db, from->mailbox_id, arena, &mailbox);
	if (status == STATUS_OK)
		status = say(s, &there);
	if (status == STATUS_OK)
		status = say(s, &here);
	if (status == STATUS_OK)
		status = invite_along(s, from->room_id, into_room);
	if (status == STATUS_OK)
		status = say_settle(
			rooms_end(s, from->room_id, mailbox.space_id, into_room, here.text));
	return status;
}

enum status merged_tell_next(const struct matrix_session *s)
{
	ARENA_SCOPE(arena);
	struct thread_merge_row row;
	struct thread from, into;
	struct str into_room;
	enum status status = merge_next_untold(s->db, &row);
	if (status == STATUS_OK)
		status = threads_get(s->db, row.from_thread, arena, &from);
	if (status == STATUS_OK)
		status = threads_get(s->db, row.into_thread, arena, &into);
	if (status != STATUS_OK)
		return status;
	status = rooms_of_thread(s, row.into_thread, arena, &into_room);
	if (status == STATUS_OK)
		status = tell(s, arena, &from, &into, into_room);
	return status == STATUS_OK ? db_write(s->matrix->bridge->writer, set_told, &row) : status;
}
