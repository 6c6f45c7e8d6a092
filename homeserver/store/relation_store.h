/* SPDX-License-Identifier: Apache-2.0 */
/* Which event relates to which, and the threads that come of it. Events are named by position. */
#ifndef PARVIS_HOMESERVER_RELATION_STORE_H
#define PARVIS_HOMESERVER_RELATION_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db_writer.h"
#include "homeserver/store/event_store.h"

#define RELATION_THREAD	 "m.thread"
#define RELATION_REPLACE "m.replace"

struct relation {
	int64_t room_key;
	int64_t parent;
	int64_t child;
	struct str rel_type;
	struct str type; /* of the child */
	struct str sender;
};

MUST_CHECK enum status relation_add(struct db_tx *tx, const struct relation *relation)
	REQUIRES(on_writer);
/* The child was redacted: it relates to nothing any more. */
MUST_CHECK enum status relation_remove(struct db_tx *tx, int64_t child) REQUIRES(on_writer);

/* What kinds of relations lead to the event. */
struct relation_kinds {
	bool replace, thread, reference;
};
MUST_CHECK enum status relation_kinds(struct db *db, int64_t parent, struct relation_kinds *out);

struct thread_row {
	int64_t root;
	int64_t latest;
	int64_t replies;
	bool participated; /* the user has sent the root or a reply */
};
struct thread_rows {
	struct thread_row *items;
	size_t count;
};
/* STATUS_NOT_FOUND when nobody has replied in a thread. */
MUST_CHECK enum status relation_thread(
	struct db *db, int64_t root, struct str user_id, struct thread_row *out);
/* Threads of a room whose latest event stands before `before`, newest first. */
MUST_CHECK enum status relation_threads(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, bool only_participated, int64_t before, size_t limit,
	struct thread_rows *out);

/* Children, of one kind, type or sender where these are given (p != NULL). */
struct relation_query {
	int64_t parent;
	struct str rel_type;
	struct str type;
	struct str sender;
	int64_t after; /* positions after < p <= upto */
	int64_t upto;
	bool backward;	/* newest first */
	unsigned depth; /* 1: children only; 2: their children too ... */
	size_t limit;
};
MUST_CHECK enum status relation_list(struct db *db, struct arena *arena,
	const struct relation_query *query, struct event_rows *out);

#endif
