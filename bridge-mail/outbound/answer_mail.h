/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an agent's message that leaves to a mail on disk and its rows, in one change: the mail, its
 * recipients, the id by which answers to it find the room, and which event it was made from.
 */
#ifndef PARVIS_BRIDGE_ANSWER_MAIL_H
#define PARVIS_BRIDGE_ANSWER_MAIL_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/outbound/answer_event.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/store/threads.h"

#define ANSWER_MAX_FILE ((size_t)15 * 1024 * 1024) /* bytes of an attachment */

enum answer_fault {
	ANSWER_FINE,
	ANSWER_EMPTY,	     /* nothing to send */
	ANSWER_NO_RECIPIENT, /* nobody in the thread can be written to */
	ANSWER_FILE_TOO_LARGE,
	ANSWER_FILE_GONE, /* the homeserver will not give the file */
	ANSWER_TOO_LARGE,
};

/* `parent` is the Message-ID of the mail that it answers, or empty. A fault is for the agent to
 * know and ends the matter; a status other than STATUS_OK means later. Again for the same event:
 * nothing is made twice. */
MUST_CHECK enum status answer_mail_make(const struct matrix_session *session,
	const struct thread *thread, const struct answer_event *event, struct str parent,
	int64_t now, enum answer_fault *fault_out);

/* What became of a change of mind. */
enum answer_change {
	ANSWER_UNCHANGED, /* nothing to do: no mail was made of it, or it says the same */
	ANSWER_REPLACED,  /* the mail had not left and says the new thing now */
	ANSWER_CORRECTED, /* it had left: a correction goes after it */
};

/* `edit` puts a new text in the place of what `original` was made from. Several edits make one
 * correction as long as that has not left. Statuses and faults as above. */
MUST_CHECK enum status answer_mail_edit(const struct matrix_session *session,
	const struct thread *thread, const struct answer_event *edit,
	const struct outgoing_mail *original, int64_t now, enum answer_fault *fault_out,
	enum answer_change *change_out);
/* A mail that takes back what has left; `redaction` has its own event_id and sender. */
MUST_CHECK enum status answer_mail_retract(const struct matrix_session *session,
	const struct thread *thread, const struct answer_event *redaction,
	const struct outgoing_mail *original, int64_t now, enum answer_fault *fault_out);

#endif
