/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/presence.h"

#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/event.h"
#include "homeserver/store/rows.h"
#include "homeserver/sync/presence_private.h"

#define CURRENTLY_ACTIVE_MS (60 * 1000)

static const char *const words[] = {
	[PRESENCE_OFFLINE] = "offline",
	[PRESENCE_UNAVAILABLE] = "unavailable",
	[PRESENCE_ONLINE] = "online",
};

const char *presence_word(enum presence_state state)
{
	return words[state];
}

bool presence_parse(struct str word, enum presence_state *out)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_c(word, words[i])) {
			*out = (enum presence_state)i;
			return true;
		}
	}
	return false;
}

static void user_free(void *value)
{
	struct presence_user *user = value;

	free(user->user_id);
	free(user->status_msg);
	free(user);
}

struct presence *presence_new(void)
{
	struct presence *p = MEM_NEW(struct presence);
	pthread_condattr_t attributes;

	mutex_init(&p->lock);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	p->users = map_new(PRESENCE_USERS_MAX);
	return p;
}

void presence_free(struct presence **presence)
{
	struct presence *p = *presence;

	if (p == NULL)
		return;
	presence_end(p);
	db_close(&p->db);
	map_free(&p->users, user_free);
	pthread_cond_destroy(&p->changed);
	mutex_release(&p->lock);
	free(p);
	*presence = NULL;
}

static void list_remove(struct presence *p, struct presence_user *user)
{
	if (user->newer != NULL)
		user->newer->older = user->older;
	else if (p->newest == user)
		p->newest = user->older;
	if (user->older != NULL)
		user->older->newer = user->newer;
	user->newer = user->older = NULL;
}

void presence_mark_told(struct presence *p, struct presence_user *user, int64_t position)
{
	list_remove(p, user);
	user->position = position;
	user->older = p->newest;
	if (p->newest != NULL)
		p->newest->newer = user;
	p->newest = user;
}

void presence_mark_due(struct presence *p, struct presence_user *user)
{
	if (user->is_due)
		return;
	user->is_due = true;
	user->next_due = p->due;
	p->due = user;
	pthread_cond_signal(&p->changed);
}

/* Users who are offline and ask for nothing make place. */
static void users_forget(struct presence *p) REQUIRES(p->lock)
{
	size_t cursor = 0;
	struct str key;
	void *value;

	while (map_next(p->users, &cursor, &key, &value)) {
		struct presence_user *user = value;

		if (user->state != PRESENCE_OFFLINE || user->is_due ||
			user->wants_until > clock_mono_ms())
			continue;
		list_remove(p, user);
		map_remove(p->users, key);
		user_free(user);
	}
}

struct presence_user *presence_user_add(struct presence *p, const struct presence_row *row)
{
	struct presence_user *user = map_find(p->users, row->user_id);

	if (user != NULL)
		return user;
	if (map_count(p->users) >= PRESENCE_USERS_MAX)
		users_forget(p);
	user = MEM_NEW(struct presence_user);
	user->user_id = mem_strdup(row->user_id);
	user->status_msg = row->status_msg.p == NULL ? NULL : mem_strdup(row->status_msg);
	user->state = row->state;
	user->last_active = row->last_active;
	if (map_put(p->users, row->user_id, user, NULL) != STATUS_OK) {
		user_free(user);
		return NULL;
	}
	return user;
}

static void state_set(struct presence *p, struct presence_user *user, enum presence_state state)
	REQUIRES(p->lock)
{
	if (user->state == state)
		return;
	user->state = state;
	presence_mark_due(p, user);
}

static void be_active(struct presence_user *user, int64_t now_ms, int64_t wall_ms)
{
	user->last_active = wall_ms;
	user->active_ms = now_ms;
}

/* --- what clients say --- */

