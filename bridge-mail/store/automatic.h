/* SPDX-License-Identifier: Apache-2.0 */
/* When a machine of ours last answered an address by itself (RFC 3834, 2: not more often than once
 * in some days to the same person about the same). */
#ifndef PARVIS_BRIDGE_STORE_AUTOMATIC_H
#define PARVIS_BRIDGE_STORE_AUTOMATIC_H

#include <stdint.h>

#include "common/db/db_writer.h"

/* Takes the right to answer that address (lower case) now: STATUS_LIMITED when it was answered with
 * the same kind less than `interval` ms ago. What is older of that kind is forgotten. */
MUST_CHECK enum status automatic_take(struct db_tx *tx, struct str address, const char *kind,
	int64_t now, int64_t interval) REQUIRES(on_writer);

#endif
