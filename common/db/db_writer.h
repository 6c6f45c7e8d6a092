/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer, many readers. Every change of the database is a small function that runs on the
 * writer's thread, inside a savepoint of its own, inside a transaction shared by all that are
 * waiting; the transaction is committed durably once, and then their callers wake. So changes
 * come one after the other, state needs no lock, and one fsync serves many.
 */
#ifndef PARVIS_DB_WRITER_H
#define PARVIS_DB_WRITER_H

#include "common/base/thread.h"
#include "common/db/db.h"

struct db_writer;

/* Inside a change: the writer's connection and what belongs to this one change. */
struct db_tx {
	struct db *db;
	struct db_writer *writer;
	struct arena *arena; /* of this change; freed after its caller was woken */
	void *context;	     /* the program's, as given to db_writer_start() */
};

/* Returns STATUS_OK to keep the change; anything else rolls back its savepoint, not the others.
 * Define changes with REQUIRES(on_writer): clang checks functions, not pointers to them. */
typedef enum status (*db_change)(struct db_tx *tx, void *arg);

MUST_CHECK enum status db_writer_start(const char *path, void *context, struct db_writer **out);
/* Finishes what is queued, then ends the thread. */
void db_writer_stop(struct db_writer **writer);

/* Runs the change and waits until it is on disk. The change's own status, or STATUS_IO when the
 * commit failed (full disk): then nothing of it happened. STATUS_UNAVAILABLE while stopping. Any
 * thread but the writer's. */
MUST_CHECK enum status db_write(struct db_writer *writer, db_change change, void *arg);
/* Without waiting: `done` (may be NULL) is called on the writer's thread after the commit. arg
 * must live until then. */
void db_write_later(struct db_writer *writer, db_change change, void *arg,
	void (*done)(void *arg, enum status status));

/*
 * Inside a change: call `fn` on the writer's thread once the commit is durable and before any
 * caller wakes; not at all when the change or the commit fails. In-memory state derived from rows
 * (positions, caches) is changed here only. `arg` may live in tx->arena.
 */
void db_after_commit(struct db_tx *tx, void (*fn)(void *context, void *arg), void *arg)
	REQUIRES(on_writer);

/* The number of the batch under way: changes of one number are committed together or not at all.
 * Above 0, and never used again. */
uint64_t db_batch(const struct db_tx *tx) REQUIRES(on_writer);

/* For metrics. */
struct db_writer_stats {
	uint64_t commits;
	uint64_t changes;
	uint64_t failures;
};
struct db_writer_stats db_writer_stats(struct db_writer *writer);

#endif
