/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/act.h"

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/thread_state.h"
#include "bridge-mail/thread/subject.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"

static void refuse(struct command_run *run, enum command_outcome outcome)
{
	run->row.outcome = (int)outcome;
}

/* Whom it names: by id, by a mention, by a link; nobody: who asks. */
static struct str person_of(const struct command_run *run)
{
	struct matrix_id parts;
	struct str id, argument = run->command.argument;
	if (argument.n == 0)
		return run->event->sender;
	if (user_id_parse(argument, &parts) == STATUS_OK)
		return argument;
	if (command_link_find(run->arena, run->event->html, "@", &id) == STATUS_OK ||
		command_link_find(run->arena, argument, "@", &id) == STATUS_OK)
		return id;
	const struct json *mentions = json_path(run->content, "m.mentions", "user_ids", NULL);
	return json_count(mentions) == 1 ? json_str(json_at(mentions, 0)) : STR_EMPTY;
}

static enum status decide_assign(struct command_run *run)
{
	bool joined = false;
	const struct room_as space = {.room_id = run->mailbox.space_id};
	struct matrix_id parts;
	run->row.text = person_of(run);
	if (user_id_parse(run->row.text, &parts) != STATUS_OK) {
		refuse(run, OUTCOME_NO_PERSON);
		return STATUS_OK;
	}
	enum status status =
		room_member(run->session, &space, run->row.text, run->arena, &joined, NULL);
	if (status == STATUS_INVALID)
		status = STATUS_OK;
	if (status == STATUS_OK && !joined)
		refuse(run, OUTCOME_NO_PERSON);
	return status;
}

static enum status decide_state(struct command_run *run)
{
	struct thread_state state;
	enum status status =
		thread_state_get(run->session->db, run->thread.thread_id, run->arena, &state);
	if (status != STATUS_OK)
		return status;
	bool same = run->row.kind == COMMAND_UNASSIGN
			    ? state.assigned_to.n == 0
			    : state.closed == (run->row.kind == COMMAND_CLOSE);
	if (same)
		refuse(run, OUTCOME_SAME);
	return STATUS_OK;
}

static enum status find_target(struct command_run *run, struct thread *out)
{
	struct command_target target;
	struct str room_id;
	struct db *db = run->session->db;
	/* A pill shows a name; its link stands in the HTML. */
	enum status status = command_link_find(run->arena, run->event->html, "!#", &target.id);
	if (status == STATUS_OK)
		status = command_target_parse(run->arena, target.id, &target);
	else
		status = command_target_parse(run->arena, run->command.argument, &target);
	if (status != STATUS_OK)
		return STATUS_NOT_FOUND;
	if (target.kind == TARGET_THREAD)
		return threads_get(db, target.number, run->arena, out);
	room_id = target.id;
	if (target.kind == TARGET_ALIAS)
		status = room_by_alias(run->session, target.id, run->arena, &room_id);
	if (status == STATUS_INVALID || status == STATUS_DENIED)
		return STATUS_NOT_FOUND;
	return status == STATUS_OK ? threads_by_room(db, room_id, run->arena, out) : status;
}

static enum status decide_merge(struct command_run *run)
{
	struct thread target;
	struct thread_state state;
	struct mailbox_row mailbox;
	bool joined = false;
	enum status status = find_target(run, &target);
	if (status == STATUS_OK)
		status = thread_state_get(run->session->db, target.thread_id, run->arena, &state);
	if (status == STATUS_OK)
		status = mailboxes_get(run->session->db, target.mailbox_id, run->arena, &mailbox);
	if (status == STATUS_OK && mailbox.space_id.n == 0)
		status = STATUS_NOT_FOUND;
	if (status == STATUS_OK) {
		const struct room_as space = {.room_id = mailbox.space_id};
		status = room_member(
			run->session, &space, run->event->sender, run->arena, &joined, NULL);
	}
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !joined)) {
		refuse(run, OUTCOME_NO_TARGET);
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	run->row.other = state.merged_into != 0 ? state.merged_into : target.thread_id;
	if (run->row.other == run->thread.thread_id)
		refuse(run, OUTCOME_SAME);
	return STATUS_OK;
}

