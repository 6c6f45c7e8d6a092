/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails that leave. A mail has one row, each recipient one of its own with a state of its own:
 * two recipients that a server puts off are two entries, and one SMTP transaction serves one.
 */
#ifndef PARVIS_BRIDGE_STORE_OUTGOING_H
#define PARVIS_BRIDGE_STORE_OUTGOING_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum outgoing_state {
	OUTGOING_QUEUED = 0,
	OUTGOING_SENDING = 1, /* the server has the mail but for its end, or all of it */
	OUTGOING_UNCLEAR = 2, /* as queued; the mail was given, the answer to it was not seen */
	OUTGOING_SENT = 3,    /* the server has said so */
	OUTGOING_FAILED = 4,  /* refused for good, or tried for too long */
};

enum outgoing_priority {
	OUTGOING_OF_PERSON = 0,	 /* somebody answers */
	OUTGOING_OF_PROGRAM = 1, /* digests and what else can wait */
	OUTGOING_PRIORITIES = 2, /* how many */
};

struct outgoing_mail {
	int64_t outgoing_id;
	int64_t thread_id;
	struct str event_id;	 /* what it was made from: one mail for each event */
	struct str message_id;	 /* without <> */
	struct str mail_from;	 /* envelope sender */
	struct str content_hash; /* store/mail_files.h */
	int64_t created_at;
	enum outgoing_priority priority; /* not filled by outgoing_by_event() */
};

/* STATUS_EXISTS when the event has its mail already. */
MUST_CHECK enum status outgoing_add(struct db_tx *tx, const struct outgoing_mail *mail,
	const struct str *recipients, size_t recipient_count, int64_t *outgoing_id_out)
	REQUIRES(on_writer);
MUST_CHECK enum status outgoing_by_event(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out);

struct outgoing_recipient {
	struct outgoing_mail mail;
	struct str address;
	enum outgoing_state state;
	int64_t attempts;
	int64_t next_try_at;
	struct str last_reply; /* of the server, or our reason; may be empty */
};

/* The queued or unclear recipient of that priority that is due first, due or not yet. Mails of one thread to one
 * address keep their order: one that waits holds those behind it. */
MUST_CHECK enum status outgoing_next(struct db *db, enum outgoing_priority priority,
	struct arena *arena, struct outgoing_recipient *out);
/* The first recipient in state SENDING: at start, what a crash left open. */
MUST_CHECK enum status outgoing_next_sending(
	struct db *db, struct arena *arena, struct outgoing_recipient *out);
/* `last_reply` may be empty. attempts grows by one on the way back to QUEUED or UNCLEAR. */
MUST_CHECK enum status outgoing_set(struct db_tx *tx, int64_t outgoing_id, struct str address,
	enum outgoing_state state, int64_t next_try_at, int64_t now, struct str last_reply)
	REQUIRES(on_writer);
/* The oldest recipient SENT or FAILED of which the room does not know yet. */
MUST_CHECK enum status outgoing_next_untold(
	struct db *db, struct arena *arena, struct outgoing_recipient *out);
MUST_CHECK enum status outgoing_set_told(struct db_tx *tx, int64_t outgoing_id, struct str address)
	REQUIRES(on_writer);
/* When the newest but `count` - 1 was sent: for the rate per hour. STATUS_NOT_FOUND when fewer
 * have been sent. */
MUST_CHECK enum status outgoing_sent_at(struct db *db, int64_t count, int64_t *at_out);

#endif
