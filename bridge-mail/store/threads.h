/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations and who takes part in them. A thread belongs to one mailbox and has one room. */
#ifndef PARVIS_BRIDGE_STORE_THREADS_H
#define PARVIS_BRIDGE_STORE_THREADS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define THREAD_TOKEN_CHARS	16 /* [a-z0-9] */
#define THREAD_INDEX_BYTES	22
#define THREAD_MAX_CANDIDATES	20
#define THREAD_MAX_PARTICIPANTS 200

struct thread {
	int64_t thread_id;
	int64_t mailbox_id;
	struct str token;
	struct str room_id; /* {NULL, 0} until made */
	struct str subject; /* decoded, as the first mail has it; may be empty */
	struct str base_subject;
	struct str thread_index; /* THREAD_INDEX_BYTES bytes, or empty */
	int64_t created_at;
	int64_t last_at; /* of its newest mail or answer, ms */
};

/* thread_id and room_id of `thread` are ignored. */
MUST_CHECK enum status threads_add(
	struct db_tx *tx, const struct thread *thread, int64_t *thread_id_out) REQUIRES(on_writer);
/* STATUS_EXISTS when the room belongs to another thread. */
MUST_CHECK enum status threads_set_room(struct db_tx *tx, int64_t thread_id, struct str room_id)
	REQUIRES(on_writer);
/* last_at becomes the greater of the two. */
MUST_CHECK enum status threads_touch(struct db_tx *tx, int64_t thread_id, int64_t at)
	REQUIRES(on_writer);

MUST_CHECK enum status threads_get(
	struct db *db, int64_t thread_id, struct arena *arena, struct thread *out);
MUST_CHECK enum status threads_by_room(
	struct db *db, struct str room_id, struct arena *arena, struct thread *out);
MUST_CHECK enum status threads_by_token(
	struct db *db, struct str token, struct arena *arena, struct thread *out);
/* The newest thread of the mailbox with those 22 bytes. */
MUST_CHECK enum status threads_by_index(struct db *db, int64_t mailbox_id, struct str thread_index,
	struct arena *arena, struct thread *out);
/* Newest first, at most THREAD_MAX_CANDIDATES, last_at >= since. STATUS_OK with none. */
MUST_CHECK enum status threads_by_subject(struct db *db, int64_t mailbox_id,
	struct str base_subject, int64_t since, struct arena *arena, struct thread **list_out,
	size_t *count_out);

enum participant_role {
	PARTICIPANT_SENDER = 0, /* has written: answers go To them */
	PARTICIPANT_TO = 1,	/* was addressed beside the mailbox */
	PARTICIPANT_CC = 2,	/* was copied */
};

struct participant {
	struct str address;  /* lower case */
	struct str name;     /* display name, may be empty */
	struct str reply_to; /* where answers go, as it was written; empty: the address */
	enum participant_role role;
};

/* Adds, or betters what is known: a name where there was none, the lower role, the newest
 * reply_to. Past THREAD_MAX_PARTICIPANTS nothing is added (STATUS_OK). */
MUST_CHECK enum status participant_put(struct db_tx *tx, int64_t thread_id,
	const struct participant *participant) REQUIRES(on_writer);
MUST_CHECK enum status participants_of(struct db *db, int64_t thread_id, struct arena *arena,
	struct participant **list_out, size_t *count_out);
MUST_CHECK enum status participant_is(
	struct db *db, int64_t thread_id, struct str address, bool *out);

#endif