static enum status decide_split(struct command_run *run)
{
	struct message_event event;
	enum status status = STATUS_NOT_FOUND;
	if (run->event->replies.n > 0)
		status = messages_event_find(
			run->session->db, run->event->replies, run->arena, &event);
	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && event.thread_id != run->thread.thread_id)) {
		refuse(run, OUTCOME_NO_MAIL);
		return STATUS_OK;
	}
	if (status == STATUS_OK)
		run->row.text = event.message_id;
	return status;
}

static bool names_mailbox(const struct config_mailbox *mailbox, struct str text)
{
	struct str address = str_c(mailbox->address);
	ptrdiff_t at = str_rindex(address, '@');
	return str_eq_nocase(address, text) || str_eq_nocase(str_c(mailbox->name), text) ||
	       (at > 0 && str_eq_nocase(str_slice(address, 0, (size_t)at), text));
}

static enum status decide_move(struct command_run *run)
{
	const struct config_bridge_mail *config =
		&run->session->matrix->bridge->config->bridge_mail;
	struct mailbox_row to;
	for (unsigned i = 0; i < config->mailboxes_count; i++) {
		if (!names_mailbox(&config->mailboxes[i], run->command.argument))
			continue;
		enum status status = mailboxes_find(
			run->session->db, str_c(config->mailboxes[i].address), run->arena, &to);
		if (status != STATUS_OK)
			return status;
		run->row.other = to.mailbox_id;
		/* From where, for what follows. */
		run->row.text = arena_printf(run->arena, "%lld", (long long)run->thread.mailbox_id);
		if (to.mailbox_id == run->thread.mailbox_id)
			refuse(run, OUTCOME_SAME);
		return STATUS_OK;
	}
	refuse(run, OUTCOME_NO_MAILBOX);
	return STATUS_OK;
}

enum status command_decide(struct command_run *run)
{
	switch ((enum command_kind)run->row.kind) {
	case COMMAND_ASSIGN:
		return decide_assign(run);
	case COMMAND_UNASSIGN:
	case COMMAND_CLOSE:
	case COMMAND_REOPEN:
		return decide_state(run);
	case COMMAND_MERGE:
		return decide_merge(run);
	case COMMAND_SPLIT:
		return decide_split(run);
	case COMMAND_MOVE:
		return decide_move(run);
	default:
		return STATUS_OK;
	}
}

static enum status change_split(struct db_tx *tx, struct command_run *run) REQUIRES(on_writer)
{
	uint8_t random[THREAD_TOKEN_CHARS / 2];
	struct subject subject;
	secret_random(random, sizeof(random));
	subject_read(tx->arena,
		run->command.argument.n > 0 ? run->command.argument : run->thread.subject,
		&subject);
	struct thread thread = {
		.mailbox_id = run->thread.mailbox_id,
		.token = hex_encode(tx->arena, str_n((const char *)random, sizeof(random))),
		.subject = subject.plain,
		.base_subject = subject.base,
		.created_at = run->now,
		.last_at = run->now,
	};
	enum status status = threads_add(tx, &thread, &run->row.other);
	if (status == STATUS_OK)
		status = thread_split(tx, run->thread.thread_id, run->row.text, run->row.other);
	return status;
}

enum status command_change(struct db_tx *tx, struct command_run *run)
{
	int64_t thread_id = run->thread.thread_id;
	switch ((enum command_kind)run->row.kind) {
	case COMMAND_ASSIGN:
		return thread_set_assigned(tx, thread_id, run->row.text);
	case COMMAND_UNASSIGN:
		return thread_set_assigned(tx, thread_id, STR(""));
	case COMMAND_CLOSE:
	case COMMAND_REOPEN:
		return thread_set_closed(tx, thread_id, run->row.kind == COMMAND_CLOSE);
	case COMMAND_MERGE:
		return thread_merge(tx, thread_id, run->row.other);
	case COMMAND_SPLIT:
		return change_split(tx, run);
	case COMMAND_MOVE:
		return thread_move(tx, thread_id, run->row.other);
	default:
		return STATUS_OK;
	}
}
