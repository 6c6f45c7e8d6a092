/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sits where, for those who are not on the signalling thread: the token service must know
 * whether a seat is free before it gives a token. Behind a lock of its own; any thread.
 */
#ifndef PARVIS_SFU_OCCUPANCY_H
#define PARVIS_SFU_OCCUPANCY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct occupancy;

struct occupancy_view {
	unsigned taken;
	int64_t ends_ms; /* wall clock; 0: nobody has come yet */
	bool present;	 /* `identity` sits there already */
};

struct occupancy *occupancy_new(void);
void occupancy_free(struct occupancy **occupancy);

struct occupancy_view occupancy_look(
	struct occupancy *occupancy, struct str room, struct str identity);
/* All rooms and seats together. */
void occupancy_totals(struct occupancy *occupancy, unsigned *rooms_out, unsigned *seats_out);

/* What the meetings tell: everybody who sits in the room; nobody: the room is gone. */
void occupancy_set(struct occupancy *occupancy, struct str room, int64_t ends_ms,
	const struct str *identities, unsigned count);

#endif
