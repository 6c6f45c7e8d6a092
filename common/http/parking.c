/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait without a thread. Each ticket names a slot and a generation; the slot knows
 * the exchange while its handler runs (a wake is then remembered) and while it is parked (a wake
 * then queues it). One thread wakes those whose time has come, notices peers that have gone, and
 * gives memory back.
 *
 * All state is under server->lock.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/http/internal.h"

#define NO_SLOT	      UINT32_MAX
#define SWEEP_MAX_MS  1000
#define SWEEP_MIN_MS  10
#define TO_NANOSECOND 1000000
#define GIVE_BACK_MS  10000

/* --- a binary heap of slots, the soonest first; slots know where they are in it --- */

static bool sooner(const struct http_parking *p, size_t a, size_t b)
{
	return p->slots[p->heap[a]].until_ms < p->slots[p->heap[b]].until_ms;
}

static void swap(struct http_parking *p, size_t a, size_t b)
{
	uint32_t slot = p->heap[a];
	p->heap[a] = p->heap[b];
	p->heap[b] = slot;
	p->slots[p->heap[a]].heap_at = a;
	p->slots[p->heap[b]].heap_at = b;
}

static void sift_up(struct http_parking *p, size_t i)
{
	for (; i > 0 && sooner(p, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(p, i, (i - 1) / 2);
}

static void sift_down(struct http_parking *p, size_t i)
{
	for (;;) {
		size_t least = i;
		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < p->parked && sooner(p, child, least))
				least = child;
		if (least == i)
			return;
		swap(p, i, least);
		i = least;
	}
}

static void heap_add(struct http_parking *p, uint32_t slot)
{
	size_t i = p->parked++;
	p->heap[i] = slot;
	p->slots[slot].heap_at = i;
	sift_up(p, i);
}

static void heap_remove(struct http_parking *p, uint32_t slot)
{
	size_t i = p->slots[slot].heap_at;
	size_t last = --p->parked;
	if (i == last)
		return;
	swap(p, i, last);
	sift_up(p, i);
	sift_down(p, i);
}

/* --- slots --- */

static uint32_t slot_take(struct http_parking *p)
{
	uint32_t i = p->first_free;
	if (i != NO_SLOT) {
		p->first_free = p->slots[i].next_free;
		return i;
	}
	if (p->slot_used == p->slot_count)
		return NO_SLOT;
	p->slots[p->slot_used].generation = 1;
	return p->slot_used++;
}

struct http_ticket http_ticket(struct http_request *request)
{
	struct http_internal *x = request->internal;
	struct http_parking *p = &x->server->parking;
	if (x->has_slot)
		return x->ticket;
	mutex_lock(&x->server->lock);
	/* There are as many slots as connections, and a connection has one request at a time. */
	uint32_t i = slot_take(p);
	if (i != NO_SLOT) {
		struct http_slot *slot = &p->slots[i];
		slot->state = SLOT_RUNNING;
		slot->exchange = x;
		slot->fd = x->peer->fd;
		slot->wake_pending = false;
		x->ticket = (struct http_ticket){i, slot->generation};
		x->has_slot = true;
	}
	mutex_unlock(&x->server->lock);
	return x->ticket;
}

void parking_leave(struct http_internal *x)
{
	struct http_server *server = x->server;
	if (!x->has_slot)
		return;
	mutex_lock(&server->lock);
	struct http_slot *slot = &server->parking.slots[x->ticket.slot];
	slot->state = SLOT_FREE;
	slot->exchange = NULL;
	if (++slot->generation == 0)
		slot->generation = 1;
	slot->next_free = server->parking.first_free;
	server->parking.first_free = x->ticket.slot;
	x->has_slot = false;
	mutex_unlock(&server->lock);
}

void parking_running(struct http_internal *x)
{
	if (!x->has_slot)
		return;
	mutex_lock(&x->server->lock);
	x->server->parking.slots[x->ticket.slot].wake_pending = false;
	mutex_unlock(&x->server->lock);
}

static void unpark(struct http_server *server, uint32_t i) REQUIRES(server->lock)
{
	struct http_slot *slot = &server->parking.slots[i];
	heap_remove(&server->parking, i);
	slot->state = SLOT_RUNNING;
	access_gauge(server->parked_gauge, -1);
}

bool parking_park(struct http_internal *x)
{
	struct http_server *server = x->server;
	struct http_parking *p = &server->parking;
	/* A handler that parks without a ticket waits for its time only. */
	(void)http_ticket(&x->request);
	if (!x->has_slot)
		return false;
	mutex_lock(&server->lock);
	struct http_slot *slot = &p->slots[x->ticket.slot];
	bool stopping = atomic_load(&server->stopping);
	if (!stopping && slot->wake_pending) {
		workers_push_locked(server, x);
	} else if (!stopping) {
		slot->state = SLOT_PARKED;
		slot->until_ms = x->request.park_until_ms;
		heap_add(p, x->ticket.slot);
		access_gauge(server->parked_gauge, 1);
		if (slot->heap_at == 0)
			pthread_cond_signal(&p->changed);
	}
	mutex_unlock(&server->lock);
	return !stopping;
}

void http_wake(struct http_server *server, struct http_ticket ticket)
{
	struct http_parking *p = &server->parking;
	if (ticket.slot >= p->slot_count)
		return;
	mutex_lock(&server->lock);
	struct http_slot *slot = &p->slots[ticket.slot];
	if (slot->generation == ticket.generation && slot->state == SLOT_RUNNING) {
		slot->wake_pending = true;
	} else if (slot->generation == ticket.generation && slot->state == SLOT_PARKED) {
		unpark(server, ticket.slot);
		workers_push_locked(server, slot->exchange);
	}
	mutex_unlock(&server->lock);
}

void parking_wake_all(struct http_server *server)
{
	struct http_parking *p = &server->parking;
	mutex_lock(&server->lock);
	while (p->parked > 0) {
		uint32_t i = p->heap[p->parked - 1];
		unpark(server, i);
		workers_push_locked(server, p->slots[i].exchange);
	}
	mutex_unlock(&server->lock);
}

/* --- the thread --- */

static void wake_due(struct http_server *server, int64_t now_ms) REQUIRES(server->lock)
{
	struct http_parking *p = &server->parking;
	while (p->parked > 0 && p->slots[p->heap[0]].until_ms <= now_ms) {
		uint32_t i = p->heap[0];
		unpark(server, i);
		workers_push_locked(server, p->slots[i].exchange);
	}
}

/* When memory was given back to the system. */
struct returning {
	uint64_t seen; /* requests, at the last sweep */
	uint64_t done; /* and when it was done */
	int64_t next_ms;
};

struct watched {
	struct pollfd *fds;
	struct http_ticket *tickets;
	size_t count;
};

/* A copy of who is parked, so that poll() runs without the lock. */
static void watch(struct http_server *server, struct watched *w)
{
	struct http_parking *p = &server->parking;
	mutex_lock(&server->lock);
	w->count = p->parked;
	for (size_t i = 0; i < w->count; i++) {
		const struct http_slot *slot = &p->slots[p->heap[i]];
		w->fds[i] = (struct pollfd){.fd = slot->fd, .events = POLLRDHUP};
		w->tickets[i] = (struct http_ticket){p->heap[i], slot->generation};
	}
	mutex_unlock(&server->lock);
}

/* The same generation still parked: then the descriptor was this connection's all the time. It
 * may have run and parked again in between, on the same connection. */
static struct http_internal *drop_parked(struct http_server *server, struct http_ticket ticket)
{
	struct http_internal *x = NULL;
	mutex_lock(&server->lock);
	struct http_slot *slot = &server->parking.slots[ticket.slot];
	if (slot->generation == ticket.generation && slot->state == SLOT_PARKED) {
		unpark(server, ticket.slot);
		x = slot->exchange;
	}
	mutex_unlock(&server->lock);
	return x;
}

/* A parked connection is not read by the daemon, so nobody else sees its end. */
static void drop_gone(struct http_server *server, struct watched *w)
{
	watch(server, w);
	if (w->count == 0 || poll(w->fds, w->count, 0) <= 0)
		return;
	for (size_t i = 0; i < w->count; i++) {
		if ((w->fds[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0)
			continue;
		struct http_internal *x = drop_parked(server, w->tickets[i]);
		if (x == NULL)
			continue;
		x->gone = true;
		parking_leave(x);
		exchange_resume(x);
	}
}

static void wait_until(struct http_server *server, int64_t until_ms) REQUIRES(server->lock)
{
	struct http_parking *p = &server->parking;
	if (p->parked > 0 && p->slots[p->heap[0]].until_ms < until_ms)
		until_ms = p->slots[p->heap[0]].until_ms;
	struct timespec at = {
		.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * TO_NANOSECOND};
	pthread_cond_timedwait(&p->changed, &server->lock.m, &at);
}

static int64_t sweep_every(const struct http_server *server)
{
	int64_t shortest =
		server->idle_ms < server->transfer_ms ? server->idle_ms : server->transfer_ms;
	int64_t every = shortest / 4;
	if (every > SWEEP_MAX_MS)
		return SWEEP_MAX_MS;
	return every < SWEEP_MIN_MS ? SWEEP_MIN_MS : every;
}

/* What requests have needed and given back goes to the system once none has come for the length of
 * a sweep, and now and then while they keep coming. */
static void give_back(struct http_server *server, struct returning *r, int64_t now_ms)
{
	mutex_lock(&server->lock);
	uint64_t taken = server->workers.taken;
	mutex_unlock(&server->lock);
	bool quiet = taken == r->seen;
	r->seen = taken;
	if (taken == r->done || (!quiet && now_ms < r->next_ms))
		return;
	r->done = taken;
	r->next_ms = now_ms + GIVE_BACK_MS;
	mem_give_back();
}

static void *parking_main(void *arg)
{
	struct http_server *server = arg;
	struct http_parking *p = &server->parking;
	struct returning returning = {.next_ms = clock_mono_ms() + GIVE_BACK_MS};
	struct watched w = {
		.fds = mem_calloc(p->slot_count, sizeof(w.fds[0])),
		.tickets = mem_calloc(p->slot_count, sizeof(w.tickets[0])),
	};
	int64_t next_sweep = clock_mono_ms() + sweep_every(server);
	mutex_lock(&server->lock);
	while (!p->quit) {
		int64_t now = clock_mono_ms();
		wake_due(server, now);
		if (now >= next_sweep) {
			next_sweep = now + sweep_every(server);
			mutex_unlock(&server->lock);
			drop_gone(server, &w);
			peers_sweep(server, now);
			give_back(server, &returning, now);
			mutex_lock(&server->lock);
			continue;
		}
		wait_until(server, next_sweep);
	}
	mutex_unlock(&server->lock);
	free(w.fds);
	free(w.tickets);
	return NULL;
}

void parking_start(struct http_server *server)
{
	struct http_parking *p = &server->parking;
	p->slot_count = server->config.max_connections;
	p->slots = mem_calloc(p->slot_count, sizeof(p->slots[0]));
	p->heap = mem_calloc(p->slot_count, sizeof(p->heap[0]));
	p->first_free = NO_SLOT;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	p->thread = thread_start("http-park", parking_main, server);
}

void parking_stop(struct http_server *server)
{
	struct http_parking *p = &server->parking;
	mutex_lock(&server->lock);
	p->quit = true;
	pthread_cond_signal(&p->changed);
	mutex_unlock(&server->lock);
	thread_join(p->thread);
	pthread_cond_destroy(&p->changed);
	free(p->slots);
	free(p->heap);
}
