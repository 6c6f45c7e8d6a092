/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of sliding.h among themselves, one file each. Included by sync/sliding*.c only. */
#ifndef PARVIS_HOMESERVER_SLIDING_PARTS_H
#define PARVIS_HOMESERVER_SLIDING_PARTS_H

#include "homeserver/sync/sliding.h"
#include "homeserver/sync/sync_parts.h"

/* The list's indexes that a room stands in, one bit each. */
#define SLIDING_LIST_WORDS ((SLIDING_LISTS_MAX + 63) / 64)

/* One room of the user, and what becomes of it in this answer. */
struct sliding_room {
	const struct sliding_place *place;
	const struct sliding_known *was; /* NULL: never told */
	struct sliding_known now;
	bool is_kept;	/* `now` is part of what the client will hold */
	bool is_listed; /* may stand in lists */
	bool is_joined;
	bool is_open; /* the invite or knock is: stripped state is all there is */
	bool is_dm;
	int64_t last;  /* of what the user may be told there, the newest */
	int64_t since; /* up to where the client knows it; 0: nothing */

	/* what the request asks of it */
	uint64_t lists[SLIDING_LIST_WORDS];
	bool is_subscribed;
	int64_t timeline_limit;
	struct {
		const struct sliding_rule **items;
		size_t count;
	} rules; /* different ones */

	/* what is told */
	bool is_told;
	bool is_expanded;
	struct visibility *visibility; /* NULL: not loaded yet */
	struct sync_room room;
};

static inline bool sliding_is_wanted(const struct sliding_room *room)
{
	return room->is_subscribed || room->rules.count != 0;
}

/* --- sliding_rooms.c: the rooms of the user, and what the client knows of them --- */
MUST_CHECK enum status sliding_rooms_load(struct sliding *s);
/* Whether the user ever was in the room. */
MUST_CHECK enum status sliding_rooms_was_in(
	struct sliding *s, struct sliding_room *room, bool *out);
MUST_CHECK enum status sliding_rooms_see(struct sliding *s, struct sliding_room *room);

/* --- sliding_filter.c --- */
/* What filters look at, read when the first of them asks. */
struct sliding_lookup {
	bool has_tags;
	struct account_data_list tags;
};
MUST_CHECK enum status sliding_filter_passes(struct sliding *s, struct sliding_lookup *lookup,
	const struct sliding_filter *filter, const struct str_list *children,
	const struct sliding_room *room, bool *out);
/* Rooms that the filter's spaces hold, sorted. */
MUST_CHECK enum status sliding_filter_children(
	struct sliding *s, const struct sliding_filter *filter, struct str_list *out);

/* --- sliding_lists.c: which rooms are asked for; writes "lists" --- */
MUST_CHECK enum status sliding_lists_write(struct sliding *s);

/* --- sliding_room.c: decides on one room and writes "rooms" --- */
MUST_CHECK enum status sliding_rooms_write(struct sliding *s);

/* --- sliding_required.c: room.state from what the rules ask for --- */
/* Rules under which the client was not told yet. */
bool sliding_required_has_new(const struct sliding_room *room);
MUST_CHECK enum status sliding_required_load(struct sliding *s, struct sliding_room *room);

/* --- sliding_room_write.c: the object of one room --- */
MUST_CHECK enum status sliding_room_write(struct sliding *s, struct sliding_room *room);

/* --- sliding_extensions.c --- */
MUST_CHECK enum status sliding_extensions_write(struct sliding *s);
/* --- sliding_streams.c: the extensions that go by room --- */
MUST_CHECK enum status sliding_streams_account_data(struct sliding *s);
MUST_CHECK enum status sliding_streams_receipts(struct sliding *s);
MUST_CHECK enum status sliding_streams_typing(struct sliding *s);

#endif
