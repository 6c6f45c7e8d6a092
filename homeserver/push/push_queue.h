/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes a notification (specification, "Push Notifications"): a room observer that judges
 * each event for those who have pushers and queues a row for each of these, in the change that
 * stores the event. What is read before it is sent leaves the queue. Sending: push_delivery.h.
 */
#ifndef PARVIS_HOMESERVER_PUSH_QUEUE_H
#define PARVIS_HOMESERVER_PUSH_QUEUE_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

/* For homeserver.observers, behind unread_on_event(). */
MUST_CHECK enum status push_queue_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);

/* A receipt of the user moved: arguments as unread_read() in push/unread.h. */
MUST_CHECK enum status push_queue_on_read(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t event_position) REQUIRES(on_writer);

#endif
