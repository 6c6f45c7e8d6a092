/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions, and who waits for them.
 *
 * There is one counter for everything a sync can tell: events, receipts, account data, to-device
 * messages, device lists. A row that a sync may tell carries the position it was given inside the
 * writer; because one writer gives them in order and commits in order, "everything after P" is
 * complete as soon as the committed position has passed P. A sync token is one number
 * (stream/stream_token.h).
 *
 * The position of the last row is itself a row (store/stream_store.h), so a reader's snapshot
 * knows its own position exactly. Typing is in memory only and draws from the same counter without
 * touching the disk: positions are reserved in blocks, and a restart goes on behind the block.
 */
#ifndef PARVIS_HOMESERVER_STREAMS_H
#define PARVIS_HOMESERVER_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/db/db_writer.h"
#include "common/http/server.h"

struct streams;

/* Reads where the last run stopped. STATUS_IO when the database cannot say. Before the writer
 * starts its first change. */
MUST_CHECK enum status streams_new(struct db *db, struct streams **out);
void streams_free(struct streams **streams);
/* Waiters are woken through this server; set once it runs. */
void streams_set_http(struct streams *streams, struct http_server *http);
/* In place of a server, for tests: `wake` is called without any lock held. */
void streams_set_wake(struct streams *streams,
	void (*wake)(void *context, struct http_ticket ticket), void *context);

/* The next position, for a row of this change. Rolled-back changes leave holes; that is fine. */
int64_t stream_next(struct db_tx *tx) REQUIRES(on_writer);
/* A position for something that is kept in memory only. It must be in its place (under a lock of
 * its own) before the change returns. Costs no write to the disk. */
int64_t stream_next_volatile(struct db_tx *tx) REQUIRES(on_writer);
/*
 * Once this change is durable, wake those who wait for the user / for the room. A change of
 * membership touches the room and the user whose membership it is: that user's parked syncs do
 * not know the room yet. Several touches of one change wake once.
 */
void stream_touch_user(struct db_tx *tx, struct str user_id) REQUIRES(on_writer);
void stream_touch_room(struct db_tx *tx, struct str room_id) REQUIRES(on_writer);

/* This change touches who shares rooms with whom, or somebody's devices or keys; called with its
 * position taken. */
void stream_note_people(struct db_tx *tx) REQUIRES(on_writer);
/* Whether any change after the position did, as far as a view begun before can tell: false spares
 * looking for them. Any thread. */
bool stream_people_changed(const struct streams *streams, int64_t after);

/* The greatest position whose change is durable. Any thread. */
int64_t stream_current(const struct streams *streams);
/*
 * Begins one consistent view of the reader's database (end it with db_snapshot_end) and tells its
 * position: everything up to it is in the view and nothing behind it is, so "changed since P" needs
 * no upper bound and *position_out is the next token.
 */
MUST_CHECK enum status stream_snapshot_begin(
	struct streams *streams, struct db *db, int64_t *position_out);

/*
 * Waiting, without lost wake-ups. A sync that found nothing between `since` and `seen` registers
 * its ticket; false means that something touched it after `seen`, so it must look again at once.
 * Registration ends with the first wake, with stream_forget(), or when the ticket's slot registers
 * again.
 */
struct stream_wait {
	struct str user_id;
	const struct str *rooms; /* whose touches wake it; copied */
	size_t room_count;
	int64_t seen;
	struct http_ticket ticket;
};
bool stream_wait(struct streams *streams, const struct stream_wait *wait);
void stream_forget(struct streams *streams, struct http_ticket ticket);
/* Tickets waiting, for metrics and tests. */
size_t stream_waiting(struct streams *streams);

#endif
