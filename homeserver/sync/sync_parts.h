/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of sync.h among themselves, one file each. Included by sync/sync*.c and sync/sliding*.c only. */
#ifndef PARVIS_HOMESERVER_SYNC_PARTS_H
#define PARVIS_HOMESERVER_SYNC_PARTS_H

#include "homeserver/room/event_format.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/visibility.h"
#include "homeserver/sync/sync.h"

/* Events of a room as the answer tells them, oldest first. They cover (start, upto] but for what
 * the filter took out. */
struct sync_timeline {
	struct event **items;
	size_t count;
	int64_t start; /* prev_batch */
	bool limited;  /* there is a gap between room->since and start */
	/* State events in (start, upto] that the timeline's filter took out: the client must learn
	 * them from `state`. Newest first. */
	struct event_list filtered_state;
};

/* A joined or left room of one answer. */
struct sync_room {
	const struct membership_row *row;
	int64_t since;	    /* what the client knows of the room; 0: nothing */
	int64_t upto;	    /* the snapshot's position, or where the user left */
	int64_t state_upto; /* up to where the user may know the state; 0: was never in the room */
	bool is_joined;
	bool whole_state;
	bool has_events; /* behind since */
	const struct visibility *visibility;
	struct event_list changes; /* of state in (since, upto]; empty when since is 0 */
	struct sync_timeline timeline;
	struct event_list state; /* to be told in state or state_after */
	struct str_list heroes;
	bool has_summary;
	bool has_heroes;
	/* Found while it is written: a waiting client waits for this / an answer that goes out
	 * anyway has to tell it. */
	bool is_news;
	bool is_due;
};

/* --- sync_rooms.c: which rooms, in which section --- */
MUST_CHECK enum status sync_rooms_write(struct sync *sync);

/* --- sync_timeline.c --- */
#define SYNC_TIMELINE_DEFAULT  10
#define SYNC_TIMELINE_SCAN_MAX 5000 /* events read to fill one timeline through a filter */
MUST_CHECK enum status sync_timeline_load(struct sync *sync, struct sync_room *room);

/* --- sync_summary.c --- */
/* Before the state: heroes' member events belong to it. */
MUST_CHECK enum status sync_summary_load(struct sync *sync, struct sync_room *room);
MUST_CHECK enum status sync_summary_write(
	struct sync *sync, struct json_writer *w, const struct sync_room *room);

/* --- sync_state.c --- */
MUST_CHECK enum status sync_state_load(struct sync *sync, struct sync_room *room);

/* --- sync_ephemeral.c: "ephemeral" of a room --- */
MUST_CHECK enum status sync_ephemeral_write(
	struct sync *sync, struct json_writer *w, struct sync_room *room);

/* --- sync_account.c --- */
MUST_CHECK enum status sync_account_load(struct sync *sync);
/* Global account data and push rules: "account_data". */
MUST_CHECK enum status sync_account_write(struct sync *sync);
/* Its events alone, into an array under way. */
MUST_CHECK enum status sync_account_write_events(struct sync *sync);
void sync_account_write_item(struct json_writer *w, const struct account_data *item);
bool sync_account_has_room(const struct sync *sync, struct str room_id);
MUST_CHECK enum status sync_account_write_room(
	struct sync *sync, struct json_writer *w, struct sync_room *room);

/* --- sync_presence.c: "presence" --- */
MUST_CHECK enum status sync_presence_write(struct sync *sync);

/* --- sync_device.c: to_device, device_lists, key counts --- */
/* The token's second half: up to where to-device messages were told. */
MUST_CHECK enum status sync_device_write(struct sync *sync, int64_t *to_device_out);
/* One member of an object each; the first only when there is something to tell. */
MUST_CHECK enum status sync_device_write_lists(struct sync *sync);
MUST_CHECK enum status sync_device_write_counts(struct sync *sync);
MUST_CHECK enum status sync_device_write_fallbacks(struct sync *sync);

/* --- sync_room_write.c: the object of one joined or left room --- */
MUST_CHECK enum status sync_room_write(
	struct sync *sync, struct json_writer *w, struct sync_room *room);

/* --- sync_names.c: sorted lists of names --- */
void sync_names_sort(struct str_list *names);
bool sync_names_have(const struct str_list *sorted, struct str name);

#endif
