/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as clients see them (client-server API, "Room event format"): the PDU without the fields
 * of federation, with event_id and `unsigned`.
 */
#ifndef PARVIS_HOMESERVER_EVENT_FORMAT_H
#define PARVIS_HOMESERVER_EVENT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db.h"
#include "common/json/json_writer.h"
#include "homeserver/room/event.h"

struct visibility;

/* Who reads, and how. */
struct event_format {
	struct db *db; /* for what `unsigned` tells about other events */
	struct arena *arena;
	struct str user_id;		     /* the reader; empty: nobody */
	struct str device_id;		     /* gets unsigned.transaction_id of what it sent */
	int64_t now;			     /* for unsigned.age */
	bool without_room_id;		     /* inside the rooms of /sync */
	const struct visibility *visibility; /* gives unsigned.membership; NULL: left out */
	/* event_fields of a filter, dotted; NULL: all fields */
	const struct json *fields;
};

/* Writes one value. STATUS_IO when the database fails; the writer is then in mid-object, and the
 * reply must be given up. */
MUST_CHECK enum status event_write_client(
	struct json_writer *w, const struct event *event, const struct event_format *format);

/* An event inside another's `unsigned`: it tells nothing about further ones, except for the edit
 * (NULL: none) that is bundled with it. */
MUST_CHECK enum status event_write_plain(struct json_writer *w, const struct event *event,
	const struct event *replacement, const struct event_format *format);

/* type, state_key, content, sender: the form of invite_state and knock_state. */
void event_write_stripped(struct json_writer *w, const struct event *event);

/* JSON text of the array of stripped events that goes with an invite to (or knock on) the room, the
 * member event last; `member` may be NULL. */
MUST_CHECK enum status event_stripped_state(struct db *db, struct arena *arena, struct str room_id,
	const struct event *member, struct str *json_out);

#endif
