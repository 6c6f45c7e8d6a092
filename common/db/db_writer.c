/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's thread takes everything that waits (MAX_BATCH at most), runs each change in a
 * savepoint inside one transaction, commits, and only then lets the callers go on.
 */
#include "common/db/db_writer.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/mem.h"
#include "common/db/db_internal.h"

#define LOG_MODULE "db"
#include "common/base/log.h"

/* Bounds how long the first of a batch waits for the others' work. */
#define MAX_BATCH 256

DB_SQL(sql_begin, "BEGIN IMMEDIATE");
DB_SQL(sql_commit, "COMMIT");
DB_SQL(sql_savepoint, "SAVEPOINT change");
DB_SQL(sql_release, "RELEASE change");

struct after_commit {
	void (*fn)(void *context, void *arg);
	void *arg;
	struct after_commit *next;
};

struct job {
	db_change change;
	void *arg;
	void (*done)(void *arg, enum status status);
	bool is_waited; /* the job lives on its caller's stack, who waits for `finished` */
	bool finished;
	enum status status;
	struct db_tx tx;
	struct after_commit *after, **after_tail;
	struct job *next;
};

struct db_writer {
	struct db *db;
	void *context;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;	 /* the queue is no longer empty, or stopping */
	pthread_cond_t finished; /* a batch is durable */
	struct job *first, **last;
	bool stopping;
	struct job *running; /* the change under way, for db_after_commit */
	uint64_t batch;	     /* the writer's thread only */
	struct db_writer_stats stats;
};

/* Takes the change back alone; when that fails, only the whole transaction can be. */
static enum status job_undo(struct db_writer *w, struct job *job)
{
	job->after = NULL;
	job->after_tail = &job->after;
	/* A disk that is full can end the whole transaction; then there is no savepoint left. */
	if (sqlite3_get_autocommit(db_handle(w->db)) != 0)
		return STATUS_IO;
	return db_exec_text(w->db, "ROLLBACK TO change; RELEASE change");
}

/* job->status says what became of the change; what is returned, whether the transaction can go
 * on. */
static enum status job_run(struct db_writer *w, struct job *job) REQUIRES(on_writer)
{
	job->after_tail = &job->after;
	job->tx = (struct db_tx){
		.db = w->db, .writer = w, .arena = arena_new(), .context = w->context};
	job->status = db_run_sql(w->db, &sql_savepoint);
	if (job->status != STATUS_OK)
		return job->status;
	w->running = job;
	job->status = job->change(&job->tx, job->arg);
	w->running = NULL;
	if (job->status == STATUS_OK)
		job->status = db_run_sql(w->db, &sql_release);
	return job->status == STATUS_OK ? STATUS_OK : job_undo(w, job);
}

/* All or nothing: STATUS_IO means that no change of the batch is on disk. */
static enum status batch_run(struct db_writer *w, struct job *batch) REQUIRES(on_writer)
{
	enum status status = db_run_sql(w->db, &sql_begin);

	w->batch++;
	if (status != STATUS_OK)
		return status;
	for (struct job *job = batch; job != NULL && status == STATUS_OK; job = job->next)
		status = job_run(w, job);
	if (status == STATUS_OK)
		status = db_run_sql(w->db, &sql_commit);
	if (status != STATUS_OK && sqlite3_get_autocommit(db_handle(w->db)) == 0 &&
		db_exec_text(w->db, "ROLLBACK") != STATUS_OK)
		log_error("a transaction that failed could not be rolled back");
	return status;
}

static void batch_publish(struct db_writer *w, struct job *batch, enum status commit)
	REQUIRES(on_writer)
{
	for (struct job *job = batch; job != NULL; job = job->next) {
		if (commit != STATUS_OK && job->status == STATUS_OK)
			job->status = STATUS_IO;
		if (job->status != STATUS_OK)
			continue;
		for (struct after_commit *a = job->after; a != NULL; a = a->next)
			a->fn(w->context, a->arg);
	}
	for (struct job *job = batch; job != NULL; job = job->next) {
		if (job->done != NULL)
			job->done(job->arg, job->status);
	}
}

static uint64_t batch_failures(const struct job *batch)
{
	uint64_t failures = 0;

	for (const struct job *job = batch; job != NULL; job = job->next)
		failures += job->status != STATUS_OK;
	return failures;
}

