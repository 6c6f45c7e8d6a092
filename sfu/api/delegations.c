/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/delegations.h"

#include <stdatomic.h>

#include "common/base/clock.h"
#include "common/base/mailbox.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "config/config.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/sfu.h"
#include "sfu/store/delegations_store.h"

#define LOG_MODULE "delegations"
#include "common/base/log.h"

#define MAILBOX_MAX    4096
#define CALL_MS	       5000
#define TICK_MS	       1000
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   30000

struct delegation {
	char *room, *identity, *delay_id;
	int64_t timeout_ms, restarted_ms;
	bool seen;	  /* in the meeting, once */
	bool present;	  /* when it was last looked at */
	int64_t next_ms;  /* wall clock: nothing is tried before */
	int64_t retry_ms; /* how long to wait after the next failure; 0: none yet */
};

/* The thread owns `by_person`, and everything else here is constant. */
struct delegations {
	struct sfu *sfu;
	struct mailbox *mailbox; /* of struct delegation: new ones */
	struct map *by_person;	 /* "room identity" */
	struct http_client *client;
	atomic_uint count;
	pthread_t thread;
};

static void delegation_free(void *value)
{
	struct delegation *d = value;
	if (value == NULL)
		return;
	mem_freep(&d->room);
	mem_freep(&d->identity);
	mem_freep(&d->delay_id);
	mem_freep(&d);
}

static struct delegation *delegation_new(const struct delegation_row *row)
{
	struct delegation *d = MEM_NEW(struct delegation);
	d->room = mem_strdup(row->room);
	d->identity = mem_strdup(row->identity);
	d->delay_id = mem_strdup(row->delay_id);
	d->timeout_ms = row->timeout_ms;
	d->restarted_ms = row->restarted_ms;
	d->seen = row->seen;
	return d;
}

static struct delegation_row row_of(const struct delegation *d)
{
	return (struct delegation_row){str_c(d->room), str_c(d->identity), str_c(d->delay_id),
		d->timeout_ms, d->restarted_ms, d->seen};
}

static struct str key_of(struct arena *arena, const struct delegation *d)
{
	return arena_printf(arena, "%s %s", d->room, d->identity);
}

/* --- rows ------------------------------------------------------------------------------------- */

static enum status put_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return delegations_store_put(tx, arg);
}

static enum status remove_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return delegations_store_remove(tx, arg);
}

static void save(struct delegations *all, const struct delegation *d)
{
	struct delegation_row row = row_of(d);
	enum status status = db_write(all->sfu->writer, put_change, &row);
	if (status != STATUS_OK)
		log_error("a delayed leave was not saved: %s", status_name(status));
}

/* --- what the homeserver is asked ------------------------------------------------------------- */

enum outcome { DONE, GONE, FAILED };

static enum outcome ask(struct delegations *all, const struct delegation *d, const char *action)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(url, (size_t)8 * 1024);
	struct http_answer answer;
	buf_printf(&url, "%s/_matrix/client/unstable/org.matrix.msc4140/delayed_events/",
		all->sfu->config->sfu.homeserver_url);
	http_escape(&url, str_c(d->delay_id));
	buf_printf(&url, "/%s", action);
	const struct http_call call = {
		.method = "POST",
		.url = buf_str(&url).p,
		.body = STR("{}"),
		.timeout_ms = CALL_MS,
		.cancel = &all->sfu->stopping,
		.max_answer = (size_t)64 * 1024,
	};
	enum status status = buf_status(&url);
	if (status == STATUS_OK)
		status = http_call(all->client, arena, &call, &answer);
	if (status == STATUS_OK && answer.status >= 200 && answer.status < 300)
		return DONE;
	if (status == STATUS_OK && answer.status == 404)
		return GONE;
	log_warning("a delayed leave could not be asked to %s: %s", action,
		status == STATUS_OK ? "the homeserver refused" : status_name(status));
	return FAILED;
}

static void try_later(struct delegation *d, int64_t now_ms)
{
	d->retry_ms = d->retry_ms == 0		       ? RETRY_FIRST_MS
		      : d->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS
						       : d->retry_ms * 2;
	d->next_ms = now_ms + d->retry_ms;
}

/* --- one look --------------------------------------------------------------------------------- */

static bool is_over(const struct delegation *d, int64_t now_ms)
{
	return now_ms >= d->restarted_ms + d->timeout_ms;
}

/* false: it is done with. */
static bool keep_alive(struct delegations *all, struct delegation *d, int64_t now_ms)
{
	switch (ask(all, d, "restart")) {
	case DONE:
		d->restarted_ms = now_ms;
		d->next_ms = now_ms + d->timeout_ms / 5 * 4;
		d->retry_ms = 0;
		save(all, d);
		return true;
	case GONE:
		return false;
	case FAILED:
		break;
	}
	try_later(d, now_ms);
	return !is_over(d, now_ms);
}

