/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits and redactions of messages that leave by mail. Before the mail has left, an edit changes it
 * and a redaction takes it back. After that an edit sends a correction, and a redaction is answered
 * with the truth: it has left (with bridge_mail.retractions a mail says so to those who have it).
 *
 * On the answers' thread. Statuses as in matrix/client.h, and STATUS_IO; again for the same event:
 * nothing is done twice.
 */
#ifndef PARVIS_BRIDGE_SECOND_THOUGHTS_H
#define PARVIS_BRIDGE_SECOND_THOUGHTS_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/outbound/answer_mail.h"

/* STATUS_NOT_FOUND: no mail was made of what it edits. */
MUST_CHECK enum status second_thoughts_edit(const struct matrix_session *session,
	const struct thread *thread, const struct answer_event *edit, int64_t now);
/* `event` is the m.room.redaction. */
MUST_CHECK enum status second_thoughts_redact(const struct matrix_session *session,
	const struct thread *thread, const struct json *event, int64_t now);
/* The message's mail waits: the room sees so, while it does. */
MUST_CHECK enum status second_thoughts_show(
	const struct matrix_session *session, const struct thread *thread, struct str event_id);
/* A recipient has been served, or never will be: the room sees no waiting any more once that is
 * true of all. */
MUST_CHECK enum status second_thoughts_hide(const struct matrix_session *session,
	const struct thread *thread, const struct outgoing_mail *mail);

#endif
