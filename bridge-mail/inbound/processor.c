/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/processor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge-mail/inbound/handling.h"
#include "bridge-mail/inbound/posting.h"
#include "bridge-mail/inbound/tally.h"
#include "bridge-mail/store/received.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS   60000
#define WORKERS	       4
/* Deliveries looked at together: read ahead of the one whose turn it is. */
#define WINDOW 16

struct job {
	bool busy;     /* a worker is at it, and `handled` is that worker's */
	bool read;     /* `handled` has the mail */
	bool threaded; /* these are of handled.delivery, as the last step left it */
	int64_t delivery_id;
	int64_t thread_id;
	struct handled handled;
};

struct worker {
	struct processor *processor;
	struct handler handler;
	pthread_t thread;
	bool started;
};

struct processor {
	struct bridge *bridge;
	struct parser_pool *pool;
	struct tally tally;
	struct arena *arena; /* lives as long as the processor */
	struct worker workers[WORKERS];
	struct mutex lock; /* of what follows */
	pthread_cond_t changed;
	bool stopping;
	bool look;		  /* there may be rows behind `loaded` */
	int64_t loaded;		  /* delivery_id of the newest row in the window */
	int64_t hold_until;	  /* nothing is begun before, monotonic ms */
	struct job *jobs[WINDOW]; /* in order */
	size_t count;
};

enum task { TASK_NONE, TASK_READ, TASK_THREAD, TASK_POST };

struct finish {
	int64_t delivery_id;
	enum delivery_state state;
	int64_t next_try_at; /* state RECEIVED: try again then */
	struct str reason;
};

static enum status finish_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct finish *f = arg;
	if (f->state == DELIVERY_RECEIVED)
		return delivery_retry(tx, f->delivery_id, f->next_try_at, f->reason);
	bool adopted = false;
	enum status status = STATUS_OK;
	if (f->state == DELIVERY_FAILED)
		status = quarantine_adopt(tx, f->delivery_id, f->reason, clock_wall_ms(), &adopted);
	if (status != STATUS_OK || adopted)
		return status;
	return delivery_finish(tx, f->delivery_id, f->state, f->reason);
}

static int64_t retry_delay(int64_t attempts)
{
	int64_t delay = RETRY_FIRST_MS;
	for (int64_t i = 0; i < attempts && delay < RETRY_MAX_MS; i++)
		delay *= 2;
	return delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS;
}

/* Writes down how a delivery went. Gives the milliseconds after which it is tried again: 0 when it
 * is done with. */
static int64_t conclude(
	struct processor *p, const struct delivery *delivery, enum status status, const char *why)
{
	struct finish f = {.delivery_id = delivery->delivery_id, .state = DELIVERY_POSTED};
	int64_t delay = 0;
	ARENA_SCOPE(arena);
	if (status != STATUS_OK) {
		f.reason = arena_printf(arena, "%s: %s", why, status_name(status));
		bool retry = posting_may_retry(status);
		f.state = retry ? DELIVERY_RECEIVED : DELIVERY_FAILED;
		if (retry)
			delay = retry_delay(delivery->attempts);
		f.next_try_at = clock_wall_ms() + delay;
		log_warning("mail %s delivery=%lld attempts=%lld reason=%s",
			retry ? "waits" : "set aside", (long long)delivery->delivery_id,
			(long long)delivery->attempts + 1, f.reason.p);
	}
	/* Not written down: it is tried again later. */
	if (db_write(p->bridge->writer, finish_change, &f) != STATUS_OK && delay == 0)
		delay = RETRY_FIRST_MS;
	return delay;
}

static void hold(struct processor *p, int64_t ms) REQUIRES(p->lock)
{
	/* A clock that was set back must not stop the mail. */
	int64_t until = clock_mono_ms() + (ms > RETRY_MAX_MS ? RETRY_MAX_MS : ms);
	if (until > p->hold_until)
		p->hold_until = until;
}

static void note(struct job *job)
{
	const struct delivery *delivery = &job->handled.delivery;
	job->threaded = delivery->state == DELIVERY_THREADED;
	job->delivery_id = delivery->delivery_id;
	job->thread_id = delivery->thread_id;
}

