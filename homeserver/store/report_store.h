/* SPDX-License-Identifier: Apache-2.0 */
/* What users reported to the administrator (client-server API, "Reporting Content"). */
#ifndef PARVIS_HOMESERVER_REPORT_STORE_H
#define PARVIS_HOMESERVER_REPORT_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define REPORT_REASON_MAX 8192 /* bytes */

struct report {
	int64_t id; /* given by report_add() */
	struct str reporter;
	struct str room_id;	  /* p == NULL: a user was reported */
	struct str event_id;	  /* p == NULL: the whole room was */
	struct str reported_user; /* the user, or the sender of the event; p == NULL: none */
	struct str reason;
	int64_t created_ts;
};

struct report_list {
	struct report *items;
	size_t count;
};

MUST_CHECK enum status report_add(struct db_tx *tx, const struct report *report)
	REQUIRES(on_writer);
/* Newest first, those older than the id (INT64_MAX: from the newest). */
MUST_CHECK enum status report_list_get(
	struct db *db, struct arena *arena, int64_t before, size_t limit, struct report_list *out);

#endif
