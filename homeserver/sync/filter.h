/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters (client-server API, "Filtering"): read from JSON once, then asked for each event. Used by
 * /sync, and as RoomEventFilter by /messages and /context. Strings are borrowed from the parsed
 * JSON, so both must live in the same arena.
 */
#ifndef PARVIS_HOMESERVER_FILTER_H
#define PARVIS_HOMESERVER_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct event;
struct json;

#define FILTER_NAMES_MAX  1000 /* entries of one list */
#define FILTER_LIMIT_MAX  1000 /* a greater "limit" counts as this */
#define FILTER_FIELDS_MAX 100

/* A list of names; absent and empty differ: an empty "types" lets nothing through. */
struct filter_names {
	bool present;
	struct str *items;
	size_t count;
};

enum filter_url { FILTER_URL_ANY, FILTER_URL_WITH, FILTER_URL_WITHOUT };

/* EventFilter and RoomEventFilter. All zero lets everything through. */
struct event_filter {
	struct filter_names types, not_types; /* '*' stands for any characters */
	struct filter_names senders, not_senders;
	struct filter_names rooms, not_rooms;
	enum filter_url url;
	int64_t limit; /* 0: not given */
	bool lazy_load_members;
	bool include_redundant_members;
	bool unread_thread_notifications;
};

struct filter {
	struct event_filter presence;
	struct event_filter account_data;
	struct filter_names rooms, not_rooms; /* of "room": before those of its parts */
	bool include_leave;
	struct event_filter timeline;
	struct event_filter state;
	struct event_filter ephemeral;
	struct event_filter room_account_data;
	const struct json *fields; /* event_fields: an array of strings; NULL: all fields */
	bool federation_format;
};

/* A whole filter, as POST /filter takes it. STATUS_INVALID with a sentence for the client in
 * *why_out (may be NULL): a kind or value that the specification does not allow, lists too long.
 * Unknown members are ignored. `json` may be NULL: no filter. */
MUST_CHECK enum status filter_parse(
	struct arena *arena, const struct json *json, struct filter *out, const char **why_out);
/* One RoomEventFilter, as the `filter` parameter of /messages and /context takes it. */
MUST_CHECK enum status event_filter_parse(struct arena *arena, const struct json *json,
	struct event_filter *out, const char **why_out);

/* Whether the event passes; `limit` and lazy loading are the caller's. */
bool event_filter_passes(const struct event_filter *filter, const struct event *event);
/* For what is no room event (account data, ephemeral): sender may be {NULL, 0}: not looked at. */
bool event_filter_passes_type(
	const struct event_filter *filter, struct str type, struct str sender);
/* Whether anything of the room can pass. */
bool event_filter_passes_room(const struct event_filter *filter, struct str room_id);
bool filter_passes_room(const struct filter *filter, struct str room_id);
/* Whether the filter can refuse an event at all; false spares reading them. */
bool event_filter_is_narrow(const struct event_filter *filter);

/* '*' in the pattern stands for any bytes; time is bounded by the product of the lengths. */
bool filter_glob(struct str pattern, struct str text);

#endif
