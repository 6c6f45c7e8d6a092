/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message-IDs that a mailbox knows: of mails that came, of mails of ours that left, and of
 * parents that were only named so far (ghost ids, seen == false). And which event is which mail.
 */
#ifndef PARVIS_BRIDGE_STORE_MESSAGES_H
#define PARVIS_BRIDGE_STORE_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define MESSAGE_ID_MAX	 512   /* bytes without <> */
#define MESSAGE_REFS_MAX 20000 /* bytes */

struct message_row {
	int64_t mailbox_id;
	struct str message_id; /* without <> */
	int64_t thread_id;
	bool seen;
	bool outgoing;	   /* ours */
	struct str sender; /* address; empty when not seen */
	struct str refs;   /* its References, oldest first, ids without <>, one space between */
	int64_t at;
};

/* Adds; a ghost id becomes seen and keeps its thread; what was seen stays as it was. */
MUST_CHECK enum status messages_put(struct db_tx *tx, const struct message_row *row)
	REQUIRES(on_writer);
MUST_CHECK enum status messages_find(struct db *db, int64_t mailbox_id, struct str message_id,
	struct arena *arena, struct message_row *out);
/* The newest seen message of the thread that is not ours; what an answer without a reply
 * relation answers. */
MUST_CHECK enum status messages_last_received(
	struct db *db, int64_t thread_id, struct arena *arena, struct message_row *out);
/* The newest seen message of the thread, ours or not. */
MUST_CHECK enum status messages_last(
	struct db *db, int64_t thread_id, struct arena *arena, struct message_row *out);

struct message_event {
	struct str event_id;
	struct str room_id;
	int64_t thread_id;
	int64_t mailbox_id;
	struct str message_id;
	int64_t part; /* 0: the text; others: attachments */
};

/* Fine when it is there already. */
MUST_CHECK enum status messages_event_put(struct db_tx *tx, const struct message_event *event)
	REQUIRES(on_writer);
MUST_CHECK enum status messages_event_find(
	struct db *db, struct str event_id, struct arena *arena, struct message_event *out);
/* The text event of a message. */
MUST_CHECK enum status messages_event_of(struct db *db, int64_t mailbox_id, struct str message_id,
	struct arena *arena, struct message_event *out);

#endif
