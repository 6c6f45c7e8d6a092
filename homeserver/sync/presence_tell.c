/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that tells changes of presence, and what it takes up from the last run. */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/homeserver.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/rows.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/presence_private.h"
#include "homeserver/sync/presence_write.h"

#define LOG_MODULE "presence"
#include "common/base/log.h"

#define LOOK_EVERY_MS	 5000
#define SERVICE_TEXT_MAX ((size_t)64 * 1024)
/* Past so many changes at once everybody who asks for presence is woken: asking whom each of them
 * concerns would cost more than the wakes. */
#define TELL_EACH_MAX 50

/* What one change of the writer tells. */
struct telling {
	struct presence *presence;
	struct str_list users;	   /* whose presence */
	struct str_list listeners; /* who is woken */
};

static void collect_due(struct presence *p, struct arena *arena, struct str_list *out)
{
	mutex_lock(&p->lock);
	for (const struct presence_user *user = p->due; user != NULL; user = user->next_due)
		*ROWS_ADD(arena, out) = arena_str(arena, str_c(user->user_id));
	mutex_unlock(&p->lock);
}

static bool listens(struct presence *p, struct str user_id, int64_t now_ms)
{
	const struct presence_user *user;
	bool wants;

	mutex_lock(&p->lock);
	user = map_find(p->users, user_id);
	wants = user != NULL && user->wants_until > now_ms;
	mutex_unlock(&p->lock);
	return wants;
}

static void collect_all(
	struct presence *p, struct arena *arena, int64_t now_ms, struct str_list *out)
{
	size_t cursor = 0;
	struct str key;
	void *value;

	mutex_lock(&p->lock);
	while (map_next(p->users, &cursor, &key, &value)) {
		const struct presence_user *user = value;

		if (user->wants_until > now_ms)
			*ROWS_ADD(arena, out) = arena_str(arena, key);
	}
	mutex_unlock(&p->lock);
}

static enum status collect_neighbours(
	struct presence *p, struct arena *arena, int64_t now_ms, struct telling *telling)
{
	struct map *seen = map_new(PRESENCE_USERS_MAX);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < telling->users.count && status == STATUS_OK; i++) {
		struct str_list near = {0};

		status = membership_neighbours(p->db, arena, telling->users.items[i], &near);
		*ROWS_ADD(arena, &near) = telling->users.items[i];
		for (size_t j = 0; j < near.count && status == STATUS_OK; j++) {
			if (map_find(seen, near.items[j]) != NULL ||
				!listens(p, near.items[j], now_ms))
				continue;
			status = map_put(seen, near.items[j], p, NULL);
			*ROWS_ADD(arena, &telling->listeners) = near.items[j];
		}
	}
	map_free(&seen, NULL);
	return status;
}

static enum status save_user(struct db_tx *tx, struct presence *p, struct str user_id)
	REQUIRES(on_writer)
{
	struct presence_row row = {.user_id = user_id};
	struct presence_user *user;

	mutex_lock(&p->lock);
	user = map_find(p->users, user_id);
	if (user != NULL) {
		row.state = user->state;
		row.last_active = user->last_active;
		if (user->status_msg != NULL)
			row.status_msg = arena_str(tx->arena, str_c(user->status_msg));
		presence_mark_told(p, user, stream_next_volatile(tx));
	}
	mutex_unlock(&p->lock);
	return user == NULL ? STATUS_OK : presence_store_put(tx, &row);
}

static enum status tell_services(struct db_tx *tx, struct presence *p, struct str user_id)
	REQUIRES(on_writer)
{
	BUF_SCOPE(text, SERVICE_TEXT_MAX);
	struct presence_view view;
	struct json_writer w;

	if (!as_delivery_wants_presence(tx) || !presence_find(p, tx->arena, user_id, &view))
		return STATUS_OK;
	jw_init(&w, &text);
	presence_write_event(&w, &view, clock_wall_ms());
	if (buf_status(&text) != STATUS_OK)
		return STATUS_OK;
	return as_delivery_on_presence(tx, user_id, arena_str(tx->arena, buf_str(&text)));
}

static enum status tell_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct telling *telling = arg;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < telling->users.count && status == STATUS_OK; i++)
		status = save_user(tx, telling->presence, telling->users.items[i]);
	for (size_t i = 0; i < telling->users.count && status == STATUS_OK; i++)
		status = tell_services(tx, telling->presence, telling->users.items[i]);
	for (size_t i = 0; i < telling->listeners.count; i++)
		stream_touch_user(tx, telling->listeners.items[i]);
	return status;
}

