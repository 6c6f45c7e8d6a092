/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_delivery.h"

#include <time.h>

#include "common/base/clock.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "common/metrics/metrics.h"
#include "homeserver/homeserver.h"
#include "homeserver/push/push_lanes.h"
#include "homeserver/push/push_send.h"

#define LOG_MODULE "push"
#include "common/base/log.h"

struct push_delivery {
	struct homeserver *hs;
	char *path;	   /* of the database; NULL until started */
	struct map *users; /* who has pushers; the writer's */
	atomic_bool stopping;

	struct mutex lock; /* guards what follows */
	pthread_cond_t changed;
	struct push_lanes *lanes;
	pthread_t threads[PUSH_THREADS_MAX];
	unsigned started;
	unsigned idle;
};

#define OPEN_AGAIN_MS 200L

static char has_pushers; /* what the map of users holds: that they are there says all */

struct push_delivery *push_delivery_new(struct homeserver *hs)
{
	struct push_delivery *d = MEM_NEW(struct push_delivery);
	pthread_condattr_t attributes;
	d->hs = hs;
	d->users = map_new(PUSH_USERS_MAX);
	d->lanes = push_lanes_new();
	mutex_init(&d->lock);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return d;
}

void push_delivery_end(struct push_delivery *d)
{
	mutex_lock(&d->lock);
	atomic_store(&d->stopping, true);
	pthread_cond_broadcast(&d->changed);
	unsigned started = d->started;
	d->started = 0;
	mutex_unlock(&d->lock);
	for (unsigned i = 0; i < started; i++)
		thread_join(d->threads[i]);
}

void push_delivery_free(struct push_delivery **delivery)
{
	struct push_delivery *d = *delivery;
	if (d == NULL)
		return;
	push_delivery_end(d);
	push_lanes_free(&d->lanes);
	map_free(&d->users, NULL);
	pthread_cond_destroy(&d->changed);
	mutex_release(&d->lock);
	mem_freep(&d->path);
	mem_freep(delivery);
}

size_t push_delivery_waiting(struct push_delivery *d)
{
	mutex_lock(&d->lock);
	size_t count = push_lanes_count(d->lanes);
	mutex_unlock(&d->lock);
	return count;
}

/* --- threads --- */

static void *run(void *arg);

/* Wakes a thread, or starts one more when all are busy and there are more lanes than threads. Each
 * thread that gets a lane calls the next one: a thread that was woken counts as idle until it
 * runs, and the lanes that came meanwhile must not wait for the call of the first. */
static void call_hands(struct push_delivery *d) REQUIRES(d->lock)
{
	pthread_cond_signal(&d->changed);
	if (d->idle > 0 || d->started == PUSH_THREADS_MAX || d->path == NULL ||
		atomic_load(&d->stopping) || d->started >= push_lanes_count(d->lanes))
		return;
	d->threads[d->started++] = thread_start("push", run, d);
}

