/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/delayed_events.h"

#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "common/json/canonical.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/event_build.h"
#include "homeserver/store/delayed_event_store.h"
#include "homeserver/store/room_store.h"

#define LOG_MODULE "delayed"
#include "common/base/log.h"

#define DELAY_ID_LENGTH 32 /* 190 bits: who knows it may act */
#define ERROR_MAX	1024
#define FAILURE_WAIT_MS 1000 /* after a failure of the disk */

struct delayed_events {
	struct homeserver *hs;
	struct db *db; /* a reader; the thread's */
	pthread_t thread;
	bool started;

	struct mutex lock; /* guards what follows */
	pthread_cond_t changed;
	bool stopping;
	uint64_t changes; /* counts what may have moved the next one */
};

struct delayed_events *delayed_events_new(struct homeserver *hs)
{
	struct delayed_events *d = MEM_NEW(struct delayed_events);
	d->hs = hs;
	mutex_init(&d->lock);
	/* The wall clock, as in the rows: when it is set, the wait follows. */
	pthread_cond_init(&d->changed, NULL);
	return d;
}

void delayed_events_end(struct delayed_events *d)
{
	mutex_lock(&d->lock);
	d->stopping = true;
	pthread_cond_broadcast(&d->changed);
	mutex_unlock(&d->lock);
	if (d->started)
		thread_join(d->thread);
	d->started = false;
}

void delayed_events_free(struct delayed_events **delayed)
{
	struct delayed_events *d = *delayed;
	if (d == NULL)
		return;
	delayed_events_end(d);
	db_close(&d->db);
	pthread_cond_destroy(&d->changed);
	mutex_release(&d->lock);
	mem_freep(delayed);
}

static void wake(void *context, void *arg)
{
	struct delayed_events *d = ((const struct homeserver *)context)->delayed_events;
	(void)arg;
	mutex_lock(&d->lock);
	d->changes++;
	pthread_cond_signal(&d->changed);
	mutex_unlock(&d->lock);
}

static void wake_after(struct db_tx *tx) REQUIRES(on_writer)
{
	if (homeserver_of(tx)->delayed_events != NULL)
		db_after_commit(tx, wake, NULL);
}

/* --- scheduling --- */

/* {NULL, 0} without a transaction id. Lengths tell the parts apart. */
static struct str txn_scope(struct arena *arena, const struct event_draft *d)
{
	if (d->txn_id.n == 0)
		return STR_EMPTY;
	return arena_printf(arena, "%zu %zu %zu %zu %zu\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", d->sender.n,
		d->device_id.n, d->room_id.n, d->type.n, d->redacts.n, STR_FMT(d->sender),
		STR_FMT(d->device_id), STR_FMT(d->room_id), STR_FMT(d->type), STR_FMT(d->txn_id));
}

MUST_CHECK static enum status check_draft(struct db_tx *tx, const struct event_draft *draft)
{
	const struct json *content = NULL;
	struct room_row room;
	if (draft->content.n > EVENT_MAX_BYTES || draft->type.n > MATRIX_ID_MAX ||
		draft->state_key.n > MATRIX_ID_MAX)
		return STATUS_TOO_LARGE;
	if (!str_is_utf8(draft->type) || !str_is_utf8(draft->state_key) ||
		json_parse(tx->arena, draft->content, &content, NULL) != STATUS_OK ||
		!json_is(content, JSON_OBJECT) || !canonical_ok(content))
		return STATUS_INVALID;
	return room_store_find(tx->db, tx->arena, draft->room_id, &room);
}

MUST_CHECK static enum status check_count(
	struct db_tx *tx, struct str user_id, int64_t now, int64_t *retry_ms_out)
{
	int64_t count, first_ts;
	enum status status = delayed_event_count(tx->db, user_id, &count, &first_ts);
	if (status != STATUS_OK || count < DELAYED_EVENTS_PER_USER)
		return status;
	*retry_ms_out = first_ts > now ? first_ts - now : 1;
	return STATUS_LIMITED;
}

enum status delayed_events_schedule(struct db_tx *tx, const struct event_draft *draft,
	int64_t delay_ms, struct str *delay_id_out, int64_t *retry_ms_out)
{
	int64_t now = clock_wall_ms();
	struct str scope = txn_scope(tx->arena, draft);
	enum status status = STATUS_NOT_FOUND;
	if (scope.p != NULL)
		status = delayed_event_find_txn(tx->db, tx->arena, scope, delay_id_out);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = check_draft(tx, draft);
	if (status == STATUS_OK)
		status = check_count(tx, draft->sender, now, retry_ms_out);
	if (status != STATUS_OK)
		return status;
	const struct delayed_event event = {
		.delay_id = secret_token(tx->arena, DELAY_ID_LENGTH),
		.user_id = draft->sender,
		.device_id = draft->device_id,
		.scope = scope,
		.room_id = draft->room_id,
		.type = draft->type,
		.state_key = draft->state_key,
		.redacts = draft->redacts,
		.content = draft->content,
		.origin_server_ts = draft->origin_server_ts,
		.delay_ms = delay_ms,
		.running_since = now,
	};
	status = delayed_event_add(tx, &event);
	*delay_id_out = event.delay_id;
	wake_after(tx);
	return status;
}

/* --- sending --- */

static struct str error_text(struct arena *arena, const char *errcode, const char *why)
{
	BUF_SCOPE(text, ERROR_MAX);
	struct json_writer w;
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_c_str(&w, "errcode", errcode);
	jw_put_c_str(&w, "error", why);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&text));
}

