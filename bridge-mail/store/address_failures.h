/* SPDX-License-Identifier: Apache-2.0 */
/* How often mail to an address has come back for good since somebody there last wrote. */
#ifndef PARVIS_BRIDGE_STORE_ADDRESS_FAILURES_H
#define PARVIS_BRIDGE_STORE_ADDRESS_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db_writer.h"

#define ADDRESS_FAILURES_PAUSE 3 /* from then on programs write to it no more */

/* Addresses in lower case. */
MUST_CHECK enum status address_failures_add(struct db_tx *tx, struct str address, int64_t now)
	REQUIRES(on_writer);
MUST_CHECK enum status address_failures_clear(struct db_tx *tx, struct str address)
	REQUIRES(on_writer);
/* 0 when none is known. */
MUST_CHECK enum status address_failures_count(struct db *db, struct str address, int64_t *out);

#endif
