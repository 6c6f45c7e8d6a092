/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that are sent later (MSC4140): scheduled on disk, sent once by a thread that sleeps until
 * the next is due. An event is sent and its row closed in one change, so that a crash neither sends
 * it twice nor forgets it; what fell due while the program was down is sent when it starts.
 */
#ifndef PARVIS_HOMESERVER_DELAYED_EVENTS_H
#define PARVIS_HOMESERVER_DELAYED_EVENTS_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"
#include "homeserver/room/room_send.h"

struct delayed_events;
struct homeserver;

#define DELAYED_MAX_MS (INT64_C(24) * 3600 * 1000)

struct delayed_events *delayed_events_new(struct homeserver *hs);
/* The thread reads through a connection of its own to the database at `path`. */
MUST_CHECK enum status delayed_events_start(struct delayed_events *delayed, const char *path);
/* Ends the thread: before the writer is stopped; delayed_events_free() after that. */
void delayed_events_end(struct delayed_events *delayed);
void delayed_events_free(struct delayed_events **delayed);

/*
 * Sends the draft `delay_ms` from now. The same transaction id again gives the delay id made before.
 * Whether the sender may send it is judged when it is sent. STATUS_NOT_FOUND: no such room;
 * STATUS_INVALID and STATUS_TOO_LARGE: it can never be an event; STATUS_LIMITED: too many are
 * scheduled, and *retry_ms_out is when the first of them goes.
 */
MUST_CHECK enum status delayed_events_schedule(struct db_tx *tx, const struct event_draft *draft,
	int64_t delay_ms, struct str *delay_id_out, int64_t *retry_ms_out) REQUIRES(on_writer);

enum delayed_action { DELAYED_RESTART, DELAYED_CANCEL, DELAYED_SEND };

/*
 * Whoever knows the delay id may do it. What was done already is done. STATUS_NOT_FOUND: it is
 * unknown, or was closed in another way. A send that fails leaves it scheduled: statuses and *why
 * as room_send().
 */
MUST_CHECK enum status delayed_events_manage(struct db_tx *tx, struct str delay_id,
	enum delayed_action action, const char **why_out) REQUIRES(on_writer);

/* A room observer (homeserver.h): a state event takes the place of those that others have scheduled
 * for the same key; the sender's own stay, since calls schedule the end before the beginning. */
MUST_CHECK enum status delayed_events_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);

#endif