/* From here on a change of theirs is a new one. */
static void forget_due(struct presence *p)
{
	mutex_lock(&p->lock);
	while (p->due != NULL) {
		struct presence_user *user = p->due;

		p->due = user->next_due;
		user->next_due = NULL;
		user->is_due = false;
	}
	mutex_unlock(&p->lock);
}

/* STATUS_UNAVAILABLE: the writer has ended. */
static enum status tell(struct presence *p, size_t *woken_out)
{
	ARENA_SCOPE(arena);
	struct telling telling = {.presence = p};
	int64_t now_ms = clock_mono_ms();
	enum status status = STATUS_OK;

	collect_due(p, arena, &telling.users);
	forget_due(p);
	*woken_out = 0;
	if (telling.users.count == 0)
		return STATUS_OK;
	if (telling.users.count > TELL_EACH_MAX)
		collect_all(p, arena, now_ms, &telling.listeners);
	else
		status = collect_neighbours(p, arena, now_ms, &telling);
	if (status == STATUS_OK)
		status = db_write(p->hs->writer, tell_change, &telling);
	if (status != STATUS_OK && status != STATUS_UNAVAILABLE)
		log_warning("%zu changes of presence were not told: %s", telling.users.count,
			status_name(status));
	*woken_out = telling.listeners.count;
	return status;
}

static void wait_until(struct presence *p, int64_t until_ms) REQUIRES(p->lock)
{
	struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

	pthread_cond_timedwait(&p->changed, &p->lock.m, &at);
}

/* Until there is something to tell and the last telling is long enough ago, or it is time to look.
 * false when stopping. */
static bool wait_for_work(struct presence *p, int64_t look_ms, int64_t tell_ms)
{
	bool goes_on;

	mutex_lock(&p->lock);
	for (;;) {
		int64_t now_ms = clock_mono_ms();

		if (p->stopping || now_ms >= look_ms || (p->due != NULL && now_ms >= tell_ms))
			break;
		wait_until(p, p->due != NULL && tell_ms < look_ms ? tell_ms : look_ms);
	}
	goes_on = !p->stopping;
	mutex_unlock(&p->lock);
	return goes_on;
}

static void *presence_run(void *arg)
{
	struct presence *p = arg;
	int64_t look_ms = clock_mono_ms() + LOOK_EVERY_MS, tell_ms = 0;

	while (wait_for_work(p, look_ms, tell_ms)) {
		int64_t now_ms = clock_mono_ms(), pause_ms;
		size_t woken;

		if (now_ms >= look_ms) {
			(void)presence_look(p, now_ms);
			look_ms = now_ms + LOOK_EVERY_MS;
		}
		if (now_ms < tell_ms)
			continue;
		if (tell(p, &woken) == STATUS_UNAVAILABLE)
			break;
		pause_ms = (int64_t)woken * PRESENCE_WAKE_MS;
		tell_ms = clock_mono_ms() +
			  (pause_ms > PRESENCE_TELL_MS ? pause_ms : PRESENCE_TELL_MS);
	}
	return NULL;
}

static enum status take_up(struct presence *p)
{
	ARENA_SCOPE(arena);
	struct presence_rows rows;
	int64_t position = stream_current(p->hs->streams);
	int64_t until = clock_mono_ms() + 2 * PRESENCE_GRACE_MS;
	enum status status = presence_store_here(p->db, arena, &rows);

	mutex_lock(&p->lock);
	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
		struct presence_user *user = presence_user_add(p, &rows.items[i]);

		if (user == NULL)
			break;
		user->online_until = user->state == PRESENCE_ONLINE ? until : 0;
		user->idle_until = until;
		user->active_ms = clock_mono_ms();
		presence_mark_told(p, user, position);
	}
	mutex_unlock(&p->lock);
	return status;
}

enum status presence_start(struct presence *p, struct homeserver *hs, const char *path)
{
	enum status status;

	p->hs = hs;
	status = db_open(path, true, &p->db);
	if (status == STATUS_OK)
		status = take_up(p);
	if (status != STATUS_OK)
		return status;
	p->started = true;
	p->thread = thread_start("presence", presence_run, p);
	return STATUS_OK;
}

void presence_end(struct presence *p)
{
	mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->changed);
	mutex_unlock(&p->lock);
	if (p->started)
		thread_join(p->thread);
	p->started = false;
}
