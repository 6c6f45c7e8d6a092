/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the inbound side asks of the Matrix side: a table of functions, so that tests can stand a
 * recorder in its place. All are called on the processor's threads, several at once, block until
 * done, and may be called again with the same arguments after a crash or a time-out: each must then find what it
 * made before.
 *
 * What a status means to the caller:
 *	STATUS_UNAVAILABLE, STATUS_TIMEOUT, STATUS_LIMITED, STATUS_IO: try the same again later
 *	anything else but STATUS_OK: this will not get better; the mail is set aside with a reason
 * Results live in the arena.
 */
#ifndef PARVIS_BRIDGE_ROOM_PORT_H
#define PARVIS_BRIDGE_ROOM_PORT_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

/* One event as a ghost (or the bridge's bot, when user_id is empty). */
struct room_send_request {
	struct str room_id;
	struct str user_id;
	struct str type;    /* "m.room.message" */
	struct str content; /* JSON text of an object; carries the marker already */
	struct str txn_id;  /* deterministic: [A-Za-z0-9_-]{1,64} */
	int64_t timestamp;  /* the mail's date for ?ts=, 0: none */
};

struct room_upload_request {
	const char *path;	 /* file to read */
	int64_t size;		 /* of the file, in bytes */
	struct str content_hash; /* SHA-256 of its bytes, lower-case hex: uploaded once */
	struct str content_type; /* "image/png" */
	struct str name;	 /* safe file name, UTF-8 */
};

/* The member of every content that we send from a mail, and what room_port.find looks for:
 *	"fr.parvis.mail": {"txn": txn_id, "message_id": ..., ...} */
#define ROOM_PORT_MARKER "fr.parvis.mail"

struct room_port {
	void *context;
	/* The thread's room, made when there is none yet (in its mailbox's space, named by its
	 * subject, found again by the alias made of thread.token), and recorded in the thread's
	 * row. */
	enum status (*room_for_thread)(
		void *context, int64_t thread_id, struct arena *arena, struct str *room_id_out);
	/* The ghost of a mail address: registered, named (name may be empty) and joined. */
	enum status (*ghost_in_room)(void *context, struct str room_id, struct str address,
		struct str name, struct arena *arena, struct str *user_id_out);
	/* mxc:// URI of the file's content. */
	enum status (*upload)(void *context, const struct room_upload_request *request,
		struct arena *arena, struct str *mxc_out);
	enum status (*send)(void *context, const struct room_send_request *request,
		struct arena *arena, struct str *event_id_out);
	/* The event in the room whose content[ROOM_PORT_MARKER].txn is txn_id, looked for among
	 * the newest 200 events: for a send whose answer was not seen. STATUS_NOT_FOUND when there
	 * is none. */
	enum status (*find)(void *context, struct str room_id, struct str txn_id,
		struct arena *arena, struct str *event_id_out);
};

#endif
