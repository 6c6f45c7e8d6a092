/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions, and who waits for them.
 *
 * There is one counter for everything a sync can tell: events, receipts, account data, to-device
 * messages, device lists. A row that a sync may tell carries the position it was given inside the
 * writer; because one writer gives them in order and commits in order, "everything after P" is
 * complete as soon as the committed position has passed P. A sync token is one number.
 *
 * Typing is in memory only and draws from the same counter (stream_take) without a row.
 */
#ifndef PARVIS_HOMESERVER_STREAMS_H
#define PARVIS_HOMESERVER_STREAMS_H

#include <stdint.h>

#include "common/base/str.h"
#include "common/db/db_writer.h"
#include "common/http/server.h"

struct streams;

/* first: the greatest position in the database. */
struct streams *streams_new(int64_t first);
void streams_free(struct streams **streams);
/* Waiters are woken through this server; set once it runs. */
void streams_set_http(struct streams *streams, struct http_server *http);

/* The next position, for a row of this change. Rolled-back changes leave holes; that is fine. */
int64_t stream_next(struct db_tx *tx) REQUIRES(on_writer);
/* Once this change is durable, wake those who wait for the user / for anybody joined to or
 * invited into the room. Several touches of one change wake once. */
void stream_touch_user(struct db_tx *tx, struct str user_id) REQUIRES(on_writer);
void stream_touch_room(struct db_tx *tx, struct str room_id) REQUIRES(on_writer);

/* The greatest position whose change is durable. Any thread. */
int64_t stream_current(const struct streams *streams);
/* A position for something that is not stored, visible at once; wakes the room's waiters. Goes
 * through the writer so that it never overtakes a change under way. */
int64_t stream_take_for_room(struct streams *streams, struct db_writer *writer, struct str room_id);

/*
 * Waiting, without lost wake-ups. A sync that found nothing between `since` and `seen` registers
 * its ticket; false means that something touched it after `seen`, so it must look again at once.
 * Registration ends with the first wake, or with stream_forget().
 */
struct stream_wait {
	struct str user_id;
	const struct str *rooms; /* whose touches wake it */
	size_t room_count;
	int64_t seen;
	struct http_ticket ticket;
};
bool stream_wait(struct streams *streams, const struct stream_wait *wait);
void stream_forget(struct streams *streams, struct http_ticket ticket);

#endif
