/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Push rules, pushers and unread counts as rows. What rules mean is in push/.
 */
#ifndef PARVIS_HOMESERVER_PUSH_STORE_H
#define PARVIS_HOMESERVER_PUSH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

/* --- rules ---------------------------------------------------------------------------------- */

/* What the user changed in the default rules, as push/ruleset.h stores it, and when.
 * STATUS_NOT_FOUND: nothing, so they have the defaults. */
MUST_CHECK enum status push_store_rules(struct db *db, struct arena *arena, struct str user_id,
	struct str *json_out, int64_t *position_out);
/* For sync: when the rules last changed; 0: never. */
MUST_CHECK enum status push_store_rules_position(struct db *db, struct str user_id, int64_t *out);
MUST_CHECK enum status push_store_rules_put(struct db_tx *tx, struct str user_id, struct str json,
	int64_t position) REQUIRES(on_writer);

/* --- unread counts -------------------------------------------------------------------------- */

/* Of one thread of one room; thread_id is the root's event id, empty for the main timeline. */
struct unread_count {
	struct str thread_id;
	int64_t notifications;
	int64_t highlights;
};

struct unread_counts {
	struct unread_count *items; /* threads with nothing unread are left out */
	size_t count;
	int64_t notifications; /* of the room with all its threads */
	int64_t highlights;
};

/* For sync. */
MUST_CHECK enum status push_store_counts(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct unread_counts *out);

/* For a badge: what is unread in all joined rooms together, and open invites. */
MUST_CHECK enum status push_store_total(struct db *db, struct str user_id, int64_t *out);

/* For sync: rooms in which a receipt changed the user's counts in (after, upto]. Counts changed by
 * an event come with that event. */
MUST_CHECK enum status push_store_counts_changed(struct db *db, struct arena *arena,
	struct str user_id, int64_t after, int64_t upto, struct str_list *out);

struct unread_event {
	struct str user_id;
	struct str room_id;
	struct str thread_id; /* empty: main timeline */
	int64_t position;     /* of the event */
	bool highlight;
	struct str actions; /* JSON text of an array */
	bool read;
};
/* One more unread event. Of a room that is never read the newest UNREAD_EVENTS_MAX stay; of what
 * was read in a room, the newest READ_EVENTS_MAX. */
#define UNREAD_EVENTS_MAX 1000
#define READ_EVENTS_MAX	  20
MUST_CHECK enum status push_store_unread_add(struct db_tx *tx, const struct unread_event *event)
	REQUIRES(on_writer);

/* What lies up to the event position is read: see unread_read() in push/unread.h, which sync calls.
 * `position` is put on the counts that changed; *changed_out tells whether any did. */
struct unread_mark {
	struct str user_id;
	struct str room_id;
	struct str thread_id; /* p == NULL: all; empty: the main timeline; else a root */
	int64_t event_position;
	int64_t position;
};
MUST_CHECK enum status push_store_read(
	struct db_tx *tx, const struct unread_mark *mark, bool *changed_out) REQUIRES(on_writer);
/* The same for who has sent the event at that position, which tells of the room by itself. */
MUST_CHECK enum status push_store_sent(struct db_tx *tx, const struct unread_mark *mark)
	REQUIRES(on_writer);
/* The user left the room, or came into it: nothing is unread. */
MUST_CHECK enum status push_store_room_clear(
	struct db_tx *tx, struct str user_id, struct str room_id) REQUIRES(on_writer);

/* For GET /notifications: events below the position (0: from the newest), newest first. */
struct unread_events {
	struct unread_event *items;
	size_t count;
};
MUST_CHECK enum status push_store_notifications(struct db *db, struct arena *arena,
	struct str user_id, int64_t before, bool highlights_only, size_t limit,
	struct unread_events *out);

/* --- pushers -------------------------------------------------------------------------------- */

#define PUSHERS_MAX 100 /* of one user */

struct pusher {
	struct str user_id;
	struct str device_id; /* empty: none */
	struct str app_id;
	struct str pushkey;
	struct str kind;
	struct str app_display_name;
	struct str device_display_name;
	struct str profile_tag; /* empty: none */
	struct str lang;
	struct str data; /* JSON text of an object */
	int64_t created_ts;
};

struct pusher_list {
	struct pusher *items;
	size_t count;
};

MUST_CHECK enum status push_store_pushers(
	struct db *db, struct arena *arena, struct str user_id, struct pusher_list *out);
/* Makes or replaces it. `alone`: other users' pushers of that app_id and pushkey go.
 * STATUS_TOO_LARGE past PUSHERS_MAX. */
MUST_CHECK enum status push_store_pusher_put(
	struct db_tx *tx, const struct pusher *pusher, bool alone) REQUIRES(on_writer);
/* Fine when there is none. */
MUST_CHECK enum status push_store_pusher_delete(struct db_tx *tx, struct str user_id,
	struct str app_id, struct str pushkey) REQUIRES(on_writer);
MUST_CHECK enum status push_store_device_delete(
	struct db_tx *tx, struct str user_id, struct str device_id) REQUIRES(on_writer);
/* Rules, pushers and unread events. */
MUST_CHECK enum status push_store_user_delete(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);

#endif
