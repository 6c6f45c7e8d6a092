/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is in which room now: one row for each user and room that ever met, kept in step with the
 * m.room.member events of the current state. How it was at another time: store/state_store.h.
 */
#ifndef PARVIS_HOMESERVER_MEMBERSHIP_STORE_H
#define PARVIS_HOMESERVER_MEMBERSHIP_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/room_store.h"

enum membership {
	MEMBERSHIP_NONE, /* never met; in the rules this is a leave */
	MEMBERSHIP_INVITE,
	MEMBERSHIP_JOIN,
	MEMBERSHIP_KNOCK,
	MEMBERSHIP_LEAVE,
	MEMBERSHIP_BAN,
};

/* "join"; MEMBERSHIP_NONE gives "leave". */
struct str membership_name(enum membership membership);
/* MEMBERSHIP_NONE for a word that is none. */
enum membership membership_parse(struct str word);

struct membership_row {
	struct str room_id;
	struct str user_id;
	struct str event_id; /* of the member event */
	enum membership membership;
	int64_t position;      /* of the member event */
	int64_t joined_since;  /* membership is join: position at which this stay began, so that a
				* change of display name does not look like a join; else 0 */
	int64_t last_position; /* of the room's newest event */
	bool forgotten;	       /* by the user, after a leave or ban */
};

struct membership_rows {
	struct membership_row *items;
	size_t count;
};

/* STATUS_NOT_FOUND when the two never met. */
MUST_CHECK enum status membership_find(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct membership_row *out);
/* The word only: MEMBERSHIP_NONE when they never met or the room is unknown. */
MUST_CHECK enum status membership_get(
	struct db *db, struct str room_id, struct str user_id, enum membership *out);

/* All rooms of a user, whatever the membership, forgotten ones included. */
MUST_CHECK enum status membership_of_user(
	struct db *db, struct arena *arena, struct str user_id, struct membership_rows *out);
/* Those in which the user is joined: ids only. */
MUST_CHECK enum status membership_joined_rooms(
	struct db *db, struct arena *arena, struct str user_id, struct str_list *out);
/* All users of a room with this membership. */
MUST_CHECK enum status membership_of_room(struct db *db, struct arena *arena, struct str room_id,
	enum membership membership, struct membership_rows *out);
/* Users joined to the room: ids only. */
MUST_CHECK enum status membership_joined_users(
	struct db *db, struct arena *arena, struct str room_id, struct str_list *out);
/* Those of them who are guests of this server. */
MUST_CHECK enum status membership_joined_guests(
	struct db *db, struct arena *arena, struct str room_id, struct str_list *out);
MUST_CHECK enum status membership_count(
	struct db *db, struct str room_id, enum membership membership, int64_t *out);
/* Heroes: up to `limit` users joined or invited, earliest first, without `except`; when nobody is
 * left, those who left or were banned. */
MUST_CHECK enum status membership_heroes(struct db *db, struct arena *arena, struct str room_id,
	struct str except, size_t limit, struct str_list *out);
/* Whether the two are joined to a common room. */
MUST_CHECK enum status membership_shares_room(
	struct db *db, struct str user_id, struct str other, bool *out);
/* Rooms both are joined to whose key is greater than `after`, by that key: ids, and the last one's
 * key to go on from. */
MUST_CHECK enum status membership_mutual_rooms(struct db *db, struct arena *arena,
	struct str user_id, struct str other, int64_t after, size_t limit, struct str_list *out,
	int64_t *last_key_out);
MUST_CHECK enum status membership_mutual_count(
	struct db *db, struct str user_id, struct str other, int64_t *out);
/* Everybody who is joined to a room together with the user, once each, without the user. */
MUST_CHECK enum status membership_neighbours(
	struct db *db, struct arena *arena, struct str user_id, struct str_list *out);

/* The stripped state that came with the invite or knock: JSON text of an array of events.
 * STATUS_NOT_FOUND when the user is not invited there (nor knocking). */
MUST_CHECK enum status membership_invite_state(struct db *db, struct arena *arena,
	struct str room_id, struct str user_id, struct str *json_out);

/* A member event at `position` became current. Clears `forgotten` and the stripped state, and keeps
 * the room's joined_count. */
MUST_CHECK enum status membership_set(struct db_tx *tx, int64_t room_key, struct str user_id,
	enum membership membership, int64_t position) REQUIRES(on_writer);
MUST_CHECK enum status membership_set_invite_state(struct db_tx *tx, int64_t room_key,
	struct str user_id, struct str json) REQUIRES(on_writer);
MUST_CHECK enum status membership_forget(struct db_tx *tx, struct str room_id, struct str user_id)
	REQUIRES(on_writer);
/* Whether the user has forgotten the room since they left it. */
MUST_CHECK enum status membership_forgotten(
	struct db *db, struct str room_id, struct str user_id, bool *out);

#endif
