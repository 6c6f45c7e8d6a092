/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of rooms' current state that the auth rules ask for with every event, read and parsed
 * once. Belongs to the writer's thread.
 *
 * Only what is durable is kept: in a batch of changes that has touched a room's state, that room is
 * read from the database, so nothing has to be taken back when a change or its commit fails.
 */
#ifndef PARVIS_HOMESERVER_AUTH_CACHE_H
#define PARVIS_HOMESERVER_AUTH_CACHE_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

struct auth_cache;

struct auth_cache *auth_cache_new(void);
void auth_cache_free(struct auth_cache **cache);

/* As room_state_find() at STATE_NOW: *out is NULL when the key has no value. The event lives until
 * the change ends. */
MUST_CHECK enum status auth_cache_find(struct db_tx *tx, struct str room_id, struct str type,
	struct str state_key, const struct event **out) REQUIRES(on_writer);

/* To be called by whoever changes a room's state, or an event that may be part of it. */
void auth_cache_forget(struct db_tx *tx, struct str room_id) REQUIRES(on_writer);

#endif
