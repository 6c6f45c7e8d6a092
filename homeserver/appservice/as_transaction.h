/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a transaction to an application service. */
#ifndef PARVIS_HOMESERVER_AS_TRANSACTION_H
#define PARVIS_HOMESERVER_AS_TRANSACTION_H

#include <stdint.h>

#include "common/db/db.h"

struct receipt;
struct str_list;

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

/* The body of PUT transactions: the events at these stream positions and the ephemeral ones. */
MUST_CHECK enum status as_transaction_text(struct db *db, struct arena *arena,
	const int64_t *positions, size_t count, const struct as_ephemeral *ephemeral,
	struct str *out);

#endif
