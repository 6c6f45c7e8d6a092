/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What agents do with threads: assigned, closed, opened again, merged, split, moved. Each is rows
 * only; rooms are brought up to date after (`unshown`), so that a crash between the two leaves
 * nothing but a room that is told a little later.
 */
#ifndef PARVIS_BRIDGE_STORE_THREAD_STATE_H
#define PARVIS_BRIDGE_STORE_THREAD_STATE_H

#include "bridge-mail/store/threads.h"

struct thread_state {
	bool closed;
	struct str assigned_to; /* user id, or empty */
	int64_t merged_into;	/* 0: it is a thread of its own */
};

MUST_CHECK enum status thread_state_get(
	struct db *db, int64_t thread_id, struct arena *arena, struct thread_state *out);

MUST_CHECK enum status thread_set_closed(struct db_tx *tx, int64_t thread_id, bool closed)
	REQUIRES(on_writer);
/* Empty: nobody. */
MUST_CHECK enum status thread_set_assigned(struct db_tx *tx, int64_t thread_id, struct str user_id)
	REQUIRES(on_writer);
/* A new mail opens a closed thread again; *opened_out says whether it was closed. */
MUST_CHECK enum status thread_open_again(struct db_tx *tx, int64_t thread_id, bool *opened_out)
	REQUIRES(on_writer);

/* Everything that `from` knows becomes known as `into`: ids, events, deliveries, participants. Its
 * own row stays, for its room and for the tokens in mails that have left. */
MUST_CHECK enum status thread_merge(struct db_tx *tx, int64_t from, int64_t into)
	REQUIRES(on_writer);
/*
 * That mail of the thread and those that answer it, however far, become the thread `into`; its
 * deliveries are posted again, into the room of `into`. STATUS_CONFLICT when nothing would be left.
 */
MUST_CHECK enum status thread_split(
	struct db_tx *tx, int64_t from, struct str message_id, int64_t into) REQUIRES(on_writer);
/* The thread becomes the mailbox's; mails that still come to the old one are known, too. */
MUST_CHECK enum status thread_move(struct db_tx *tx, int64_t thread_id, int64_t mailbox_id)
	REQUIRES(on_writer);

/* A thread with a room that does not show its state yet. */
MUST_CHECK enum status thread_next_unshown(struct db *db, int64_t *thread_id_out);
/* Unless it has changed from `shown` meanwhile. */
MUST_CHECK enum status thread_set_shown(
	struct db_tx *tx, int64_t thread_id, const struct thread_state *shown) REQUIRES(on_writer);

#define THREADS_OPEN_MAX 20
struct open_thread {
	int64_t thread_id;
	struct str subject;
	struct str assigned_to;
	struct str room_id;
};
/* The open threads of a mailbox that have a room, newest first, and how many there are in all. */
MUST_CHECK enum status threads_open(struct db *db, int64_t mailbox_id, struct arena *arena,
	struct open_thread **list_out, size_t *count_out, int64_t *total_out);

#endif
