/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as rows. The key of an event is its stream position; the JSON is stored once, canonical.
 * Most readers want room/room_events.h, which gives struct event.
 */
#ifndef PARVIS_HOMESERVER_EVENT_STORE_H
#define PARVIS_HOMESERVER_EVENT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct event_row {
	int64_t position;
	struct str event_id;
	struct str room_id;
	struct str room_version;
	struct str redacted_by; /* event id of the redaction that was applied; p == NULL: none */
	struct str json;	/* the PDU, canonical; pruned when redacted */
};

struct event_rows {
	struct event_row *items;
	size_t count;
};

/* What a new event's row needs besides. */
struct event_insert {
	int64_t room_key;
	int64_t position;
	struct str event_id;
	struct str type;
	struct str state_key; /* p == NULL: none */
	struct str sender;
	int64_t origin_server_ts;
	int64_t depth;
	struct str json;
};

MUST_CHECK enum status event_store_find(
	struct db *db, struct arena *arena, struct str event_id, struct event_row *out);
MUST_CHECK enum status event_store_at(
	struct db *db, struct arena *arena, int64_t position, struct event_row *out);

/* Events of a room with after < position <= upto, at most `limit`; `backward`: newest first. */
struct event_range {
	struct str room_id;
	int64_t after;
	int64_t upto; /* INT64_MAX: no end */
	bool backward;
	size_t limit;
};
MUST_CHECK enum status event_store_range(struct db *db, struct arena *arena,
	const struct event_range *range, struct event_rows *out);

/* Events of a room by their origin_server_ts, behind the cursor or before it, nearest first. */
struct event_time_cursor {
	int64_t ts;
	int64_t position;
};
MUST_CHECK enum status event_store_by_time(struct db *db, struct arena *arena, struct str room_id,
	struct event_time_cursor from, bool forward, size_t limit, struct event_rows *out);

/* STATUS_EXISTS when the event is there already. */
MUST_CHECK enum status event_store_add(struct db_tx *tx, const struct event_insert *event)
	REQUIRES(on_writer);
/* Puts the pruned form in the place of the JSON. */
MUST_CHECK enum status event_store_redact(struct db_tx *tx, int64_t position,
	int64_t redaction_position, struct str pruned_json) REQUIRES(on_writer);

/*
 * Transaction ids. `scope` names user, device, room, type and transaction, and is kept as a hash;
 * device and txn_id are kept for unsigned.transaction_id of the device that sent.
 */
struct event_txn {
	struct str scope;
	struct str device_id;
	struct str txn_id;
};
#define EVENT_TXN_KEEP_MS (INT64_C(7) * 24 * 3600 * 1000)

/* Position of the event that this transaction made, or STATUS_NOT_FOUND. */
MUST_CHECK enum status event_txn_find(struct db *db, struct str scope, int64_t *position_out);
/* Also drops a few entries older than EVENT_TXN_KEEP_MS, so that the table stays small. */
MUST_CHECK enum status event_txn_add(struct db_tx *tx, const struct event_txn *txn,
	int64_t position, int64_t now) REQUIRES(on_writer);
/* The transaction id under which the device sent the event; STATUS_NOT_FOUND when it did not. */
MUST_CHECK enum status event_txn_of(struct db *db, struct arena *arena, int64_t position,
	struct str device_id, struct str *txn_id_out);

#endif
