/* SPDX-License-Identifier: Apache-2.0 */
/* The mailboxes of the configuration as rows, with the spaces made for them. */
#ifndef PARVIS_BRIDGE_STORE_MAILBOXES_H
#define PARVIS_BRIDGE_STORE_MAILBOXES_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct mailbox_row {
	int64_t mailbox_id;
	struct str address; /* lower case */
	struct str name;
	struct str space_id; /* {NULL, 0} until made */
};

/* Makes or renames the row of an address (lower case). */
MUST_CHECK enum status mailboxes_put(
	struct db_tx *tx, struct str address, struct str name, int64_t *id_out) REQUIRES(on_writer);
MUST_CHECK enum status mailboxes_set_space(
	struct db_tx *tx, int64_t mailbox_id, struct str space_id) REQUIRES(on_writer);

MUST_CHECK enum status mailboxes_get(
	struct db *db, int64_t mailbox_id, struct arena *arena, struct mailbox_row *out);
/* By address, any case. */
MUST_CHECK enum status mailboxes_find(
	struct db *db, struct str address, struct arena *arena, struct mailbox_row *out);
MUST_CHECK enum status mailboxes_by_space(
	struct db *db, struct str space_id, struct arena *arena, struct mailbox_row *out);

#endif
