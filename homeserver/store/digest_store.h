/* SPDX-License-Identifier: Apache-2.0 */
/* What the lists of sliding sync look at in each room, kept in step by sync/sliding_digest.h. */
#ifndef PARVIS_HOMESERVER_DIGEST_STORE_H
#define PARVIS_HOMESERVER_DIGEST_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db_writer.h"

/* The first of them makes the room's row. An unknown room changes nothing. */
MUST_CHECK enum status digest_store_set_bump(struct db_tx *tx, struct str room_id, int64_t position)
	REQUIRES(on_writer);
MUST_CHECK enum status digest_store_set_encrypted(
	struct db_tx *tx, struct str room_id, bool encrypted) REQUIRES(on_writer);
/* p == NULL: none. */
MUST_CHECK enum status digest_store_set_type(struct db_tx *tx, struct str room_id, struct str type)
	REQUIRES(on_writer);
MUST_CHECK enum status digest_store_set_name(struct db_tx *tx, struct str room_id, struct str name)
	REQUIRES(on_writer);

#endif
