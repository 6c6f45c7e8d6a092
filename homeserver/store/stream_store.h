/* SPDX-License-Identifier: Apache-2.0 */
/* The stream position of the last row, kept with the rows themselves. See stream/streams.h. */
#ifndef PARVIS_HOMESERVER_STREAM_STORE_H
#define PARVIS_HOMESERVER_STREAM_STORE_H

#include <stdint.h>

#include "common/db/db_writer.h"

/* `reserved`: no position above it has ever been given out. */
MUST_CHECK enum status stream_store_get(
	struct db *db, int64_t *position_out, int64_t *reserved_out);
MUST_CHECK enum status stream_store_put(struct db_tx *tx, int64_t position, int64_t reserved)
	REQUIRES(on_writer);

#endif