static void sync_says(struct presence *p, struct presence_user *user,
	const struct presence_sync *sync) REQUIRES(p->lock)
{
	int64_t until = sync->now_ms + sync->lasts_ms + PRESENCE_GRACE_MS;

	if (sync->wants)
		user->wants_until = until;
	switch (sync->wish) {
	case PRESENCE_WISH_ONLINE:
		user->online_until = until;
		if (user->state == PRESENCE_ONLINE ||
			(user->state == PRESENCE_UNAVAILABLE && user->cause == CAUSE_WISHED))
			return;
		be_active(user, sync->now_ms, sync->wall_ms);
		state_set(p, user, PRESENCE_ONLINE);
		return;
	case PRESENCE_WISH_UNAVAILABLE:
		user->idle_until = until;
		/* Another of their devices is in use. */
		if (user->state == PRESENCE_ONLINE && user->online_until > sync->now_ms)
			return;
		if (user->state != PRESENCE_UNAVAILABLE)
			user->cause = CAUSE_SYNC;
		state_set(p, user, PRESENCE_UNAVAILABLE);
		return;
	case PRESENCE_WISH_OFFLINE:
		return;
	}
}

enum status presence_sync_begins(
	struct presence *p, struct db *db, const struct presence_sync *sync)
{
	ARENA_SCOPE(arena);
	struct presence_row row = {.user_id = sync->user_id};
	struct presence_user *user;
	bool is_known;
	enum status status;

	if (p == NULL || (sync->wish == PRESENCE_WISH_OFFLINE && !sync->wants))
		return STATUS_OK;
	mutex_lock(&p->lock);
	user = map_find(p->users, sync->user_id);
	is_known = user != NULL;
	if (is_known)
		sync_says(p, user, sync);
	mutex_unlock(&p->lock);
	if (is_known)
		return STATUS_OK;
	status = presence_store_get(db, arena, sync->user_id, &row);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	row.state = PRESENCE_OFFLINE;
	mutex_lock(&p->lock);
	user = presence_user_add(p, &row);
	if (user != NULL)
		sync_says(p, user, sync);
	mutex_unlock(&p->lock);
	return STATUS_OK;
}

void presence_active(struct presence *p, struct str user_id, int64_t now_ms, int64_t wall_ms)
{
	struct presence_user *user;

	if (p == NULL)
		return;
	mutex_lock(&p->lock);
	user = map_find(p->users, user_id);
	if (user != NULL) {
		be_active(user, now_ms, wall_ms);
		if (user->state == PRESENCE_UNAVAILABLE)
			state_set(p, user, PRESENCE_ONLINE);
	}
	mutex_unlock(&p->lock);
}

/* Who comes into a room is not known to those who are there. */
static void tell_again(struct presence *p, struct str user_id)
{
	struct presence_user *user;

	mutex_lock(&p->lock);
	user = map_find(p->users, user_id);
	if (user != NULL && user->state != PRESENCE_OFFLINE)
		presence_mark_due(p, user);
	mutex_unlock(&p->lock);
}

enum status presence_on_event(struct db_tx *tx, const struct event *event)
{
	struct presence *p = homeserver_of(tx)->presence;

	if (p == NULL)
		return STATUS_OK;
	presence_active(p, event->sender, clock_mono_ms(), clock_wall_ms());
	if (event_is_state(event) && str_eq_c(event->type, "m.room.member") &&
		str_eq_c(json_str(json_get(event->content, "membership")), "join"))
		tell_again(p, event->state_key);
	return STATUS_OK;
}

struct saved {
	struct presence *presence;
	struct presence_row row;
	int64_t now_ms;
};

