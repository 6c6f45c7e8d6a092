/* SPDX-License-Identifier: Apache-2.0 */
/* What the bridge's bot says in a thread's room, in French and English, each thing once. */
#ifndef PARVIS_BRIDGE_ROOM_NOTICE_H
#define PARVIS_BRIDGE_ROOM_NOTICE_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/outbound/answer_mail.h"
#include "bridge-mail/store/outgoing.h"

/* Why an agent's message has not left. */
MUST_CHECK enum status room_notice_fault(const struct matrix_session *session, struct str room_id,
	struct str event_id, enum answer_fault fault);
/* The mail was refused, or given up. */
MUST_CHECK enum status room_notice_failed(const struct matrix_session *session, struct str room_id,
	const struct outgoing_recipient *recipient);
/* What a redaction came to: taken back in time, or too late for some, who may be written to
 * (`retracted`). */
MUST_CHECK enum status room_notice_taken_back(const struct matrix_session *session,
	struct str room_id, struct str event_id, const struct outgoing_cancelled *result,
	bool retracted);
/* Another server's report on a mail that it, or one before it, had taken. */
MUST_CHECK enum status room_notice_report(const struct matrix_session *session, struct str room_id,
	const struct outgoing_reported *reported);
/* The mail has left: a reaction to the message that it was made from. */
MUST_CHECK enum status room_notice_sent(
	const struct matrix_session *session, struct str room_id, struct str event_id);

#endif
