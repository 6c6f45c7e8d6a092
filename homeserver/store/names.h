/* SPDX-License-Identifier: Apache-2.0 */
/* The small numbers under which event types, state keys and user ids are stored. Store only. */
#ifndef PARVIS_HOMESERVER_NAMES_H
#define PARVIS_HOMESERVER_NAMES_H

#include "common/db/db_writer.h"

/* The number of the name, given to it now if it had none. */
MUST_CHECK enum status names_put(struct db_tx *tx, struct str name, int64_t *id_out)
	REQUIRES(on_writer);

/* A name's number inside a statement; NULL when it has none, which equals nothing. */
#define NAME_ID(parameter) "(SELECT id FROM names WHERE name = " parameter ")"

#endif
