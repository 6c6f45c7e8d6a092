/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/second_thoughts.h"

#include "bridge-mail/outbound/room_mark.h"
#include "bridge-mail/outbound/room_notice.h"
#include "bridge-mail/store/file_links.h"
#include "bridge-mail/store/outgoing.h"
#include "common/matrix/ids.h"

#define LOG_MODULE "outbound"
#include "common/base/log.h"

/* The message that a person sees: what a correction corrects, else what the mail was made from. */
static struct str shown_event(const struct outgoing_mail *mail)
{
	return mail->corrects.n > 0 ? mail->corrects : mail->event_id;
}

static enum status show(const struct matrix_session *s, const struct thread *thread,
	const struct outgoing_mail *mail)
{
	int64_t open = 0;
	enum status status = outgoing_open_count(s->db, mail->outgoing_id, &open);
	if (status != STATUS_OK || open == 0 || !mail->held)
		return status;
	return room_mark_put(s, thread->room_id, shown_event(mail), MARK_WAITING);
}

enum status second_thoughts_show(
	const struct matrix_session *s, const struct thread *thread, struct str event_id)
{
	ARENA_SCOPE(arena);
	struct outgoing_mail mail;
	enum status status = outgoing_by_event(s->db, event_id, arena, &mail);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	return show(s, thread, &mail);
}

enum status second_thoughts_hide(const struct matrix_session *s, const struct thread *thread,
	const struct outgoing_mail *mail)
{
	int64_t open = 0;
	if (!mail->held)
		return STATUS_OK;
	enum status status = outgoing_open_count(s->db, mail->outgoing_id, &open);
	if (status != STATUS_OK || open > 0)
		return status;
	return room_mark_remove(s, thread->room_id, shown_event(mail), MARK_WAITING);
}

enum status second_thoughts_edit(const struct matrix_session *s, const struct thread *thread,
	const struct answer_event *edit, int64_t now)
{
	ARENA_SCOPE(arena);
	struct outgoing_mail original, correction;
	enum answer_fault fault = ANSWER_FINE;
	enum answer_change change = ANSWER_UNCHANGED;
	enum status status = outgoing_by_event(s->db, edit->edits, arena, &original);
	if (status != STATUS_OK)
		return status;
	if (original.thread_id != thread->thread_id)
		return STATUS_NOT_FOUND;
	status = answer_mail_edit(s, thread, edit, &original, now, &fault, &change);
	if (status != STATUS_OK)
		return status;
	log_info("edit thread=%lld outgoing=%lld change=%d fault=%d", (long long)thread->thread_id,
		(long long)original.outgoing_id, (int)change, (int)fault);
	if (fault != ANSWER_FINE)
		return room_notice_fault(s, thread->room_id, edit->event_id, fault);
	if (change != ANSWER_CORRECTED)
		return STATUS_OK;
	status = outgoing_open_correction(s->db, original.event_id, arena, &correction);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	return show(s, thread, &correction);
}

struct taking_back {
	const struct outgoing_mail *mail;
	int64_t now;
	struct outgoing_cancelled result;
};

/* The mail, the corrections that wait behind it, and the links to its file. */
static enum status take_back(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct taking_back *t = arg;
	enum status status = outgoing_cancel(tx, t->mail->outgoing_id, t->now, &t->result);
	if (status == STATUS_OK)
		status = file_links_revoke(tx, t->mail->event_id);
	while (status == STATUS_OK) {
		struct outgoing_mail correction;
		struct outgoing_cancelled unused;
		status =
			outgoing_open_correction(tx->db, t->mail->event_id, tx->arena, &correction);
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = outgoing_cancel(tx, correction.outgoing_id, t->now, &unused);
		if (status == STATUS_OK)
			status = file_links_revoke(tx, correction.event_id);
	}
	return status;
}

static struct answer_event redaction_of(const struct json *event)
{
	return (struct answer_event){
		.event_id = json_str(json_get(event, "event_id")),
		.sender = json_str(json_get(event, "sender")),
		.at = json_int(json_get(event, "origin_server_ts"), 0),
	};
}

/* Room versions before 11 have it beside the content. */
static struct str redacted_event(const struct json *event)
{
	struct str id = json_str(json_path(event, "content", "redacts", NULL));
	if (id.n == 0)
		id = json_str(json_get(event, "redacts"));
	return event_id_ok(id) ? id : STR_EMPTY;
}

enum status second_thoughts_redact(const struct matrix_session *s, const struct thread *thread,
	const struct json *event, int64_t now)
{
	ARENA_SCOPE(arena);
	struct outgoing_mail mail;
	enum answer_fault fault = ANSWER_FINE;
	bool retract = s->matrix->bridge->config->bridge_mail.retractions;
	struct str redacted = redacted_event(event);
	enum status status = redacted.n == 0 ? STATUS_NOT_FOUND
					     : outgoing_by_event(s->db, redacted, arena, &mail);
	if (status != STATUS_OK || mail.thread_id != thread->thread_id)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	struct taking_back taking = {.mail = &mail, .now = now};
	status = db_write(s->matrix->bridge->writer, take_back, &taking);
	if (status != STATUS_OK)
		return status;
	log_info("redaction thread=%lld outgoing=%lld cancelled=%lld left=%lld",
		(long long)thread->thread_id, (long long)mail.outgoing_id,
		(long long)taking.result.cancelled, (long long)taking.result.left);
	struct answer_event redaction = redaction_of(event);
	retract = retract && taking.result.left > 0;
	if (retract)
		status = answer_mail_retract(s, thread, &redaction, &mail, now, &fault);
	if (status == STATUS_OK)
		status = second_thoughts_hide(s, thread, &mail);
	if (status == STATUS_OK)
		status = room_notice_taken_back(
			s, thread->room_id, redacted, &taking.result, retract);
	return status;
}
