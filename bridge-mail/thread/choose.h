/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which thread a mail belongs to. In this order:
 *
 *	1  one of our own Message-IDs, with a good MAC, in In-Reply-To or References
 *	2  a mail that came earlier has named this one's Message-ID
 *	3  a known id in In-Reply-To
 *	4  the newest known id in References, when the base subject is the thread's
 *	5  the first 22 bytes of Thread-Index (Outlook)
 *	6  a reply prefix, the same base subject, a participant in common, 30 days at most
 *	7  none: a new thread
 *
 * A thread is one mailbox's: ids and tokens of another mailbox count for nothing.
 */
#ifndef PARVIS_BRIDGE_CHOOSE_H
#define PARVIS_BRIDGE_CHOOSE_H

#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/thread/subject.h"

#define CHOOSE_SUBJECT_DAYS 30

enum choose_reason {
	CHOSEN_NEW,
	CHOSEN_BY_TOKEN,
	CHOSEN_BY_GHOST,
	CHOSEN_BY_REPLY,
	CHOSEN_BY_REFERENCE,
	CHOSEN_BY_INDEX,
	CHOSEN_BY_SUBJECT,
};

struct choose_query {
	const struct mail *mail;
	const struct subject *subject; /* of mail->subject */
	int64_t mailbox_id;
	struct str secret;
	int64_t now; /* when the mail came, ms */
};

/* *thread_out is set unless the reason is CHOSEN_NEW. */
MUST_CHECK enum status choose_thread(struct db *db, const struct choose_query *query,
	struct arena *arena, enum choose_reason *reason_out, struct thread *thread_out);
const char *choose_reason_name(enum choose_reason reason);

#endif
