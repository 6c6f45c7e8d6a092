/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer of simplified sliding sync (MSC4186), written from one snapshot of the database.
 *
 * sliding_write() writes the answer but for its token. When it is to go out, sliding_finish() saves
 * what the client will hold with it, if that is anything new, and writes the token: so a token is
 * durable before anybody has it. An answer that waits for news is thrown away instead, and with it
 * all that it would have changed.
 */
#ifndef PARVIS_HOMESERVER_SLIDING_H
#define PARVIS_HOMESERVER_SLIDING_H

#include "homeserver/store/sliding_store.h"
#include "homeserver/sync/sliding_request.h"
#include "homeserver/sync/sliding_state.h"
#include "homeserver/sync/sync.h"

struct sliding_room;

struct sliding {
	/* set by the caller */
	const struct sliding_request *request;
	struct sync sync; /* hs, db, arena, now, out; the rest is what /sync's parts work with */

	/* of the parts */
	struct sync_request sync_request;
	struct sliding_places places;
	struct sliding_room *rooms; /* one for each place */
	struct sliding_state was;
	struct sliding_stored stored; /* zero without a pos */
	struct str_list dms;	      /* sorted: rooms of m.direct */
	bool blocks_invites;	      /* room/invite_permission.h */
};

/* STATUS_NOT_FOUND: the client must start again (M_UNKNOWN_POS). On any failure what was written
 * must be thrown away. */
MUST_CHECK enum status sliding_write(struct sliding *sliding);
/* Visits the writer when anything is to be saved. As above. */
MUST_CHECK enum status sliding_finish(struct sliding *sliding);

/* Something that a waiting client waits for. */
static inline bool sliding_has_news(const struct sliding *sliding)
{
	return sliding->sync.has_news;
}
/* The rooms whose touches concern the request: for stream_wait(). */
struct str_list sliding_watched_rooms(const struct sliding *sliding);

#endif
