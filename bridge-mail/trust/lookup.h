/* SPDX-License-Identifier: Apache-2.0 */
/* What the judges of this folder ask of DNS: a function, so that tests can stand in its place. */
#ifndef PARVIS_BRIDGE_LOOKUP_H
#define PARVIS_BRIDGE_LOOKUP_H

#include <stddef.h>

#include "common/base/arena.h"

#define LOOKUP_MAX_RECORDS 20

struct lookup_records {
	struct str items[LOOKUP_MAX_RECORDS]; /* each record's strings put together */
	size_t count;
};

struct lookup {
	void *context;
	/* TXT records of a name. STATUS_NOT_FOUND: the name or such records do not exist.
	 * STATUS_UNAVAILABLE, STATUS_TIMEOUT: not to be had now. */
	enum status (*txt)(
		void *context, struct str name, struct arena *arena, struct lookup_records *out);
};

#endif
