/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as push rules look at it (push/conditions.h), with the state of its room looked up when a
 * condition asks: on the writer's thread, after the event's own state has been applied.
 */
#ifndef PARVIS_HOMESERVER_PUSH_EVENT_H
#define PARVIS_HOMESERVER_PUSH_EVENT_H

#include "common/db/db_writer.h"
#include "homeserver/push/conditions.h"
#include "homeserver/room/event.h"
#include "homeserver/room/power.h"

struct push_event {
	struct condition_event judged;
	struct db_tx *tx;
	const struct event *event;
	struct power power;
	bool has_power;
	enum status status; /* of look-ups that failed: to be looked at after each judgement */
};

/* member_count: joined members. Borrows the change and the event. */
void push_event_init(
	struct push_event *out, struct db_tx *tx, const struct event *event, int64_t member_count);

#endif
