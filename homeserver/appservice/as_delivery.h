/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions to application services (application-service API, "Pushing events"). What happens
 * in the writer is queued in rows of the same change; a thread for each service takes it from
 * there, in order, one transaction at a time, and tries for ever. Typing and receipts go along from
 * memory for services that want them, and are lost when the program ends.
 */
#ifndef PARVIS_HOMESERVER_AS_DELIVERY_H
#define PARVIS_HOMESERVER_AS_DELIVERY_H

#include "common/db/db_writer.h"

struct appservice;
struct as_delivery;
struct event;
struct homeserver;
struct receipt;
struct str_list;

#define AS_TRANSACTION_EVENTS 100  /* in one transaction */
#define AS_EPHEMERAL_MAX      200  /* waiting for one service; the oldest goes */
#define AS_RETRY_FIRST_MS     1000 /* doubled with each failure */
#define AS_RETRY_MAX_MS	      (5 * 60 * 1000)

struct as_delivery *as_delivery_new(struct homeserver *hs);
/* Threads read through connections of their own to the database at `path`. */
MUST_CHECK enum status as_delivery_start(struct as_delivery *delivery, const char *path);
/* Ends the threads: before the writer is stopped; as_delivery_free() after that. */
void as_delivery_end(struct as_delivery *delivery);
void as_delivery_free(struct as_delivery **delivery);

/* A room observer (homeserver.h). */
MUST_CHECK enum status as_delivery_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);
/* A typing observer (sync/typing.h). */
void as_delivery_on_typing(struct db_tx *tx, struct str room_id, const struct str_list *users)
	REQUIRES(on_writer);
void as_delivery_on_receipt(struct db_tx *tx, const struct receipt *receipt) REQUIRES(on_writer);

/* For services that receive ephemeral events and share a room with the user, or own them. `event`:
 * JSON text of m.presence. */
bool as_delivery_wants_presence(const struct db_tx *tx) REQUIRES(on_writer);
MUST_CHECK enum status as_delivery_on_presence(
	struct db_tx *tx, struct str user_id, struct str event) REQUIRES(on_writer);
/* A message was put into the inbox of one of the user's devices (store/to_device_store.h). */
MUST_CHECK enum status as_delivery_on_to_device(
	struct db_tx *tx, struct str user_id, int64_t position) REQUIRES(on_writer);
/* The user's devices or keys changed; `neighbours` share a room with them. */
MUST_CHECK enum status as_delivery_on_devices(struct db_tx *tx, struct str user_id,
	const struct str_list *neighbours) REQUIRES(on_writer);

/* The service was heard of: try now, whatever the delay. Any thread. */
void as_delivery_hurry(struct as_delivery *delivery, const struct appservice *appservice);

/* Places for calls that make a worker wait for a service: half of the workers at most, so that the
 * service can be served meanwhile. false: none is free. Any thread. */
bool as_delivery_enter(struct as_delivery *delivery);
void as_delivery_leave(struct as_delivery *delivery);

#endif
