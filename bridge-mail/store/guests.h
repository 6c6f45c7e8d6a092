/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms with people on mail. Such a room is a mailbox of its own with one thread that has no end,
 * so that a mail to it goes the way of any other. Who takes part is a row, and so is what they
 * were sent.
 */
#ifndef PARVIS_BRIDGE_STORE_GUESTS_H
#define PARVIS_BRIDGE_STORE_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define GUESTS_MAX 1000 /* of one room */

struct linked_room {
	int64_t mailbox_id;
	int64_t thread_id;
	struct str room_id;
	struct str actor; /* who of us speaks there: empty for the bot, else a ghost */
	int strangers;	  /* enum config_strangers */
	bool ended;
	struct str address; /* of its mailbox */
	struct str token;   /* of its thread */
};

/* Makes mailbox, thread and room, or opens again what has ended; `address` is lower case.
 * STATUS_EXISTS: the address is another's. */
MUST_CHECK enum status linked_room_put(struct db_tx *tx, struct str room_id, struct str actor,
	struct str address, struct str token, int strangers, int64_t now) REQUIRES(on_writer);
MUST_CHECK enum status linked_room_by_room(
	struct db *db, struct str room_id, struct arena *arena, struct linked_room *out);
MUST_CHECK enum status linked_room_by_mailbox(
	struct db *db, int64_t mailbox_id, struct arena *arena, struct linked_room *out);
MUST_CHECK enum status linked_room_by_token(
	struct db *db, struct str token, struct arena *arena, struct linked_room *out);
MUST_CHECK enum status linked_room_set_actor(struct db_tx *tx, int64_t mailbox_id, struct str actor)
	REQUIRES(on_writer);
MUST_CHECK enum status linked_room_end(struct db_tx *tx, int64_t mailbox_id) REQUIRES(on_writer);
/* The new address; the one before stays good. STATUS_EXISTS: it is another's. */
MUST_CHECK enum status linked_room_set_address(struct db_tx *tx, int64_t mailbox_id,
	struct str address, int strangers) REQUIRES(on_writer);
/* The mailbox of a linked room's address in any case, 0 when there is none. */
MUST_CHECK enum status linked_room_find_address(
	struct db *db, struct str address, int64_t *mailbox_id_out);

enum guest_state {
	GUEST_NEW = 0, /* to be brought into the room, and written to */
	GUEST_ACTIVE = 1,
	GUEST_LEAVING = 2, /* to leave the room, and be told */
	GUEST_ENDED = 3,
};
enum guest_delivery { GUEST_AT_ONCE = 0, GUEST_HOURLY = 1, GUEST_DAILY = 2 };
enum guest_end {
	GUEST_END_NONE = 0,
	GUEST_END_REMOVED = 1,	    /* by somebody in the room */
	GUEST_END_UNSUBSCRIBED = 2, /* by themselves */
	GUEST_END_ENCRYPTED = 3,    /* the room has become encrypted */
	GUEST_END_ROOM = 4,	    /* the bridge was shown out */
};

struct guest {
	int64_t mailbox_id;
	struct str address; /* lower case */
	struct str user_id;
	enum guest_state state;
	enum guest_delivery delivery;
	bool english;
	struct str first_mail; /* Message-ID, or empty */
	int64_t seen_item;
	int64_t due_at; /* 0: none */
	struct str invited_by;
	struct str cause;
	enum guest_end why;
};

/* Adds, or brings back who has left; who takes part stays as they are. */
MUST_CHECK enum status guest_add(struct db_tx *tx, const struct guest *guest) REQUIRES(on_writer);
MUST_CHECK enum status guest_get(struct db *db, int64_t mailbox_id, struct str address,
	struct arena *arena, struct guest *out);
/* Who takes part. */
MUST_CHECK enum status guests_of(struct db *db, int64_t mailbox_id, struct arena *arena,
	struct guest **list_out, size_t *count_out);
/* One that is NEW or LEAVING. */
MUST_CHECK enum status guest_next_open(struct db *db, struct arena *arena, struct guest *out);
MUST_CHECK enum status guest_set_active(
	struct db_tx *tx, const struct guest *guest, struct str first_mail) REQUIRES(on_writer);
/* From NEW or ACTIVE on; who has gone stays gone. */
MUST_CHECK enum status guest_leave(struct db_tx *tx, int64_t mailbox_id, struct str address,
	enum guest_end why, struct str cause) REQUIRES(on_writer);
MUST_CHECK enum status guests_leave_all(struct db_tx *tx, int64_t mailbox_id, enum guest_end why,
	struct str cause) REQUIRES(on_writer);
MUST_CHECK enum status guest_set_ended(struct db_tx *tx, const struct guest *guest)
	REQUIRES(on_writer);
MUST_CHECK enum status guest_set_delivery(struct db_tx *tx, int64_t mailbox_id, struct str address,
	enum guest_delivery delivery) REQUIRES(on_writer);

struct room_mail {
	struct str message_id;
	int64_t mailbox_id;
	struct str address;
	struct str event_id;
};
MUST_CHECK enum status room_mail_put(struct db_tx *tx, const struct room_mail *mail)
	REQUIRES(on_writer);
MUST_CHECK enum status room_mail_get(
	struct db *db, struct str message_id, struct arena *arena, struct room_mail *out);
/* The mail that told this address of the event. */
MUST_CHECK enum status room_mail_of_event(struct db *db, int64_t mailbox_id, struct str event_id,
	struct str address, struct arena *arena, struct str *message_id_out);

/* How many the person has invited since then. */
MUST_CHECK enum status invitations_count(
	struct db *db, struct str inviter, int64_t since, int64_t *out);
MUST_CHECK enum status invitation_put(
	struct db_tx *tx, struct str event_id, struct str inviter, int64_t at) REQUIRES(on_writer);

struct held_mail {
	int64_t delivery_id;
	int64_t mailbox_id;
	struct str address;
	struct str subject;
};
MUST_CHECK enum status held_mail_put(struct db_tx *tx, const struct held_mail *mail)
	REQUIRES(on_writer);
MUST_CHECK enum status held_mail_next_untold(
	struct db *db, struct arena *arena, struct held_mail *out);
MUST_CHECK enum status held_mail_set_told(struct db_tx *tx, int64_t delivery_id)
	REQUIRES(on_writer);
MUST_CHECK enum status held_mail_get(
	struct db *db, int64_t delivery_id, struct arena *arena, struct held_mail *out);
/* All that this address has sent to the room are worked off again. */
MUST_CHECK enum status held_mails_release(struct db_tx *tx, int64_t mailbox_id, struct str address)
	REQUIRES(on_writer);

#endif
