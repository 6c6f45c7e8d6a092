/* SPDX-License-Identifier: Apache-2.0 */
/* Moving read receipts and the fully-read marker, inside a change. */
#ifndef PARVIS_HOMESERVER_RECEIPTS_H
#define PARVIS_HOMESERVER_RECEIPTS_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"
#include "homeserver/store/receipt_store.h"

/*
 * The user has read up to the event. Stores it with a position, lowers the unread counts, wakes the
 * room (a private one only the user) and tells application services. Nothing happens when the
 * receipt that is there stands at the event or behind it. thread_id: empty for none.
 */
MUST_CHECK enum status receipt_move(struct db_tx *tx, struct str user_id, const struct event *event,
	struct str type, struct str thread_id, int64_t now) REQUIRES(on_writer);

/* m.fully_read, which never goes back either. */
MUST_CHECK enum status read_marker_move(
	struct db_tx *tx, struct str user_id, const struct event *event) REQUIRES(on_writer);

#endif
