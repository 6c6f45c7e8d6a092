/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A topic is a user or a room (their sigils keep them apart). It remembers the position of its
 * last touch, so that a waiter who comes late is told at once, and holds a list of who waits. Each
 * waiter is one allocation with a link for each of its topics.
 *
 * Topics nobody waits for are thrown away when there are many; `floor` then remembers the greatest
 * touch among them, and a waiter who saw less than that has to look again.
 */
#include "homeserver/stream/streams.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/map.h"
#include "common/base/mem.h"
#include "homeserver/homeserver.h"
#include "homeserver/store/stream_store.h"

#define LOG_MODULE "stream"
#include "common/base/log.h"

/* Positions that a restart may skip: how seldom a volatile position costs a write. */
#define RESERVE_BLOCK 4096
/* Topics kept before those nobody waits for are thrown away; about 150 bytes each. */
#define TOPICS_PURGE 65536
#define TOPICS_MAX   ((size_t)1 << 26)
#define SLOTS_MAX    ((size_t)1 << 20)

struct link {
	struct topic *topic;
	struct waiter *waiter;
	struct link *next, **at; /* *at points to this link */
};

struct topic {
	int64_t touched;
	struct link *links;
};

struct waiter {
	struct http_ticket ticket;
	size_t link_count;
	struct link links[];
};

struct streams {
	/* The writer's thread only. */
	int64_t last;	  /* the last position given out */
	int64_t reserved; /* no position above it may be given out before this is raised on disk */

	_Atomic int64_t current;
	/* Set before the commit, so that whoever sees the change sees this; it may be ahead. */
	_Atomic int64_t people_changed;

	struct mutex lock; /* guards all that follows */
	struct map *topics;
	size_t purge_at;
	int64_t floor;
	struct waiter **waiters; /* by the slot of their ticket */
	size_t slot_count;
	size_t waiter_count;
	void (*wake)(void *context, struct http_ticket ticket);
	void *wake_context;
};

/* Tickets to wake once the lock is given back. */
struct tickets {
	struct http_ticket *items;
	size_t count, cap;
};

enum status streams_new(struct db *db, struct streams **out)
{
	int64_t position, reserved;
	enum status status = stream_store_get(db, &position, &reserved);
	struct streams *s;

	if (status != STATUS_OK)
		return status;
	s = MEM_NEW(struct streams);
	/* What lies between may have been given out for things that were not stored. */
	s->last = s->reserved = reserved;
	atomic_init(&s->current, reserved);
	atomic_init(&s->people_changed, reserved);
	mutex_init(&s->lock);
	s->topics = map_new(TOPICS_MAX);
	s->purge_at = TOPICS_PURGE;
	/* A token from before the restart has to look once. */
	s->floor = reserved;
	*out = s;
	return STATUS_OK;
}

void streams_free(struct streams **streams)
{
	struct streams *s = *streams;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->slot_count; i++)
		free(s->waiters[i]);
	free(s->waiters);
	map_free(&s->topics, free);
	mutex_release(&s->lock);
	free(s);
	*streams = NULL;
}

static void wake_http(void *context, struct http_ticket ticket)
{
	http_wake(context, ticket);
}

void streams_set_wake(
	struct streams *s, void (*wake)(void *context, struct http_ticket ticket), void *context)
{
	mutex_lock(&s->lock);
	s->wake = wake;
	s->wake_context = context;
	mutex_unlock(&s->lock);
}

void streams_set_http(struct streams *s, struct http_server *http)
{
	streams_set_wake(s, http == NULL ? NULL : wake_http, http);
}

/* --- positions --- */

/* Runs once the commit is durable: everything given out in this batch is now visible. */
static void positions_publish(void *context, void *arg)
{
	struct streams *s = ((struct homeserver *)context)->streams;
	const int64_t *reserved = arg;

	if (*reserved > s->reserved)
		s->reserved = *reserved;
	atomic_store(&s->current, s->last);
}