/* Wakes the callers. A waited job is gone the moment its caller sees `finished`. */
static void batch_finish(struct db_writer *w, struct job *batch, uint64_t count)
{
	uint64_t failures = batch_failures(batch);
	struct job *job = batch;

	pthread_mutex_lock(&w->lock);
	w->stats.commits++;
	w->stats.changes += count;
	w->stats.failures += failures;
	while (job != NULL) {
		struct job *next = job->next;

		arena_free(&job->tx.arena);
		if (job->is_waited)
			job->finished = true;
		else
			free(job);
		job = next;
	}
	pthread_cond_broadcast(&w->finished);
	pthread_mutex_unlock(&w->lock);
}

static struct job *batch_take(struct db_writer *w, uint64_t *count_out)
{
	struct job *batch, *job;
	uint64_t count = 0;

	pthread_mutex_lock(&w->lock);
	while (w->first == NULL && !w->stopping)
		pthread_cond_wait(&w->work, &w->lock);
	batch = w->first;
	for (job = batch; job != NULL; job = job->next) {
		if (++count == MAX_BATCH)
			break;
	}
	if (job == NULL) {
		w->first = NULL;
		w->last = &w->first;
	} else {
		w->first = job->next;
		if (w->first == NULL)
			w->last = &w->first;
		job->next = NULL;
	}
	pthread_mutex_unlock(&w->lock);
	*count_out = count;
	return batch;
}

static void *writer_run(void *arg)
{
	struct db_writer *w = arg;
	struct job *batch;
	uint64_t count;

	role_take(&on_writer);
	while ((batch = batch_take(w, &count)) != NULL) {
		enum status commit = batch_run(w, batch);

		batch_publish(w, batch, commit);
		batch_finish(w, batch, count);
	}
	return NULL;
}

enum status db_writer_start(const char *path, void *context, struct db_writer **out)
{
	struct db_writer *w = MEM_NEW(struct db_writer);
	enum status status = db_open(path, false, &w->db);

	if (status != STATUS_OK) {
		free(w);
		return status;
	}
	w->context = context;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->finished, NULL);
	w->thread = thread_start("db-writer", writer_run, w);
	*out = w;
	return STATUS_OK;
}

void db_writer_stop(struct db_writer **writer)
{
	struct db_writer *w = *writer;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	thread_join(w->thread);
	db_close(&w->db);
	pthread_cond_destroy(&w->finished);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
	*writer = NULL;
}

static void job_queue(struct db_writer *w, struct job *job)
{
	*w->last = job;
	w->last = &job->next;
	pthread_cond_signal(&w->work);
}

enum status db_write(struct db_writer *w, db_change change, void *arg)
{
	struct job job = {.change = change, .arg = arg, .is_waited = true};

	pthread_mutex_lock(&w->lock);
	if (w->stopping) {
		pthread_mutex_unlock(&w->lock);
		return STATUS_UNAVAILABLE;
	}
	job_queue(w, &job);
	while (!job.finished)
		pthread_cond_wait(&w->finished, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return job.status;
}

void db_write_later(struct db_writer *w, db_change change, void *arg,
	void (*done)(void *arg, enum status status))
{
	struct job *job = MEM_NEW(struct job);

	*job = (struct job){.change = change, .arg = arg, .done = done};
	pthread_mutex_lock(&w->lock);
	if (!w->stopping) {
		job_queue(w, job);
		job = NULL;
	}
	pthread_mutex_unlock(&w->lock);
	if (job != NULL) {
		free(job);
		if (done != NULL)
			done(arg, STATUS_UNAVAILABLE);
	}
}

void db_after_commit(struct db_tx *tx, void (*fn)(void *context, void *arg), void *arg)
{
	struct after_commit *after = ARENA_NEW(tx->arena, struct after_commit);
	struct job *job = tx->writer->running;

	assert(job != NULL);
	*after = (struct after_commit){.fn = fn, .arg = arg};
	*job->after_tail = after;
	job->after_tail = &after->next;
}

uint64_t db_batch(const struct db_tx *tx)
{
	return tx->writer->batch;
}

struct db_writer_stats db_writer_stats(struct db_writer *w)
{
	struct db_writer_stats stats;

	pthread_mutex_lock(&w->lock);
	stats = w->stats;
	pthread_mutex_unlock(&w->lock);
	return stats;
}
