/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which application services want to hear of a room or an event (application-service API,
 * "Registration": namespaces). Answers are sets of services, bit i for appservices_at(i); services
 * without a URL are in none. On the writer's thread, where rooms change.
 */
#ifndef PARVIS_HOMESERVER_AS_INTEREST_H
#define PARVIS_HOMESERVER_AS_INTEREST_H

#include <stdint.h>

#include "common/db/db_writer.h"

struct appservices;
struct as_interest;
struct event;

struct as_interest *as_interest_new(const struct appservices *appservices);
void as_interest_free(struct as_interest **interest);

/* By the room's id, its aliases, or a user of the service among its joined members. */
MUST_CHECK enum status as_interest_room(struct as_interest *interest, struct db_tx *tx,
	struct str room_id, uint64_t *services_out) REQUIRES(on_writer);
/* By the room, the sender, or the member whom the event is about. The event's state has been
 * applied. */
MUST_CHECK enum status as_interest_event(struct as_interest *interest, struct db_tx *tx,
	const struct event *event, uint64_t *services_out) REQUIRES(on_writer);
/* Services that the user belongs to. */
uint64_t as_interest_user(const struct as_interest *interest, struct str user_id);

#endif