static void presence_saved(void *context, void *arg)
{
	const struct saved *saved = arg;
	struct presence *p = saved->presence;
	struct presence_user *user;

	(void)context;
	mutex_lock(&p->lock);
	user = presence_user_add(p, &saved->row);
	if (user != NULL) {
		int64_t hold = saved->now_ms + PRESENCE_HOLD_MS;

		free(user->status_msg);
		user->status_msg =
			saved->row.status_msg.p == NULL ? NULL : mem_strdup(saved->row.status_msg);
		user->cause = CAUSE_WISHED;
		if (saved->row.state == PRESENCE_ONLINE && user->online_until < hold)
			user->online_until = hold;
		if (saved->row.state == PRESENCE_UNAVAILABLE && user->idle_until < hold)
			user->idle_until = hold;
		be_active(user, saved->now_ms, saved->row.last_active);
		user->state = saved->row.state;
		presence_mark_due(p, user);
	}
	mutex_unlock(&p->lock);
}

enum status presence_set(
	struct db_tx *tx, struct presence *p, const struct presence_row *row, int64_t now_ms)
{
	struct saved *saved = ARENA_NEW(tx->arena, struct saved);
	enum status status = presence_store_put(tx, row);

	if (status != STATUS_OK)
		return status;
	*saved = (struct saved){p, *row, now_ms};
	saved->row.user_id = arena_str(tx->arena, row->user_id);
	if (row->status_msg.p != NULL)
		saved->row.status_msg = arena_str(tx->arena, row->status_msg);
	db_after_commit(tx, presence_saved, saved);
	return STATUS_OK;
}

/* --- what others see --- */

static struct presence_view view_of(const struct presence_user *user, struct arena *arena)
{
	return (struct presence_view){
		.user_id = arena_str(arena, str_c(user->user_id)),
		.state = user->state,
		.status_msg = user->status_msg == NULL ? STR_EMPTY
						       : arena_str(arena, str_c(user->status_msg)),
		.last_active = user->last_active,
		.currently_active = user->state == PRESENCE_ONLINE &&
				    clock_mono_ms() - user->active_ms < CURRENTLY_ACTIVE_MS,
	};
}

bool presence_find(
	struct presence *p, struct arena *arena, struct str user_id, struct presence_view *out)
{
	const struct presence_user *user;

	if (p == NULL)
		return false;
	mutex_lock(&p->lock);
	user = map_find(p->users, user_id);
	if (user != NULL)
		*out = view_of(user, arena);
	mutex_unlock(&p->lock);
	return user != NULL;
}

struct presence_views presence_changes(
	struct presence *p, struct arena *arena, int64_t after, int64_t upto)
{
	struct presence_views views = {0};

	if (p == NULL)
		return views;
	mutex_lock(&p->lock);
	for (const struct presence_user *user = p->newest; user != NULL && user->position > after;
		user = user->older) {
		if (user->position <= upto)
			*ROWS_ADD(arena, &views) = view_of(user, arena);
	}
	mutex_unlock(&p->lock);
	return views;
}

/* --- who is idle or gone --- */

static void user_look(struct presence *p, struct presence_user *user, int64_t now_ms)
	REQUIRES(p->lock)
{
	bool online = user->online_until > now_ms;
	bool idle = user->idle_until > now_ms;

	if (user->state == PRESENCE_OFFLINE)
		return;
	if (!online && !idle) {
		state_set(p, user, PRESENCE_OFFLINE);
	} else if (user->state == PRESENCE_ONLINE && !online) {
		user->cause = CAUSE_SYNC;
		state_set(p, user, PRESENCE_UNAVAILABLE);
	} else if (user->state == PRESENCE_ONLINE && now_ms - user->active_ms >= PRESENCE_IDLE_MS) {
		user->cause = CAUSE_WISHED;
		state_set(p, user, PRESENCE_UNAVAILABLE);
	}
}

bool presence_look(struct presence *p, int64_t now_ms)
{
	size_t cursor = 0;
	struct str key;
	void *value;
	bool any;

	mutex_lock(&p->lock);
	while (map_next(p->users, &cursor, &key, &value))
		user_look(p, value, now_ms);
	any = p->due != NULL;
	mutex_unlock(&p->lock);
	return any;
}
