/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/answers.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "bridge-mail/command/run.h"
#include "bridge-mail/guest/guest.h"
#include "bridge-mail/inbound/quarantine.h"
#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/ghosts.h"
#include "bridge-mail/matrix/merged.h"
#include "bridge-mail/matrix/rooms.h"
#include "bridge-mail/outbound/answer_mail.h"
#include "bridge-mail/outbound/queue.h"
#include "bridge-mail/outbound/room_mark.h"
#include "bridge-mail/outbound/room_notice.h"
#include "bridge-mail/outbound/second_thoughts.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/store/thread_state.h"
#include "bridge-mail/store/transactions.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "config/config.h"

#define LOG_MODULE "outbound"
#include "common/base/log.h"

#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS   60000
/* Servers repeat a transaction for days at most. */
#define KEEP_TRANSACTIONS_MS (INT64_C(30) * 24 * 3600 * 1000)

struct answers {
	struct bridge *bridge;
	struct matrix_session session;
	bool prepared;
	int64_t backoff; /* ms, 0 after a success */
	int64_t wait;	 /* ms until something is due, -1: nothing is */
	int wake_fd;
	bool started;
	pthread_t thread;
};

static bool may_retry(enum status status)
{
	return status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT ||
	       status == STATUS_LIMITED || status == STATUS_IO;
}

static enum status prune(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const int64_t *before = arg;
	return transactions_prune(tx, *before);
}

/* The bot's name and the spaces, so that agents are invited before the first mail comes. */
static enum status prepare(struct answers *a, struct arena *arena)
{
	const struct config_bridge_mail *config = &a->bridge->config->bridge_mail;
	int64_t before = clock_wall_ms() - KEEP_TRANSACTIONS_MS;
	enum status status = db_write(a->bridge->writer, prune, &before);
	if (status == STATUS_OK)
		status = ghosts_register_bot(&a->session);
	for (unsigned i = 0; i < config->mailboxes_count && status == STATUS_OK; i++) {
		struct mailbox_row mailbox;
		status = mailboxes_find(
			a->session.db, str_c(config->mailboxes[i].address), arena, &mailbox);
		if (status == STATUS_OK)
			status = rooms_space(
				&a->session, mailbox.mailbox_id, arena, &mailbox.space_id);
		if (status == STATUS_OK)
			status = rooms_invite_members(&a->session, &mailbox);
	}
	if (status == STATUS_OK)
		status = guest_prepare(&a->session, arena);
	if (may_retry(status))
		return status;
	if (status != STATUS_OK)
		log_error("the homeserver refuses the mailboxes' spaces: %s", status_name(status));
	a->prepared = true;
	return STATUS_OK;
}

static enum status set_told(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct outgoing_recipient *r = arg;
	return outgoing_set_told(tx, r->mail.outgoing_id, r->address);
}

static enum status tell(
	struct answers *a, struct outgoing_recipient *recipient, struct arena *arena)
{
	struct thread thread;
	enum status status = guest_told(&a->session, recipient, arena);
	if (status != STATUS_NOT_FOUND)
		return status == STATUS_OK ? db_write(a->bridge->writer, set_told, recipient)
					   : status;
	status = threads_get(a->session.db, recipient->mail.thread_id, arena, &thread);
	if (status != STATUS_OK)
		return status;
	const struct outgoing_mail *mail = &recipient->mail;
	if (recipient->state == OUTGOING_FAILED)
		status = room_notice_failed(&a->session, thread.room_id, recipient);
	else if (mail->corrects.n > 0)
		status = room_mark_put(&a->session, thread.room_id, mail->corrects, MARK_CORRECTED);
	else
		status = room_notice_sent(&a->session, thread.room_id, mail->event_id);
	if (status == STATUS_OK)
		status = second_thoughts_hide(&a->session, &thread, mail);
	return status == STATUS_OK ? db_write(a->bridge->writer, set_told, recipient) : status;
}

/* Whether the event came into this thread by mail; *parent_out is then the mail's id. */
static enum status find_mail(struct answers *a, int64_t thread_id, struct str event_id,
	struct arena *arena, struct str *parent_out)
{
	struct message_event event;
	struct message_row message;
	if (event_id.n == 0)
		return STATUS_NOT_FOUND;
	enum status status = messages_event_find(a->session.db, event_id, arena, &event);
	if (status == STATUS_OK && event.thread_id != thread_id)
		return STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = messages_find(
			a->session.db, event.mailbox_id, event.message_id, arena, &message);
	if (status != STATUS_OK)
		return status;
	*parent_out = event.message_id;
	/* An agent's remark on a colleague's answer stays inside. */
	return message.outgoing ? STATUS_NOT_FOUND : STATUS_OK;
}