static int64_t position_take(struct db_tx *tx, bool is_row) REQUIRES(on_writer)
{
	struct streams *s = homeserver_of(tx)->streams;
	int64_t *reserved = ARENA_NEW(tx->arena, int64_t);

	s->last++;
	*reserved = s->last > s->reserved ? s->last + RESERVE_BLOCK : s->reserved;
	/* When this fails the transaction is lost with it, so the row will not be stored either. */
	if ((is_row || *reserved > s->reserved) &&
		stream_store_put(tx, s->last, *reserved) != STATUS_OK)
		log_error("the stream position could not be stored");
	db_after_commit(tx, positions_publish, reserved);
	return s->last;
}

int64_t stream_next(struct db_tx *tx)
{
	return position_take(tx, true);
}

int64_t stream_next_volatile(struct db_tx *tx)
{
	return position_take(tx, false);
}

void stream_note_people(struct db_tx *tx)
{
	struct streams *s = homeserver_of(tx)->streams;

	atomic_store(&s->people_changed, s->last);
}

bool stream_people_changed(const struct streams *s, int64_t after)
{
	return atomic_load(&s->people_changed) > after;
}

int64_t stream_current(const struct streams *s)
{
	return atomic_load(&s->current);
}

enum status stream_snapshot_begin(struct streams *s, struct db *db, int64_t *position_out)
{
	/* Read first: what is durable now is in the view. The view may hold more, which its own
	 * row tells; the number in memory may be ahead of that row by volatile positions. */
	int64_t current = stream_current(s), position, reserved;
	enum status status = db_snapshot_begin(db);

	if (status != STATUS_OK)
		return status;
	status = stream_store_get(db, &position, &reserved);
	if (status != STATUS_OK) {
		db_snapshot_end(db);
		return status;
	}
	*position_out = position > current ? position : current;
	return STATUS_OK;
}

/* --- waiting --- */

static void topics_purge(struct streams *s) REQUIRES(s->lock)
{
	size_t cursor = 0;
	struct str key;
	void *value;

	while (map_next(s->topics, &cursor, &key, &value)) {
		struct topic *topic = value;

		if (topic->links != NULL)
			continue;
		if (topic->touched > s->floor)
			s->floor = topic->touched;
		free(map_remove(s->topics, key));
	}
	s->purge_at = map_count(s->topics) * 2;
	if (s->purge_at < TOPICS_PURGE)
		s->purge_at = TOPICS_PURGE;
}

static struct topic *topic_get(struct streams *s, struct str key) REQUIRES(s->lock)
{
	struct topic *topic = map_find(s->topics, key);

	if (topic == NULL) {
		topic = MEM_NEW(struct topic);
		if (map_put(s->topics, key, topic, NULL) != STATUS_OK)
			abort(); /* more rooms than memory could hold */
	}
	return topic;
}

static void waiter_end(struct streams *s, struct waiter *waiter) REQUIRES(s->lock)
{
	for (size_t i = 0; i < waiter->link_count; i++) {
		struct link *link = &waiter->links[i];

		*link->at = link->next;
		if (link->next != NULL)
			link->next->at = link->at;
	}
	s->waiters[waiter->ticket.slot] = NULL;
	s->waiter_count--;
	free(waiter);
}

static void waiter_link(struct streams *s, struct waiter *waiter, struct str key) REQUIRES(s->lock)
{
	struct link *link = &waiter->links[waiter->link_count++];

	link->topic = topic_get(s, key);
	link->waiter = waiter;
	link->next = link->topic->links;
	link->at = &link->topic->links;
	if (link->next != NULL)
		link->next->at = &link->next;
	link->topic->links = link;
}

static bool topic_is_newer(struct streams *s, struct str key, int64_t seen) REQUIRES(s->lock)
{
	const struct topic *topic = map_find(s->topics, key);

	return topic != NULL && topic->touched > seen;
}

static bool wait_is_late(struct streams *s, const struct stream_wait *wait) REQUIRES(s->lock)
{
	if (wait->seen < s->floor || topic_is_newer(s, wait->user_id, wait->seen))
		return true;
	for (size_t i = 0; i < wait->room_count; i++) {
		if (topic_is_newer(s, wait->rooms[i], wait->seen))
			return true;
	}
	return false;
}

static void slot_clear(struct streams *s, uint32_t slot) REQUIRES(s->lock)
{
	if (slot < s->slot_count && s->waiters[slot] != NULL)
		waiter_end(s, s->waiters[slot]);
}

