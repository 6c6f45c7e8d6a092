/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State resolution (specification, "State resolution" of room versions 1, 2 and 12): one state out
 * of the states after the events that another follows. Pure: states as lists of ids and a way to
 * fetch events go in, a state comes out; no database, no clock, any thread.
 *
 * The answer depends on the events alone, never on the order in which states or items are given.
 * Work grows with the events that have to be looked at, in n log n: all those named by the states
 * in conflict, and, from version 2 of the algorithm on, the auth chains of all events in the
 * states.
 */
#ifndef PARVIS_HOMESERVER_STATE_RESOLUTION_H
#define PARVIS_HOMESERVER_STATE_RESOLUTION_H

#include "homeserver/room/event.h"
#include "homeserver/room/room_version.h"

struct state_item {
	struct str type;
	struct str state_key;
	struct str event_id;
};

/* A state: no two items of one type and key. */
struct state_items {
	struct state_item *items;
	size_t count;
};

/*
 * Where events come from. `fetch` is asked at most once for each event in one resolution; what it
 * gives must live as long as the arena does. *rejected_out: the event was refused by the
 * authorisation rules when it came, and so proves nothing for others. STATUS_NOT_FOUND when it is
 * not here: the resolution then ends with that, since a state made of a part would be another one
 * than that of other servers.
 */
struct state_source {
	enum status (*fetch)(void *context, struct arena *arena, struct str event_id,
		const struct event **event_out, bool *rejected_out);
	void *context;
};

struct state_fork {
	const struct room_version *version;
	struct str room_id;
	const struct state_items *sets;
	size_t set_count;
	const struct state_source *source;
};

#define STATE_FORK_MAX_SETS   64
#define STATE_FORK_MAX_ITEMS  2000000 /* of all sets together */
#define STATE_FORK_MAX_EVENTS 500000  /* that are looked at */

/*
 * Items of the answer are sorted by type and key and borrow their texts from the sets and from
 * fetched events. Without sets the answer is empty. STATUS_INVALID when a set has two items of one
 * key, STATUS_TOO_LARGE past the limits, else what `fetch` says.
 */
MUST_CHECK enum status state_resolve(
	struct arena *arena, const struct state_fork *fork, struct state_items *out);

#endif
