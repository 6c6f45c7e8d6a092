/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is typing where (client-server API, "Typing Notifications"). In memory only; positions come
 * from stream_next_volatile(). A thread of its own ends what was not renewed in time.
 */
#ifndef PARVIS_HOMESERVER_TYPING_H
#define PARVIS_HOMESERVER_TYPING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

struct event;
struct typing;

#define TYPING_MAX_MS	      120000
#define TYPING_MAX_USERS      100 /* of one room; more are not told */
#define TYPING_ROOMS_REMEMBER 4096

/*
 * Told of each change of who types in a room, inside the writer: application services. `users` is
 * the list as it is from now on.
 */
typedef void (*typing_observer)(struct db_tx *tx, struct str room_id, const struct str_list *users);

/* first: the position of the streams now. The thread starts with typing_start(). */
struct typing *typing_new(int64_t first);
void typing_start(struct typing *typing, struct db_writer *writer);
void typing_observe(struct typing *typing, typing_observer observer);
/* Ends the thread: before the writer is stopped; typing_free() after that. */
void typing_end(struct typing *typing);
void typing_free(struct typing **typing);

/* The user types in the room for at most timeout_ms (0: no longer types). Waits for the writer. */
MUST_CHECK enum status typing_set(
	struct typing *typing, struct str room_id, struct str user_id, int64_t timeout_ms);
/* A room observer (homeserver.h): who sent a message or left does not type any more. */
MUST_CHECK enum status typing_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);

enum typing_news {
	TYPING_SAME,	/* nothing changed behind `after` */
	TYPING_CHANGED, /* *users_out is to be told */
	TYPING_UNKNOWN, /* forgotten (a restart lies between): tell *users_out, wake nobody */
};
/* after 0: a first sync, where only a list that is not empty is news. */
enum typing_news typing_since(struct typing *typing, struct arena *arena, struct str room_id,
	int64_t after, struct str_list *users_out);

#endif