static bool send_leave(struct delegations *all, struct delegation *d, int64_t now_ms)
{
	if (ask(all, d, "send") != FAILED)
		return false;
	try_later(d, now_ms);
	return !is_over(d, now_ms);
}

/* false: it is done with. */
static bool attend(struct delegations *all, struct delegation *d, int64_t now_ms)
{
	bool present =
		occupancy_look(all->sfu->occupancy, str_c(d->room), str_c(d->identity)).present;
	if (present != d->present) {
		d->present = present;
		d->seen = true;
		d->next_ms = now_ms;
		d->retry_ms = 0;
	}
	if (now_ms < d->next_ms)
		return true;
	if (present)
		return keep_alive(all, d, now_ms);
	return d->seen ? send_leave(all, d, now_ms) : !is_over(d, now_ms);
}

static void forget(struct delegations *all, struct str key, const struct delegation *d)
{
	struct delegation_row row = row_of(d);
	if (db_write(all->sfu->writer, remove_change, &row) != STATUS_OK)
		log_warning("a delayed leave that is over could not be removed");
	delegation_free(map_remove(all->by_person, key));
	atomic_fetch_sub(&all->count, 1);
}

/* Gives how long nothing is due, TICK_MS at most: then it is time to see who is there. */
static int64_t look_at_all(struct delegations *all)
{
	int64_t wait_ms = TICK_MS;
	size_t cursor = 0;
	struct str key;
	void *value;
	while (map_next(all->by_person, &cursor, &key, &value) &&
		!atomic_load(&all->sfu->stopping)) {
		const struct delegation *d = value;
		int64_t left_ms;
		if (!attend(all, value, clock_wall_ms())) {
			forget(all, key, value);
			continue;
		}
		left_ms = d->next_ms - clock_wall_ms();
		if (left_ms > 0 && left_ms < wait_ms)
			wait_ms = left_ms;
	}
	return wait_ms;
}

/* Takes it. */
static void put(struct delegations *all, struct delegation *d)
{
	ARENA_SCOPE(arena);
	void *old = NULL;
	if (map_put(all->by_person, key_of(arena, d), d, &old) != STATUS_OK) {
		delegation_free(d);
		return;
	}
	if (old == NULL)
		atomic_fetch_add(&all->count, 1);
	delegation_free(old);
}

static void *run(void *arg)
{
	struct delegations *all = arg;
	int64_t wait_ms = TICK_MS;
	while (!atomic_load(&all->sfu->stopping)) {
		void *message = mailbox_wait(all->mailbox, wait_ms);
		for (; message != NULL; message = mailbox_take(all->mailbox))
			put(all, message);
		wait_ms = look_at_all(all);
	}
	return NULL;
}

/* --- from outside ----------------------------------------------------------------------------- */

static void take_row(void *context, const struct delegation_row *row)
{
	struct delegations *all = context;
	struct delegation *d = delegation_new(row);
	d->next_ms = clock_wall_ms() + DELEGATION_RETURN_MS;
	put(all, d);
}

enum status delegations_start(struct sfu *sfu, struct delegations **out)
{
	struct db *db = NULL;
	struct delegations *all = MEM_NEW(struct delegations);
	all->sfu = sfu;
	all->by_person = map_new(DELEGATIONS_MAX);
	enum status status = db_open(sfu->database, true, &db);
	if (status == STATUS_OK)
		status = delegations_store_each(db, take_row, all);
	db_close(&db);
	if (status != STATUS_OK) {
		map_free(&all->by_person, delegation_free);
		mem_freep(&all);
		return status;
	}
	all->mailbox = mailbox_new(MAILBOX_MAX);
	all->client = http_client_new();
	all->thread = thread_start("delegations", run, all);
	*out = all;
	return STATUS_OK;
}

void delegations_stop(struct delegations **delegations)
{
	struct delegations *all = *delegations;
	if (all == NULL)
		return;
	*delegations = NULL;
	mailbox_close(all->mailbox);
	thread_join(all->thread);
	mailbox_free(&all->mailbox, delegation_free);
	map_free(&all->by_person, delegation_free);
	http_client_free(&all->client);
	mem_freep(&all);
}

enum status delegations_add(struct delegations *delegations, struct str room, struct str identity,
	struct str delay_id, int64_t timeout_ms)
{
	struct delegation_row row = {room, identity, delay_id, timeout_ms, clock_wall_ms(), false};
	if (atomic_load(&delegations->count) >= DELEGATIONS_MAX)
		return STATUS_LIMITED;
	enum status status = db_write(delegations->sfu->writer, put_change, &row);
	if (status != STATUS_OK)
		return status;
	struct delegation *d = delegation_new(&row);
	status = mailbox_send(delegations->mailbox, d);
	if (status != STATUS_OK)
		delegation_free(d);
	return status == STATUS_TOO_LARGE ? STATUS_LIMITED : status;
}
