/* SPDX-License-Identifier: Apache-2.0 */
/* A page of a room's history as one user may see it. */
#ifndef PARVIS_HOMESERVER_ROOM_PAGE_H
#define PARVIS_HOMESERVER_ROOM_PAGE_H

#include "homeserver/room/room_events.h"
#include "homeserver/room/visibility.h"

/* So many events are looked at for one page; what is left is on the next. */
#define ROOM_PAGE_MAX_SCAN 5000

struct room_page_request {
	struct str room_id;
	const struct visibility *visibility;
	int64_t from; /* gap from which to read: backwards positions <= from, forwards > from */
	int64_t to;   /* gap at which to stop; backwards 0, forwards INT64_MAX for none */
	bool backward;
	size_t limit;
	/* Further condition; NULL: none. */
	bool (*passes)(const void *context, const struct event *event);
	const void *context;
};

struct room_page {
	struct event_list events; /* in the direction of reading */
	int64_t next;		  /* the gap behind the last event looked at */
	bool has_more;		  /* there may be something behind it */
};

MUST_CHECK enum status room_page_read(struct db *db, struct arena *arena,
	const struct room_page_request *request, struct room_page *out);

#endif
