/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that are chosen for what a mail is, not for what it answers: one for each list, and the
 * one in which mails are set aside. Also: threads that turn out to be one. On the writer. */
#ifndef PARVIS_BRIDGE_SPECIAL_THREADS_H
#define PARVIS_BRIDGE_SPECIAL_THREADS_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/received.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/thread/choose.h"

/* The thread of the list that the mail came by, made when there is none yet. STATUS_NOT_FOUND: it
 * came by none. */
MUST_CHECK enum status special_list_thread(struct db_tx *tx, const struct mail *mail,
	const struct delivery *delivery, struct thread *out) REQUIRES(on_writer);

/* Whether the mail is to be set aside, and why: QUARANTINE_NONE asks what the mail says. The thread is
 * made when there is none yet. STATUS_NOT_FOUND: it is to go on. */
MUST_CHECK enum status special_set_aside(struct db_tx *tx, const struct mail *mail,
	const struct delivery *delivery, enum quarantine_reason reason, struct str detail,
	struct thread *out) REQUIRES(on_writer);

/* Merges what the mail shows to belong together: the younger into the older. *thread becomes what
 * is left of it; *merged_out says whether rooms have to be told. */
MUST_CHECK enum status special_join(struct db_tx *tx, const struct choose_query *query,
	struct thread *thread, bool *merged_out) REQUIRES(on_writer);

#endif
