/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that were carried out, each in one change with what it changed: the event that gave it
 * is never carried out again, and its answer stays the same. */
#ifndef PARVIS_BRIDGE_STORE_COMMANDS_H
#define PARVIS_BRIDGE_STORE_COMMANDS_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct command_row {
	struct str event_id;
	int64_t thread_id;
	int kind;	 /* enum command_kind */
	int outcome;	 /* enum command_outcome */
	int64_t other;	 /* thread or mailbox, or 0 */
	struct str text; /* whom or what; may be empty */
	int64_t at;
};

/* STATUS_EXISTS when the event was carried out before. */
MUST_CHECK enum status command_put(struct db_tx *tx, const struct command_row *row)
	REQUIRES(on_writer);
MUST_CHECK enum status command_get(
	struct db *db, struct str event_id, struct arena *arena, struct command_row *out);
MUST_CHECK enum status commands_prune(struct db_tx *tx, int64_t before) REQUIRES(on_writer);

#endif