static void slot_fill(struct streams *s, struct waiter *waiter) REQUIRES(s->lock)
{
	size_t slot = waiter->ticket.slot;

	assert(slot < SLOTS_MAX);
	if (slot >= s->slot_count) {
		size_t count = s->slot_count == 0 ? 64 : s->slot_count;

		while (count <= slot)
			count *= 2;
		s->waiters = mem_realloc(s->waiters, count * sizeof(struct waiter *));
		memset(&s->waiters[s->slot_count], 0,
			(count - s->slot_count) * sizeof(struct waiter *));
		s->slot_count = count;
	}
	s->waiters[slot] = waiter;
	s->waiter_count++;
}

bool stream_wait(struct streams *s, const struct stream_wait *wait)
{
	struct waiter *waiter;

	mutex_lock(&s->lock);
	slot_clear(s, wait->ticket.slot);
	if (wait_is_late(s, wait)) {
		mutex_unlock(&s->lock);
		return false;
	}
	if (map_count(s->topics) > s->purge_at)
		topics_purge(s);
	waiter = mem_alloc(sizeof(*waiter) + (wait->room_count + 1) * sizeof(struct link));
	waiter->ticket = wait->ticket;
	slot_fill(s, waiter);
	waiter_link(s, waiter, wait->user_id);
	for (size_t i = 0; i < wait->room_count; i++)
		waiter_link(s, waiter, wait->rooms[i]);
	mutex_unlock(&s->lock);
	return true;
}

void stream_forget(struct streams *s, struct http_ticket ticket)
{
	mutex_lock(&s->lock);
	if (ticket.slot < s->slot_count && s->waiters[ticket.slot] != NULL &&
		s->waiters[ticket.slot]->ticket.generation == ticket.generation)
		waiter_end(s, s->waiters[ticket.slot]);
	mutex_unlock(&s->lock);
}

size_t stream_waiting(struct streams *s)
{
	size_t count;

	mutex_lock(&s->lock);
	count = s->waiter_count;
	mutex_unlock(&s->lock);
	return count;
}

static void tickets_add(struct tickets *tickets, struct http_ticket ticket)
{
	if (tickets->count == tickets->cap) {
		tickets->cap = tickets->cap == 0 ? 16 : tickets->cap * 2;
		tickets->items =
			mem_realloc(tickets->items, tickets->cap * sizeof(struct http_ticket));
	}
	tickets->items[tickets->count++] = ticket;
}

/* Runs once the commit is durable. A touch counts at the last position of its batch: a waiter
 * that saw the batch's rows before this ran looks once more than needed, never once less. */
static void topic_touch(void *context, void *arg)
{
	struct streams *s = ((struct homeserver *)context)->streams;
	const struct str *key = arg;
	struct tickets tickets = {0};
	struct topic *topic;
	void (*wake)(void *, struct http_ticket);
	void *wake_context;

	atomic_store(&s->current, s->last);
	mutex_lock(&s->lock);
	if (map_count(s->topics) > s->purge_at)
		topics_purge(s);
	topic = topic_get(s, *key);
	topic->touched = s->last;
	for (const struct link *link = topic->links; link != NULL; link = link->next)
		tickets_add(&tickets, link->waiter->ticket);
	for (size_t i = 0; i < tickets.count; i++)
		slot_clear(s, tickets.items[i].slot);
	wake = s->wake;
	wake_context = s->wake_context;
	mutex_unlock(&s->lock);
	for (size_t i = 0; wake != NULL && i < tickets.count; i++)
		wake(wake_context, tickets.items[i]);
	free(tickets.items);
}

static void touch(struct db_tx *tx, struct str key) REQUIRES(on_writer)
{
	struct str *copy = ARENA_NEW(tx->arena, struct str);

	*copy = arena_str(tx->arena, key);
	db_after_commit(tx, topic_touch, copy);
}

void stream_touch_user(struct db_tx *tx, struct str user_id)
{
	touch(tx, user_id);
}

void stream_touch_room(struct db_tx *tx, struct str room_id)
{
	touch(tx, room_id);
}