static struct push_lane *next_lane(struct push_delivery *d) REQUIRES(d->lock)
{
	while (!atomic_load(&d->stopping)) {
		int64_t until;
		struct push_lane *lane = push_lanes_take(d->lanes, clock_mono_ms(), &until);
		if (lane != NULL) {
			call_hands(d);
			return lane;
		}
		d->idle++;
		if (until == INT64_MAX) {
			pthread_cond_wait(&d->changed, &d->lock.m);
		} else {
			const struct timespec at = {
				.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
			(void)pthread_cond_timedwait(&d->changed, &d->lock.m, &at);
		}
		d->idle--;
	}
	return NULL;
}

/* push_send() asks before it calls. */
static bool enter_gateway(void *context, struct push_lane *lane, struct str url)
{
	struct push_delivery *d = context;
	mutex_lock(&d->lock);
	bool entered = push_lanes_enter(d->lanes, lane, url, clock_mono_ms());
	mutex_unlock(&d->lock);
	return entered;
}

static void work(struct push_delivery *d, struct push_sender *sender, struct push_lane *lane)
{
	int64_t retry_after_ms = 0;
	enum push_result result = push_send(sender, lane, &retry_after_ms);
	mutex_lock(&d->lock);
	if (push_lanes_give(d->lanes, lane, result, retry_after_ms, clock_mono_ms()) &&
		!atomic_load(&d->stopping))
		log_warning("a push gateway does not answer; trying on");
	pthread_cond_signal(&d->changed);
	mutex_unlock(&d->lock);
}

/* A process that is out of descriptors has some again later. False: the end came first. */
static bool open_database(struct push_delivery *d, struct db **out)
{
	bool told = false;
	while (!atomic_load(&d->stopping)) {
		if (db_open(d->path, true, out) == STATUS_OK)
			return true;
		if (!told)
			log_error("the database cannot be opened for notifications; trying on");
		told = true;
		const struct timespec pause = {.tv_nsec = OPEN_AGAIN_MS * 1000000};
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static void *run(void *arg)
{
	struct push_delivery *d = arg;
	struct push_sender sender = {
		.hs = d->hs, .stopping = &d->stopping, .enter = enter_gateway, .context = d};
	if (!open_database(d, &sender.db))
		return NULL;
	sender.http = http_client_new();
	for (;;) {
		mutex_lock(&d->lock);
		struct push_lane *lane = next_lane(d);
		mutex_unlock(&d->lock);
		if (lane == NULL)
			break;
		work(d, &sender, lane);
	}
	http_client_free(&sender.http);
	db_close(&sender.db);
	return NULL;
}

static void wake(struct push_delivery *d, const struct pusher_key *pusher)
{
	mutex_lock(&d->lock);
	push_lanes_wake(d->lanes, pusher);
	call_hands(d);
	mutex_unlock(&d->lock);
}

static double waiting(void *context)
{
	return (double)push_delivery_waiting(context);
}

enum status push_delivery_start(struct push_delivery *d, const char *path)
{
	ARENA_SCOPE(arena);
	struct db *db = NULL;
	struct pusher_keys pending = {0};
	enum status status = db_open(path, true, &db);
	if (status == STATUS_OK)
		status = push_queue_pending(db, arena, &pending);
	db_close(&db);
	if (status != STATUS_OK)
		return status;
	metrics_gauge_fn(d->hs->metrics, "parvis_homeserver_pushers_waiting",
		"Pushers with something to send", waiting, d);
	mutex_lock(&d->lock);
	d->path = mem_strdup(str_c(path));
	mutex_unlock(&d->lock);
	for (size_t i = 0; i < pending.count; i++)
		wake(d, &pending.items[i]);
	return STATUS_OK;
}

enum status push_delivery_load_users(struct push_delivery *d, struct db *db)
{
	ARENA_SCOPE(arena);
	struct str_list users = {0};
	enum status status = push_queue_users(db, arena, &users);
	for (size_t i = 0; status == STATUS_OK && i < users.count; i++)
		status = map_put(d->users, users.items[i], &has_pushers, NULL);
	return status;
}

/* --- in the writer --- */

static void wake_after_commit(void *context, void *arg)
{
	const struct homeserver *hs = context;
	wake(hs->push_delivery, arg);
}

void push_delivery_wake(struct db_tx *tx, const struct pusher_key *pusher)
{
	struct pusher_key *copy = ARENA_NEW(tx->arena, struct pusher_key);
	*copy = (struct pusher_key){.user_id = arena_str(tx->arena, pusher->user_id),
		.app_id = arena_str(tx->arena, pusher->app_id),
		.pushkey = arena_str(tx->arena, pusher->pushkey)};
	db_after_commit(tx, wake_after_commit, copy);
}

static void add_user(void *context, void *arg)
{
	const struct homeserver *hs = context;
	const struct str *user_id = arg;
	if (map_put(hs->push_delivery->users, *user_id, &has_pushers, NULL) != STATUS_OK)
		log_warning("too many users have pushers");
}

void push_delivery_add_user(struct db_tx *tx, struct str user_id)
{
	struct str *copy = ARENA_NEW(tx->arena, struct str);
	*copy = arena_str(tx->arena, user_id);
	if (homeserver_of(tx)->push_delivery != NULL)
		db_after_commit(tx, add_user, copy);
}

bool push_delivery_has_pushers(const struct db_tx *tx, struct str user_id)
{
	const struct push_delivery *d = homeserver_of(tx)->push_delivery;
	return d != NULL && map_find(d->users, user_id) != NULL;
}

size_t push_delivery_user_count(const struct db_tx *tx)
{
	const struct push_delivery *d = homeserver_of(tx)->push_delivery;
	return d == NULL ? 0 : map_count(d->users);
}

bool push_delivery_next_user(const struct db_tx *tx, size_t *cursor, struct str *user_id_out)
{
	void *value;
	return map_next(homeserver_of(tx)->push_delivery->users, cursor, user_id_out, &value);
}