/* Whether the message leaves, and which mail it answers. STATUS_NOT_FOUND: it stays. */
static enum status judge(struct answers *a, const struct answer_event *event,
	const struct thread *thread, struct arena *arena, struct str *parent_out)
{
	struct message_row last;
	enum status status = find_mail(a, thread->thread_id, event->replies, arena, parent_out);
	if (status == STATUS_NOT_FOUND)
		status = find_mail(a, thread->thread_id, event->thread, arena, parent_out);
	if (status != STATUS_NOT_FOUND || !event->command)
		return status;
	*parent_out = STR_EMPTY;
	status = messages_last_received(a->session.db, thread->thread_id, arena, &last);
	if (status == STATUS_OK)
		*parent_out = last.message_id;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_event(
	const struct room_event_row *row, struct arena *arena, struct answer_event *event)
{
	const struct json *json = NULL;
	if (json_parse(arena, row->json, &json, NULL) != STATUS_OK)
		return STATUS_NOT_FOUND;
	return answer_event_read(arena, json, event);
}

/* STATUS_NOT_FOUND: it is no command. */
static enum status run_command(struct answers *a, const struct room_event_row *row,
	const struct thread *thread, struct arena *arena)
{
	const struct json *json = NULL;
	if (json_parse(arena, row->json, &json, NULL) != STATUS_OK)
		return STATUS_NOT_FOUND;
	enum status status = quarantine_command(&a->session, row, json, thread);
	if (status != STATUS_NOT_FOUND)
		return status;
	return command_run(&a->session, row, json, thread, arena);
}

/* What is written in the room of a thread that was merged belongs to the other. */
static enum status go_to_merged(struct answers *a, struct thread *thread, struct arena *arena)
{
	struct thread_state state;
	enum status status = thread_state_get(a->session.db, thread->thread_id, arena, &state);
	if (status != STATUS_OK || state.merged_into == 0)
		return status;
	return threads_get(a->session.db, state.merged_into, arena, thread);
}

/* STATUS_NOT_FOUND: the event changes nothing that was said before. */
static enum status change_mind(struct answers *a, const struct room_event_row *row,
	const struct thread *thread, struct arena *arena)
{
	const struct json *json = NULL;
	struct answer_event event;
	struct thread own = *thread;
	if (json_parse(arena, row->json, &json, NULL) != STATUS_OK)
		return STATUS_NOT_FOUND;
	bool redaction = str_eq_c(json_str(json_get(json, "type")), "m.room.redaction");
	if (!redaction &&
		(answer_event_read(arena, json, &event) != STATUS_OK || event.edits.n == 0))
		return STATUS_NOT_FOUND;
	enum status status = go_to_merged(a, &own, arena);
	if (status != STATUS_OK)
		return status;
	if (redaction)
		return second_thoughts_redact(&a->session, &own, json, clock_wall_ms());
	status = second_thoughts_edit(&a->session, &own, &event, clock_wall_ms());
	if (status == STATUS_OK)
		queue_wake(a->bridge->queue);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status handle(struct answers *a, const struct room_event_row *row, struct arena *arena)
{
	struct thread thread;
	struct answer_event event;
	struct str parent = STR_EMPTY;
	enum answer_fault fault = ANSWER_FINE;
	enum status status = guest_event(&a->session, row, arena);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = threads_by_room(a->session.db, row->room_id, arena, &thread);
	enum status commanded = STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		commanded = change_mind(a, row, &thread, arena);
	if (commanded != STATUS_NOT_FOUND)
		return commanded;
	if (status == STATUS_OK)
		commanded = run_command(a, row, &thread, arena);
	if (commanded != STATUS_NOT_FOUND)
		return commanded;
	if (status == STATUS_OK)
		status = go_to_merged(a, &thread, arena);
	if (status == STATUS_OK)
		status = read_event(row, arena, &event);
	if (status == STATUS_OK)
		status = judge(a, &event, &thread, arena, &parent);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	status = answer_mail_make(&a->session, &thread, &event, parent, clock_wall_ms(), &fault);
	if (status != STATUS_OK)
		return status;
	log_info("answer thread=%lld fault=%d", (long long)thread.thread_id, (int)fault);
	if (fault != ANSWER_FINE)
		return room_notice_fault(&a->session, row->room_id, row->event_id, fault);
	queue_wake(a->bridge->queue);
	return second_thoughts_show(&a->session, &thread, event.event_id);
}

static enum status set_done(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct room_event_row *row = arg;
	return room_event_done(tx, row->sequence);
}

static enum status set_report_told(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct outgoing_reported *r = arg;
	return outgoing_report_told(
		tx, r->recipient.mail.outgoing_id, r->recipient.address, r->report);
}

/* What another server said of a mail, to the room where it was written. STATUS_NOT_FOUND: no news.
 */
static enum status tell_report(struct answers *a, struct arena *arena)
{
	struct outgoing_reported reported;
	struct thread thread;
	enum status status = outgoing_next_report(a->session.db, arena, &reported);
	if (status == STATUS_OK)
		status = threads_get(
			a->session.db, reported.recipient.mail.thread_id, arena, &thread);
	if (status == STATUS_OK)
		status = room_notice_report(&a->session, thread.room_id, &reported);
	return status == STATUS_OK ? db_write(a->bridge->writer, set_report_told, &reported)
				   : status;
}

/* STATUS_NOT_FOUND when there is nothing to do. */
static enum status work(struct answers *a)
{
	ARENA_SCOPE(arena);
	struct outgoing_recipient recipient;
	struct room_event_row row;
	int64_t thread_id;
	if (!a->prepared)
		return prepare(a, arena);
	enum status status = outgoing_next_untold(a->session.db, arena, &recipient);
	if (status == STATUS_OK)
		return tell(a, &recipient, arena);
	if (status == STATUS_NOT_FOUND)
		status = tell_report(a, arena);
	if (status == STATUS_OK)
		return STATUS_OK;
	if (status == STATUS_NOT_FOUND)
		status = merged_tell_next(&a->session);
	if (status == STATUS_OK)
		return STATUS_OK;
	if (status == STATUS_NOT_FOUND)
		status = thread_next_unshown(a->session.db, &thread_id);
	if (status == STATUS_OK)
		return rooms_show(&a->session, thread_id);
	if (status == STATUS_NOT_FOUND)
		status = guest_step(&a->session, arena, &a->wait);
	if (status == STATUS_NOT_FOUND)
		status = room_event_next(a->session.db, arena, &row);
	else
		return status;
	if (status != STATUS_OK)
		return status;
	status = handle(a, &row, arena);
	if (may_retry(status))
		return status;
	if (status != STATUS_OK)
		log_error("an event cannot be worked off sequence=%lld: %s",
			(long long)row.sequence, status_name(status));
	return db_write(a->bridge->writer, set_done, &row);
}

/* Milliseconds to wait before the next step: 0 none, -1 until woken. */
static int64_t step(struct answers *a)
{
	enum status status = work(a);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
		a->backoff = 0;
		return status == STATUS_OK ? 0 : a->wait;
	}
	a->backoff = a->backoff == 0 ? RETRY_FIRST_MS : 2 * a->backoff;
	if (a->backoff > RETRY_MAX_MS)
		a->backoff = RETRY_MAX_MS;
	if (!atomic_load(&a->bridge->stopping))
		log_warning("the room side waits %lld ms: %s", (long long)a->backoff,
			status_name(status));
	return a->backoff;
}

static void *run(void *arg)
{
	struct answers *a = arg;
	while (!atomic_load(&a->bridge->stopping)) {
		int64_t wait = step(a);
		if (wait == 0)
			continue;
		struct pollfd poll_fd = {.fd = a->wake_fd, .events = POLLIN};
		(void)poll(&poll_fd, 1, (int)wait);
		eventfd_t woken;
		(void)eventfd_read(a->wake_fd, &woken);
	}
	return NULL;
}

enum status answers_new(struct bridge *bridge, struct answers **out)
{
	struct answers *a = MEM_NEW(struct answers);
	a->bridge = bridge;
	a->session.matrix = bridge->matrix;
	a->session.client = matrix_connect(bridge->matrix);
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status =
		a->wake_fd < 0 ? STATUS_IO : db_open(bridge->db_path, true, &a->session.db);
	if (status != STATUS_OK) {
		answers_free(&a);
		return status;
	}
	*out = a;
	return STATUS_OK;
}

void answers_start(struct answers *answers)
{
	answers->thread = thread_start("mail-answers", run, answers);
	answers->started = true;
}

void answers_end(struct answers *answers)
{
	if (answers == NULL || !answers->started)
		return;
	answers->started = false;
	answers_wake(answers);
	thread_join(answers->thread);
}

void answers_free(struct answers **answers)
{
	struct answers *a = *answers;
	if (a == NULL)
		return;
	*answers = NULL;
	matrix_client_free(&a->session.client);
	if (a->session.db != NULL)
		db_close(&a->session.db);
	fs_close(&a->wake_fd);
	free(a);
}

void answers_wake(struct answers *answers)
{
	(void)eventfd_write(answers->wake_fd, 1);
}