/* One of the jobs before the i-th has the same thread. */
static bool must_wait(struct processor *p, size_t i) REQUIRES(p->lock)
{
	for (size_t k = 0; k < i; k++)
		if (p->jobs[k]->thread_id == p->jobs[i]->thread_id)
			return true;
	return false;
}

/* The job to do now. What is nearer to its end goes first, so that little is kept in memory. */
static struct job *pick(struct processor *p, enum task *task_out) REQUIRES(p->lock)
{
	struct job *to_read = NULL;
	bool all_threaded = true; /* of those before */
	for (size_t i = 0; i < p->count; i++) {
		struct job *job = p->jobs[i];
		if (job->busy) {
		} else if (!job->read) {
			if (to_read == NULL)
				to_read = job;
		} else if (job->threaded && !must_wait(p, i)) {
			*task_out = TASK_POST;
			return job;
		} else if (!job->threaded && all_threaded) {
			*task_out = TASK_THREAD;
			return job;
		}
		all_threaded = all_threaded && job->threaded;
	}
	*task_out = to_read == NULL ? TASK_NONE : TASK_READ;
	return to_read;
}

static void job_free(struct job *job)
{
	arena_free(&job->handled.arena);
	free(job);
}

static void remove_job(struct processor *p, const struct job *job) REQUIRES(p->lock)
{
	size_t i = 0;
	while (p->jobs[i] != job)
		i++;
	p->count--;
	memmove(&p->jobs[i], &p->jobs[i + 1], (p->count - i) * sizeof(struct job *));
	/* Older rows may have been opened again in the meantime. */
	p->look = p->look || p->count == 0;
}

static bool is_in_window(struct processor *p, int64_t delivery_id) REQUIRES(p->lock)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->jobs[i]->delivery_id == delivery_id)
			return true;
	return false;
}

/* One more row into the window; false when there is none, or no room. */
static bool load(struct processor *p, const struct worker *w) REQUIRES(p->lock)
{
	/* A row that was opened again stands among older ones. */
	if (p->count == 0)
		p->loaded = 0;
	if (!p->look || p->count == WINDOW)
		return false;
	struct job *job = MEM_NEW(struct job);
	struct delivery *delivery = &job->handled.delivery;
	job->handled.arena = arena_new();
	enum status status = delivery_next(w->handler.db, p->loaded, job->handled.arena, delivery);
	if (status != STATUS_OK) {
		job_free(job);
		p->look = status != STATUS_NOT_FOUND;
		if (p->look)
			hold(p, RETRY_FIRST_MS);
		return false;
	}
	p->loaded = delivery->delivery_id;
	if (is_in_window(p, delivery->delivery_id)) {
		job_free(job);
		return true;
	}
	if (delivery->attempts > 0)
		hold(p, delivery->next_try_at - clock_wall_ms());
	note(job);
	p->jobs[p->count++] = job;
	return true;
}

/* The row is the truth: what was known of it before it failed is not. The place in the order stays. */
static void reload(const struct worker *w, struct job *job)
{
	struct handled again = {.arena = arena_new()};
	enum status status = delivery_get(
		w->handler.db, job->handled.delivery.delivery_id, again.arena, &again.delivery);
	if (status != STATUS_OK) {
		arena_free(&again.arena);
		return;
	}
	arena_free(&job->handled.arena);
	job->handled = again;
	job->read = false;
}

/* Does one step of a job that is marked busy; true when it is done with. */
static bool work(const struct worker *w, struct job *job, enum task task, int64_t *delay_out)
{
	struct handled *handled = &job->handled;
	const char *why = "";
	enum status status = STATUS_OK;
	switch (task) {
	case TASK_NONE:
		break;
	case TASK_READ:
		status = handling_read(&w->handler, handled, &why);
		job->read = status == STATUS_OK;
		break;
	case TASK_THREAD:
		status = handling_thread(&w->handler, handled, &why);
		/* A duplicate or a loop: written down already. */
		if (status == STATUS_OK && handled->delivery.state != DELIVERY_THREADED) {
			tally_mail(&w->processor->tally, handled);
			return true;
		}
		break;
	case TASK_POST:
		status = handling_post(&w->handler, handled, &why);
		break;
	}
	*delay_out = 0;
	if (status == STATUS_OK && task != TASK_POST)
		return false;
	*delay_out = conclude(w->processor, &handled->delivery, status, why);
	if (*delay_out > 0)
		reload(w, job);
	else if (status == STATUS_OK)
		tally_mail(&w->processor->tally, handled);
	else
		tally_set_aside(&w->processor->tally);
	return *delay_out == 0;
}

