/* SPDX-License-Identifier: Apache-2.0 */
/* Events that relate to others (client-server API, "Forming relationships between events"). */
#ifndef PARVIS_HOMESERVER_RELATIONS_H
#define PARVIS_HOMESERVER_RELATIONS_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

/* What the content says: p == NULL where it says nothing that counts. */
struct relation_claim {
	struct str rel_type;
	struct str event_id;
};
struct relation_claim relation_claim(const struct event *event);

/* Keeps the relation of an event that was accepted, when its parent is in the same room. */
MUST_CHECK enum status relation_record(
	struct db_tx *tx, int64_t room_key, const struct event *event) REQUIRES(on_writer);

/*
 * Whether a user may send it: STATUS_EXISTS for the same annotation twice, STATUS_INVALID for a
 * thread on an event that relates to another. *why_out gets a sentence.
 */
MUST_CHECK enum status relation_check(
	struct db *db, struct arena *arena, const struct event *event, const char **why_out);

#endif
