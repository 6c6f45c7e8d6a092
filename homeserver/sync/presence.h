/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is here (client-server API, "Presence"). Coarse and cheap: what is known is in memory; a sync
 * says "I am here" by a look-up under a lock and writes nothing. A change of somebody's state is
 * gathered with those around it and told by a thread of its own, in one change of the writer that
 * also saves it; only users who share a room with them and whose syncs ask for presence are woken.
 * Then it pauses for PRESENCE_TELL_MS, or longer when many were woken: where a whole town hall
 * shares a room, everybody's comings and goings cost a few hundredths of a core.
 *
 *	offline ── sync, activity ──> online ── idle for PRESENCE_IDLE_MS ──> unavailable
 *	   ^                            │  ^──────────── activity ─────────────────┘
 *	   └── no sync any longer ──────┴ (from unavailable too)
 *
 * Times: `now_ms` is clock_mono_ms(), `wall_ms` is clock_wall_ms(). Any thread, where nothing else
 * is said. A struct presence that is NULL is one that is switched off: nothing happens and nobody
 * is known.
 */
#ifndef PARVIS_HOMESERVER_PRESENCE_H
#define PARVIS_HOMESERVER_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/presence_store.h"

#define PRESENCE_IDLE_MS   (5 * 60 * 1000)
#define PRESENCE_GRACE_MS  (30 * 1000)	   /* between two syncs */
#define PRESENCE_HOLD_MS   (5 * 60 * 1000) /* after PUT status without any sync */
#define PRESENCE_TELL_MS   1000
#define PRESENCE_WAKE_MS   10	  /* of pause for each sync woken: a hundred a second */
#define PRESENCE_USERS_MAX 100000 /* remembered at once; those offline make place */

struct event;
struct homeserver;
struct presence;

/* What a client says when it syncs: "set_presence". */
enum presence_wish { PRESENCE_WISH_ONLINE, PRESENCE_WISH_UNAVAILABLE, PRESENCE_WISH_OFFLINE };

/* The thread starts with presence_start(). */
struct presence *presence_new(void);
/* Who was here at the last run counts as here until they do not come back. `path`: the database,
 * opened once more for the thread. */
MUST_CHECK enum status presence_start(
	struct presence *presence, struct homeserver *hs, const char *path);
/* Ends the thread: before the writer is stopped; presence_free() after that. */
void presence_end(struct presence *presence);
void presence_free(struct presence **presence);

/* A sync begins that may last for `lasts_ms`. `wants`: it tells presence, so it is to be woken. */
struct presence_sync {
	struct str user_id;
	enum presence_wish wish;
	bool wants;
	int64_t lasts_ms;
	int64_t now_ms;
	int64_t wall_ms;
};
/* `db` for the status message of somebody not known yet. */
MUST_CHECK enum status presence_sync_begins(
	struct presence *presence, struct db *db, const struct presence_sync *sync);
/* The user did something: sent, read, typed. */
void presence_active(
	struct presence *presence, struct str user_id, int64_t now_ms, int64_t wall_ms);
/* A room observer (homeserver.h): whoever sends is active, whoever joins is told to the others. */
MUST_CHECK enum status presence_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);
/* PUT status, inside a change: saved with it, told after it. status_msg.p == NULL: none. */
MUST_CHECK enum status presence_set(struct db_tx *tx, struct presence *presence,
	const struct presence_row *row, int64_t now_ms) REQUIRES(on_writer);

/* Somebody's presence as others see it. */
struct presence_view {
	struct str user_id;
	enum presence_state state;
	struct str status_msg; /* p == NULL: none */
	int64_t last_active;   /* wall clock; 0: never */
	bool currently_active;
};
struct presence_views {
	struct presence_view *items;
	size_t count;
};
/* false: nothing is known of them in memory. */
bool presence_find(struct presence *presence, struct arena *arena, struct str user_id,
	struct presence_view *out);
/* Whose state changed in (after, upto], in no particular order; costs nothing when nobody's did. */
struct presence_views presence_changes(
	struct presence *presence, struct arena *arena, int64_t after, int64_t upto);
const char *presence_word(enum presence_state state);
/* false when the word is none. */
bool presence_parse(struct str word, enum presence_state *out);

/* For the thread and for tests: looks for those who are idle or gone. Whether anybody's state is
 * to be told. */
bool presence_look(struct presence *presence, int64_t now_ms);

#endif
