/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way in which an event of ours enters a room: build (prev events, auth events, depth,
 * hash, signature), authorise against the room's current state, store, apply state, give it a
 * position, tell the observers. Runs inside the writer.
 */
#ifndef PARVIS_HOMESERVER_ROOM_SEND_H
#define PARVIS_HOMESERVER_ROOM_SEND_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

struct event_draft {
	struct str room_id;
	struct str sender; /* a user of this server */
	struct str type;
	struct str state_key;	  /* p == NULL: a message event */
	struct str content;	  /* JSON text of an object */
	struct str redacts;	  /* for m.room.redaction */
	int64_t origin_server_ts; /* 0: now */
	/* Idempotency of PUT .../{txnId}: the same user, device, path and txn_id give the event
	 * made before, across restarts. Empty txn_id: none. */
	struct str device_id;
	struct str txn_id;
};

/*
 * STATUS_DENIED when the auth rules refuse, STATUS_NOT_FOUND when the room is unknown,
 * STATUS_INVALID when the content cannot be canonical JSON, STATUS_TOO_LARGE past 65,536 bytes or
 * 255 bytes in type, state key or sender, STATUS_EXISTS for a reaction that the sender has sent
 * before. *why_out (may be NULL) then holds a sentence for the
 * client. *event_out lives in tx->arena. A state event equal to the current one (same type, key,
 * sender and content) is not sent again: the current one is returned.
 */
MUST_CHECK enum status room_send(struct db_tx *tx, const struct event_draft *draft,
	struct event **event_out, const char **why_out) REQUIRES(on_writer);

#endif
