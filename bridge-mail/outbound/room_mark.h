/* SPDX-License-Identifier: Apache-2.0 */
/* Reactions of the bridge's bot that say how far the mail of a message has got. */
#ifndef PARVIS_BRIDGE_ROOM_MARK_H
#define PARVIS_BRIDGE_ROOM_MARK_H

#include "bridge-mail/matrix/matrix.h"

#define MARK_WAITING   "\xe2\x8f\xb3"		  /* an hourglass: it may still be changed */
#define MARK_SENT      "\xe2\x9c\x89\xef\xb8\x8f" /* an envelope: it has left */
#define MARK_CORRECTED "\xe2\x9c\x8f\xef\xb8\x8f" /* a pencil: a correction has left */
#define MARK_DELAYED   "\xf0\x9f\x90\x8c"	  /* a snail: another server is still trying */
#define MARK_FAILED    "\xe2\x9d\x8c"		  /* a cross: somebody will not get it */

/* Puts the mark on the message; fine when it is there, and in a room where nothing can be said.
 * Otherwise as in matrix/client.h, for what a later try may change. */
MUST_CHECK enum status room_mark_put(const struct matrix_session *session, struct str room_id,
	struct str event_id, const char *mark);
/* Takes it away again; fine when it is not there. */
MUST_CHECK enum status room_mark_remove(const struct matrix_session *session, struct str room_id,
	struct str event_id, const char *mark);

#endif