/* Until something changes, or the hold is over. */
static void wait(struct processor *p, bool held) REQUIRES(p->lock)
{
	if (!held) {
		pthread_cond_wait(&p->changed, &p->lock.m);
		return;
	}
	struct timespec at = {
		.tv_sec = p->hold_until / 1000, .tv_nsec = p->hold_until % 1000 * 1000000};
	pthread_cond_timedwait(&p->changed, &p->lock.m, &at);
}

/* One turn of a worker. */
static void turn(struct processor *p, const struct worker *w) REQUIRES(p->lock)
{
	enum task task;
	bool held = clock_mono_ms() < p->hold_until;
	struct job *job = held ? NULL : pick(p, &task);
	if (!held && (job == NULL || task == TASK_READ) && load(p, w))
		return;
	if (job == NULL) {
		if (p->count == 0)
			parser_pool_rest(p->pool);
		wait(p, clock_mono_ms() < p->hold_until);
		return;
	}
	int64_t delay = 0;
	job->busy = true;
	mutex_unlock(&p->lock);
	bool done = work(w, job, task, &delay);
	mutex_lock(&p->lock);
	job->busy = false;
	note(job);
	if (delay > 0)
		hold(p, delay);
	if (done)
		remove_job(p, job);
	pthread_cond_broadcast(&p->changed);
	if (!done)
		return;
	mutex_unlock(&p->lock);
	job_free(job); /* removes the parser's folder */
	mutex_lock(&p->lock);
}

static void *run(void *arg)
{
	const struct worker *w = arg;
	struct processor *p = w->processor;
	mutex_lock(&p->lock);
	while (!p->stopping)
		turn(p, w);
	mutex_unlock(&p->lock);
	return NULL;
}

static enum status start_worker(struct processor *p, struct worker *w)
{
	w->processor = p;
	w->handler = (struct handler){
		.bridge = p->bridge,
		.judging = judging_new(p->bridge),
		.pool = p->pool,
		.temp_dir = arena_printf(p->arena, "%s/tmp", p->bridge->state_dir).p,
	};
	enum status status = db_open(p->bridge->db_path, true, &w->handler.db);
	if (status != STATUS_OK)
		return status;
	w->thread = thread_start("mail-inbound", run, w);
	w->started = true;
	return STATUS_OK;
}

enum status processor_start(struct bridge *bridge, struct processor **out)
{
	struct processor *p = MEM_NEW(struct processor);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	mutex_init(&p->lock);
	mutex_lock(&p->lock);
	p->look = true;
	mutex_unlock(&p->lock);
	p->bridge = bridge;
	p->arena = arena_new();
	p->pool = parser_pool_new(bridge->parser_program);
	tally_init(&p->tally, bridge->metrics);
	enum status status = STATUS_OK;
	for (size_t i = 0; i < WORKERS && status == STATUS_OK; i++)
		status = start_worker(p, &p->workers[i]);
	if (status != STATUS_OK) {
		processor_stop(&p);
		return status;
	}
	*out = p;
	return STATUS_OK;
}

void processor_stop(struct processor **processor)
{
	struct processor *p = *processor;
	if (p == NULL)
		return;
	*processor = NULL;
	mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->changed);
	mutex_unlock(&p->lock);
	for (size_t i = 0; i < WORKERS; i++) {
		struct worker *w = &p->workers[i];
		if (w->started)
			thread_join(w->thread);
		if (w->handler.db != NULL)
			db_close(&w->handler.db);
		judging_free(&w->handler.judging);
	}
	mutex_lock(&p->lock);
	while (p->count > 0)
		job_free(p->jobs[--p->count]);
	mutex_unlock(&p->lock);
	parser_pool_free(&p->pool);
	pthread_cond_destroy(&p->changed);
	mutex_release(&p->lock);
	arena_free(&p->arena);
	free(p);
}

void processor_wake(struct processor *processor)
{
	mutex_lock(&processor->lock);
	processor->look = true;
	pthread_cond_broadcast(&processor->changed);
	mutex_unlock(&processor->lock);
}