static const char *errcode_of(enum status status)
{
	switch (status) {
	case STATUS_DENIED:
		return "M_FORBIDDEN";
	case STATUS_NOT_FOUND:
		return "M_NOT_FOUND";
	case STATUS_INVALID:
		return "M_BAD_JSON";
	case STATUS_TOO_LARGE:
		return "M_TOO_LARGE";
	case STATUS_EXISTS:
		return "M_DUPLICATE_ANNOTATION";
	default:
		return NULL;
	}
}

/* STATUS_IO and the like: nothing was changed. */
MUST_CHECK static enum status send_now(struct db_tx *tx, const struct delayed_event *delayed,
	bool by_action, const char **why_out) REQUIRES(on_writer)
{
	const struct event_draft draft = {.room_id = delayed->room_id,
		.sender = delayed->user_id,
		.type = delayed->type,
		.state_key = delayed->state_key,
		.content = delayed->content,
		.redacts = delayed->redacts,
		.origin_server_ts = delayed->origin_server_ts,
		.device_id = delayed->device_id};
	struct delayed_outcome outcome = {.delay_id = delayed->delay_id,
		.user_id = delayed->user_id,
		.now = clock_wall_ms(),
		.by_action = by_action};
	struct event *event = NULL;
	enum status status = room_send(tx, &draft, &event, why_out);
	if (status == STATUS_OK) {
		outcome.event_id = event->event_id;
		outcome.event_position = event->position;
	} else if (by_action || errcode_of(status) == NULL) {
		return status;
	} else {
		outcome.error = error_text(tx->arena, errcode_of(status),
			*why_out != NULL ? *why_out : status_name(status));
	}
	wake_after(tx);
	return delayed_event_finalise(tx, &outcome);
}

struct due {
	struct str delay_id;
	int64_t now;
};

static enum status send_due(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct due *due = arg;
	struct delayed_event delayed;
	const char *why = NULL;
	enum status status = delayed_event_find(tx->db, tx->arena, due->delay_id, &delayed);
	/* Between the look and this change it may have been sent, cancelled or restarted. */
	if (status != STATUS_OK || delayed.finalised_ts != 0 ||
		delayed.running_since + delayed.delay_ms > due->now)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	return send_now(tx, &delayed, false, &why);
}

/* --- the thread --- */

/* Until the time on the wall, or until something changes. */
static void sleep_until(struct delayed_events *d, uint64_t changes, int64_t until)
{
	const struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
	mutex_lock(&d->lock);
	while (!d->stopping && d->changes == changes) {
		if (until == INT64_MAX)
			pthread_cond_wait(&d->changed, &d->lock.m);
		else if (pthread_cond_timedwait(&d->changed, &d->lock.m, &at) != 0)
			break;
	}
	mutex_unlock(&d->lock);
}

static void pass_one(struct delayed_events *d, uint64_t changes)
{
	ARENA_SCOPE(arena);
	struct due due = {.now = clock_wall_ms()};
	int64_t send_ts = INT64_MAX;
	enum status status = delayed_event_next(d->db, arena, &due.delay_id, &send_ts);
	if (status == STATUS_OK && send_ts <= due.now) {
		status = db_write(d->hs->writer, send_due, &due);
		if (status == STATUS_OK)
			return;
	}
	if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
		log_warning(
			"a delayed event could not be sent (%s); trying on", status_name(status));
		send_ts = due.now + FAILURE_WAIT_MS;
	}
	sleep_until(d, changes, send_ts);
}

static void *run(void *arg)
{
	struct delayed_events *d = arg;
	for (;;) {
		mutex_lock(&d->lock);
		uint64_t changes = d->changes;
		bool stopping = d->stopping;
		mutex_unlock(&d->lock);
		if (stopping)
			return NULL;
		pass_one(d, changes);
	}
}

enum status delayed_events_start(struct delayed_events *d, const char *path)
{
	enum status status = db_open(path, true, &d->db);
	if (status != STATUS_OK)
		return status;
	d->started = true;
	d->thread = thread_start("delayed", run, d);
	return STATUS_OK;
}

/* --- managing --- */

enum status delayed_events_manage(
	struct db_tx *tx, struct str delay_id, enum delayed_action action, const char **why_out)
{
	struct delayed_event delayed;
	int64_t now = clock_wall_ms();
	enum status status = delayed_event_find(tx->db, tx->arena, delay_id, &delayed);
	*why_out = NULL;
	if (status != STATUS_OK)
		return status;
	if (delayed.finalised_ts != 0) {
		bool same = action != DELAYED_RESTART && delayed.sent == (action == DELAYED_SEND);
		return same ? STATUS_OK : STATUS_NOT_FOUND;
	}
	const struct delayed_outcome cancelled = {
		.delay_id = delay_id, .user_id = delayed.user_id, .now = now, .by_action = true};
	switch (action) {
	case DELAYED_RESTART:
		wake_after(tx);
		return delayed_event_restart(tx, delay_id, now);
	case DELAYED_CANCEL:
		wake_after(tx);
		return delayed_event_finalise(tx, &cancelled);
	case DELAYED_SEND:
		return send_now(tx, &delayed, true, why_out);
	}
	return STATUS_INTERNAL;
}

enum status delayed_events_on_event(struct db_tx *tx, const struct event *event)
{
	bool changed;
	if (!event_is_state(event))
		return STATUS_OK;
	enum status status = delayed_event_cancel_state(tx, event->room_id, event->type,
		event->state_key, event->sender,
		STR("{\"errcode\":\"M_UNKNOWN\",\"org.matrix.msc4140.errcode\":"
		    "\"M_CANCELLED_BY_STATE_UPDATE\",\"error\":\"Somebody else set this state\"}"),
		clock_wall_ms(), &changed);
	if (status == STATUS_OK && changed)
		wake_after(tx);
	return status;
}
