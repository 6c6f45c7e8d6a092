/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/act.h"
#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/rooms.h"
#include "bridge-mail/matrix/say.h"
#include "bridge-mail/store/thread_state.h"

#define LINES_MAX 16384

static struct str either(const struct command_run *run, const char *french, const char *english)
{
	return str_c(run->command.english ? english : french);
}

static struct str name_of(const struct command_run *run, struct str user_id)
{
	bool joined;
	struct str name = user_id;
	const struct room_as room = {.room_id = run->room_id};
	if (room_member(run->session, &room, user_id, run->arena, &joined, &name) != STATUS_OK)
		name = user_id;
	return name;
}

static struct str link_to(const struct command_run *run, struct str room_id)
{
	return MATRIX_PATH(run->arena, "https://matrix.to/#/%?via=%", room_id,
		run->session->matrix->server_name);
}

static enum status follow_merge(struct command_run *run, struct str *text_out)
{
	struct thread into;
	struct str room_id;
	enum status status = threads_get(run->session->db, run->row.other, run->arena, &into);
	if (status == STATUS_OK)
		status = rooms_of_thread(run->session, run->row.other, run->arena, &room_id);
	if (status != STATUS_OK)
		return status;
	*text_out = arena_printf(run->arena,
		run->command.english ? "This thread goes on in no. %lld, \"%.*s\": %.*s"
				     : "Ce fil continue dans le nº %lld, « %.*s » : %.*s",
		(long long)into.thread_id, STR_FMT(into.subject), STR_FMT(link_to(run, room_id)));
	struct saying there = {
		.room_id = room_id,
		.txn_id = say_txn_id(run->arena, "merged", run->event->event_id, STR("")),
		.text = arena_printf(run->arena,
			"Le fil nº %lld, « %.*s », a rejoint celui-ci ; ce qui a été dit avant est "
			"là : %.*s\n"
			"Thread no. %lld, \"%.*s\", has become part of this one; what was said "
			"before is there: %.*s",
			(long long)run->thread.thread_id, STR_FMT(run->thread.subject),
			STR_FMT(link_to(run, run->room_id)), (long long)run->thread.thread_id,
			STR_FMT(run->thread.subject), STR_FMT(link_to(run, run->room_id))),
	};
	status = say(run->session, &there);
	/* Before the room ends. */
	if (status == STATUS_OK)
		status = command_answer(run, *text_out);
	if (status == STATUS_OK)
		status = say_settle(rooms_end(
			run->session, run->room_id, run->mailbox.space_id, room_id, *text_out));
	return status;
}

static enum status follow_split(struct command_run *run, struct str *text_out)
{
	struct str room_id;
	enum status status = rooms_of_thread(run->session, run->row.other, run->arena, &room_id);
	if (status != STATUS_OK)
		return status;
	if (run->session->matrix->bridge->processor != NULL)
		processor_wake(run->session->matrix->bridge->processor);
	*text_out = arena_printf(run->arena,
		run->command.english
			? "That mail and what follows from it are now thread no. %lld: %.*s"
			: "Ce courriel et ce qui le suit forment maintenant le fil nº %lld : %.*s",
		(long long)run->row.other, STR_FMT(link_to(run, room_id)));
	return STATUS_OK;
}

static enum status follow_move(struct command_run *run, struct str *text_out)
{
	int64_t from = 0;
	struct mailbox_row to;
	enum status status = str_to_i64(run->row.text, &from);
	if (status == STATUS_OK)
		status = rooms_move(run->session, run->room_id, from, run->row.other);
	if (status == STATUS_OK)
		status = mailboxes_get(run->session->db, run->row.other, run->arena, &to);
	if (status != STATUS_OK)
		return status;
	*text_out = arena_printf(run->arena,
		run->command.english ? "This thread is now in the care of %.*s (%.*s)."
				     : "Ce fil est maintenant confié à %.*s (%.*s).",
		STR_FMT(to.name), STR_FMT(to.address));
	return STATUS_OK;
}

static enum status describe(struct command_run *run, struct str *text_out)
{
	struct thread_state state;
	struct open_thread *list;
	size_t count;
	int64_t total;
	bool english = run->command.english;
	struct db *db = run->session->db;
	enum status status = thread_state_get(db, run->thread.thread_id, run->arena, &state);
	if (status == STATUS_OK)
		status = threads_open(
			db, run->mailbox.mailbox_id, run->arena, &list, &count, &total);
	if (status != STATUS_OK)
		return status;
	BUF_SCOPE(text, LINES_MAX);
	buf_printf(&text, english ? "Thread no. %lld is %s" : "Le fil nº %lld est %s",
		(long long)run->thread.thread_id,
		english	       ? state.closed ? "closed" : "open"
		: state.closed ? "fermé"
			       : "ouvert");
	if (state.assigned_to.n > 0)
		buf_printf(&text, english ? ", taken by %.*s" : ", pris par %.*s",
			STR_FMT(name_of(run, state.assigned_to)));
	buf_printf(&text,
		english ? ".\nOpen threads of %.*s: %lld" : ".\nFils ouverts de %.*s : %lld",
		STR_FMT(run->mailbox.name), (long long)total);
	for (size_t i = 0; i < count; i++) {
		buf_printf(&text, english ? "\nno. %lld %.*s" : "\nnº %lld %.*s",
			(long long)list[i].thread_id, STR_FMT(str_slice(list[i].subject, 0, 200)));
		if (list[i].assigned_to.n > 0)
			buf_printf(&text, " (%.*s)", STR_FMT(name_of(run, list[i].assigned_to)));
	}
	if (total > (int64_t)count)
		buf_append_c(&text, "\n…");
	*text_out = arena_str(run->arena, buf_str(&text));
	return STATUS_OK;
}

static struct str assigned_text(const struct command_run *run)
{
	return arena_printf(run->arena,
		run->command.english ? "%.*s has taken this thread." : "%.*s a pris ce fil.",
		STR_FMT(name_of(run, run->row.text)));
}

enum status command_follow(struct command_run *run, struct str *text_out)
{
	switch ((enum command_kind)run->row.kind) {
	case COMMAND_HELP:
		*text_out = command_help(run->arena, run->place, run->command.english);
		return STATUS_OK;
	case COMMAND_ASSIGN:
		*text_out = assigned_text(run);
		return STATUS_OK;
	case COMMAND_UNASSIGN:
		*text_out = either(run, "Personne n’a plus la charge de ce fil.",
			"This thread is nobody’s now.");
		return STATUS_OK;
	case COMMAND_CLOSE:
		*text_out = either(run,
			"Ce fil est fermé. Un nouveau courriel le rouvrira ; !rouvrir aussi.",
			"This thread is closed. A new mail opens it again; so does !reopen.");
		return STATUS_OK;
	case COMMAND_REOPEN:
		*text_out = either(run, "Ce fil est rouvert.", "This thread is open again.");
		return STATUS_OK;
	case COMMAND_MERGE:
		return follow_merge(run, text_out);
	case COMMAND_SPLIT:
		return follow_split(run, text_out);
	case COMMAND_MOVE:
		return follow_move(run, text_out);
	case COMMAND_STATUS:
		return describe(run, text_out);
	default:
		*text_out = STR_EMPTY;
		return STATUS_OK;
	}
}
