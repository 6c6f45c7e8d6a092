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
/* The mail has left: a reaction to the message that it was made from. */
MUST_CHECK enum status room_notice_sent(
	const struct matrix_session *session, struct str room_id, struct str event_id);

#endif
