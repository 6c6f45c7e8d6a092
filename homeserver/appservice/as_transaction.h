/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a transaction to an application service. */
#ifndef PARVIS_HOMESERVER_AS_TRANSACTION_H
#define PARVIS_HOMESERVER_AS_TRANSACTION_H

#include <stdint.h>

#include "common/db/db.h"
#include "homeserver/store/appservice_store.h"

struct appservice;
struct receipt;

/* Ephemeral events waiting for a transaction, as JSON texts, oldest first. */
struct as_ephemeral {
	char **items;
	size_t count;
};
/* Copies the text; past AS_EPHEMERAL_MAX the oldest goes. */
void as_ephemeral_add(struct as_ephemeral *list, struct str json);
void as_ephemeral_release(struct as_ephemeral *list);

/* Events in the form of the client-server API with a room_id. */
struct str as_typing_text(struct arena *arena, struct str room_id, const struct str_list *users);
struct str as_receipt_text(struct arena *arena, const struct receipt *receipt);

/* What goes into one transaction. */
struct as_parts {
	const struct appservice *service;
	struct appservice_positions events; /* at these stream positions */
	struct as_ephemeral ephemeral;
	struct appservice_messages messages; /* to devices of the service's users */
	struct str_list changed;	     /* users whose devices changed */
};

/* The body of PUT transactions. Whoever gets messages is told how many one-time keys are left to
 * the devices concerned, and to those of the service's own user. */
MUST_CHECK enum status as_transaction_text(
	struct db *db, struct arena *arena, const struct as_parts *parts, struct str *out);

#endif
