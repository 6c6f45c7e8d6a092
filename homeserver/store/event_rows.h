/* SPDX-License-Identifier: Apache-2.0 */
/* What statements that give whole events have in common. Store only. */
#ifndef PARVIS_HOMESERVER_EVENT_ROWS_H
#define PARVIS_HOMESERVER_EVENT_ROWS_H

#include "homeserver/store/event_store.h"

/* With `events e` and `rooms r` in the FROM clause. */
#define EVENT_COLUMNS                                    \
	"e.position, e.event_id, r.room_id, r.version, " \
	"(SELECT x.event_id FROM events x WHERE x.position = e.redacted_by), e.json"

/* The row of EVENT_COLUMNS that the query stands on. */
struct event_row event_row_read(struct db_query *q, struct arena *arena);
/* The first row: STATUS_OK, STATUS_NOT_FOUND or STATUS_IO. */
MUST_CHECK enum status event_row_first(
	struct db_query *q, struct arena *arena, struct event_row *out);
/* All rows. */
MUST_CHECK enum status event_rows_all(
	struct db_query *q, struct arena *arena, struct event_rows *out);

#endif
