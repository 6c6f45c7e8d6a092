/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/as_delivery.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "config/config.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/as_interest.h"
#include "homeserver/appservice/as_transaction.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/event.h"
#include "homeserver/store/appservice_store.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/receipt_store.h"

#define LOG_MODULE "appservice"
#include "common/base/log.h"

#define SEND_TIMEOUT_MS 60000

/* One service's thread and what wakes it. */
struct sender {
	struct as_delivery *delivery;
	const struct appservice *service;
	struct db *db;
	struct http_client *http;
	pthread_t thread;
	bool started;
	int64_t delay_ms; /* until the next attempt; 0: the last one succeeded */

	struct mutex lock; /* guards what follows */
	pthread_cond_t changed;
	uint64_t queued; /* counts what was queued */
	uint64_t hurry;	 /* counts calls of as_delivery_hurry() */
	struct as_ephemeral ephemeral;
};

struct as_delivery {
	struct homeserver *hs;
	struct as_interest *interest;
	struct sender *senders;
	size_t count;
	atomic_bool stopping;
	atomic_int free_places;
};

struct as_delivery *as_delivery_new(struct homeserver *hs)
{
	struct as_delivery *d = MEM_NEW(struct as_delivery);
	pthread_condattr_t attributes;

	d->hs = hs;
	d->interest = as_interest_new(hs->appservices);
	d->count = appservices_count(hs->appservices);
	d->senders = mem_calloc(d->count + 1, sizeof(struct sender));
	atomic_init(&d->free_places, hs->config->homeserver.workers / 2);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	for (size_t i = 0; i < d->count; i++) {
		d->senders[i].delivery = d;
		d->senders[i].service = appservices_at(hs->appservices, i);
		mutex_init(&d->senders[i].lock);
		pthread_cond_init(&d->senders[i].changed, &attributes);
	}
	pthread_condattr_destroy(&attributes);
	return d;
}

void as_delivery_end(struct as_delivery *d)
{
	atomic_store(&d->stopping, true);
	for (size_t i = 0; i < d->count; i++) {
		struct sender *s = &d->senders[i];

		mutex_lock(&s->lock);
		pthread_cond_broadcast(&s->changed);
		mutex_unlock(&s->lock);
		if (s->started)
			thread_join(s->thread);
		s->started = false;
	}
}

void as_delivery_free(struct as_delivery **delivery)
{
	struct as_delivery *d = *delivery;

	if (d == NULL)
		return;
	as_delivery_end(d);
	for (size_t i = 0; i < d->count; i++) {
		struct sender *s = &d->senders[i];

		as_ephemeral_release(&s->ephemeral);
		http_client_free(&s->http);
		db_close(&s->db);
		pthread_cond_destroy(&s->changed);
		mutex_release(&s->lock);
	}
	as_interest_free(&d->interest);
	free(d->senders);
	free(d);
	*delivery = NULL;
}

bool as_delivery_enter(struct as_delivery *d)
{
	if (atomic_fetch_sub(&d->free_places, 1) > 0)
		return true;
	atomic_fetch_add(&d->free_places, 1);
	return false;
}

void as_delivery_leave(struct as_delivery *d)
{
	atomic_fetch_add(&d->free_places, 1);
}

/* --- in the writer: queueing --- */

static void sender_wake(struct sender *s)
{
	mutex_lock(&s->lock);
	s->queued++;
	pthread_cond_signal(&s->changed);
	mutex_unlock(&s->lock);
}

static void wake_after_commit(void *context, void *arg)
{
	(void)context;
	sender_wake(arg);
}

enum status as_delivery_on_event(struct db_tx *tx, const struct event *event)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;
	uint64_t services;
	enum status status = as_interest_event(d->interest, tx, event, &services);

	for (size_t i = 0; i < d->count && status == STATUS_OK; i++) {
		if ((services >> i & 1) == 0)
			continue;
		status = appservice_store_queue(tx, d->senders[i].service->id, event->position);
		db_after_commit(tx, wake_after_commit, &d->senders[i]);
	}
	return status;
}

enum status as_delivery_on_to_device(struct db_tx *tx, struct str user_id, int64_t position)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;
	uint64_t services = d == NULL ? 0 : as_interest_user(d->interest, user_id);
	enum status status = STATUS_OK;

	for (size_t i = 0; services != 0 && i < d->count && status == STATUS_OK; i++) {
		if ((services >> i & 1) == 0 || !d->senders[i].service->receive_ephemeral)
			continue;
		status = appservice_store_queue_to_device(tx, d->senders[i].service->id, position);
		db_after_commit(tx, wake_after_commit, &d->senders[i]);
	}
	return status;
}

enum status as_delivery_on_devices(
	struct db_tx *tx, struct str user_id, const struct str_list *neighbours)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;
	uint64_t wanting = 0, services = 0;
	enum status status = STATUS_OK;

	for (size_t i = 0; d != NULL && i < d->count; i++)
		wanting |= (uint64_t)d->senders[i].service->wants_devices << i;
	if (wanting == 0)
		return STATUS_OK;
	services = as_interest_user(d->interest, user_id);
	for (size_t i = 0; i < neighbours->count && (wanting & ~services) != 0; i++)
		services |= as_interest_user(d->interest, neighbours->items[i]);
	for (size_t i = 0; i < d->count && status == STATUS_OK; i++) {
		if ((services & wanting & UINT64_C(1) << i) == 0)
			continue;
		status = appservice_store_queue_devices(tx, d->senders[i].service->id, user_id);
		db_after_commit(tx, wake_after_commit, &d->senders[i]);
	}
	return status;
}

struct ephemeral_arrival {
	struct sender *sender;
	struct str json;
};

static void ephemeral_after_commit(void *context, void *arg)
{
	struct ephemeral_arrival *arrival = arg;

	(void)context;
	mutex_lock(&arrival->sender->lock);
	as_ephemeral_add(&arrival->sender->ephemeral, arrival->json);
	mutex_unlock(&arrival->sender->lock);
	sender_wake(arrival->sender);
}

/* `services`: who wants to hear of it; those that did not ask for ephemeral events are left out. */
static void ephemeral_queue(struct db_tx *tx, uint64_t services, struct str json)
	REQUIRES(on_writer)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;

	for (size_t i = 0; i < d->count; i++) {
		struct ephemeral_arrival *arrival;

		if ((services >> i & 1) == 0 || !d->senders[i].service->receive_ephemeral)
			continue;
		arrival = ARENA_NEW(tx->arena, struct ephemeral_arrival);
		*arrival = (struct ephemeral_arrival){&d->senders[i], json};
		db_after_commit(tx, ephemeral_after_commit, arrival);
	}
}

static bool wants_ephemeral(const struct as_delivery *d)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->senders[i].service->receive_ephemeral && d->senders[i].service->url.n != 0)
			return true;
	}
	return false;
}

void as_delivery_on_typing(struct db_tx *tx, struct str room_id, const struct str_list *users)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;
	uint64_t services;

	if (wants_ephemeral(d) &&
		as_interest_room(d->interest, tx, room_id, &services) == STATUS_OK && services != 0)
		ephemeral_queue(tx, services, as_typing_text(tx->arena, room_id, users));
}

void as_delivery_on_receipt(struct db_tx *tx, const struct receipt *receipt)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;
	uint64_t services;

	if (!wants_ephemeral(d) ||
		as_interest_room(d->interest, tx, receipt->room_id, &services) != STATUS_OK)
		return;
	/* Nobody else may learn of a private receipt. */
	if (str_eq(receipt->type, RECEIPT_READ_PRIVATE))
		services &= as_interest_user(d->interest, receipt->user_id);
	if (services != 0)
		ephemeral_queue(tx, services, as_receipt_text(tx->arena, receipt));
}

bool as_delivery_wants_presence(const struct db_tx *tx)
{
	const struct as_delivery *d = homeserver_of(tx)->as_delivery;

	return d != NULL && wants_ephemeral(d);
}

enum status as_delivery_on_presence(struct db_tx *tx, struct str user_id, struct str event)
{
	struct as_delivery *d = homeserver_of(tx)->as_delivery;
	uint64_t services = as_interest_user(d->interest, user_id);
	struct str_list rooms;
	enum status status = membership_joined_rooms(tx->db, tx->arena, user_id, &rooms);

	for (size_t i = 0; status == STATUS_OK && i < rooms.count; i++) {
		uint64_t more = 0;

		status = as_interest_room(d->interest, tx, rooms.items[i], &more);
		services |= more;
	}
	if (status == STATUS_OK && services != 0)
		ephemeral_queue(tx, services, event);
	return status;
}

void as_delivery_hurry(struct as_delivery *d, const struct appservice *appservice)
{
	for (size_t i = 0; i < d->count; i++) {
		struct sender *s = &d->senders[i];

		if (s->service != appservice)
			continue;
		mutex_lock(&s->lock);
		s->hurry++;
		pthread_cond_signal(&s->changed);
		mutex_unlock(&s->lock);
	}
}

/* --- in the service's thread: sending --- */

struct transaction {
	struct str appservice_id;
	struct as_parts parts;
	struct str body;
	int64_t txn_id;
};

static enum status transaction_begin(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct transaction *t = arg;
	const struct appservice_positions *events = &t->parts.events;
	int64_t upto = events->count == 0 ? 0 : events->items[events->count - 1];
	enum status status = appservice_store_leave(
		tx, t->appservice_id, t->parts.messages.upto, &t->parts.changed);

	if (status != STATUS_OK)
		return status;
	return appservice_store_begin(
		tx, t->appservice_id, upto, t->body, clock_wall_ms(), &t->txn_id);
}

static enum status transaction_accepted(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct transaction *t = arg;

	return appservice_store_accepted(tx, t->appservice_id, t->txn_id);
}

static enum status find_waiting(struct sender *s, struct arena *arena, struct as_parts *parts)
{
	struct str id = s->service->id;
	enum status status =
		appservice_store_waiting(s->db, arena, id, AS_TRANSACTION_EVENTS, &parts->events);

	if (status == STATUS_OK)
		status = appservice_store_messages(
			s->db, arena, id, AS_TRANSACTION_EVENTS, &parts->messages);
	if (status == STATUS_OK)
		status = appservice_store_devices(
			s->db, arena, id, AS_TRANSACTION_EVENTS, &parts->changed);
	return status;
}

/* What waits becomes a transaction on disk. STATUS_NOT_FOUND when nothing waits. */
static enum status make_transaction(struct sender *s, struct arena *arena, struct transaction *t)
{
	struct as_parts *parts = &t->parts;
	enum status status = find_waiting(s, arena, parts);

	if (status != STATUS_OK)
		return status;
	parts->service = s->service;
	mutex_lock(&s->lock);
	parts->ephemeral = s->ephemeral;
	s->ephemeral = (struct as_ephemeral){0};
	mutex_unlock(&s->lock);
	if (parts->events.count == 0 && parts->ephemeral.count == 0 && parts->messages.upto == 0 &&
		parts->changed.count == 0)
		return STATUS_NOT_FOUND;
	status = as_transaction_text(s->db, arena, parts, &t->body);
	as_ephemeral_release(&parts->ephemeral);
	if (status == STATUS_OK)
		status = db_write(s->delivery->hs->writer, transaction_begin, t);
	return status;
}

static bool send_transaction(struct sender *s, struct arena *arena, const struct transaction *t)
{
	const struct http_call call = {
		.method = "PUT",
		.url = arena_printf(arena, "%.*s/_matrix/app/v1/transactions/%" PRId64,
			STR_FMT(s->service->url), t->txn_id)
			.p,
		.body = t->body,
		.bearer = arena_c_str(arena, s->service->hs_token),
		.timeout_ms = SEND_TIMEOUT_MS,
		.cancel = &s->delivery->stopping,
	};
	struct http_answer answer = {0};
	enum status status = http_call(s->http, arena, &call, &answer);

	if (status == STATUS_OK && answer.status == 200) {
		if (s->delay_ms != 0)
			log_info("%.*s takes transactions again", STR_FMT(s->service->id));
		return true;
	}
	if (s->delay_ms == 0 && !atomic_load(&s->delivery->stopping))
		log_warning("%.*s does not take transactions (%s, HTTP %d); trying on",
			STR_FMT(s->service->id), status_name(status), answer.status);
	return false;
}

/* One transaction, sent or not. STATUS_NOT_FOUND: nothing to send. */
static enum status deliver_one(struct sender *s)
{
	ARENA_SCOPE(arena);
	struct transaction t = {.appservice_id = s->service->id};
	enum status status =
		appservice_store_open(s->db, arena, s->service->id, &t.txn_id, &t.body);

	if (status == STATUS_NOT_FOUND)
		status = make_transaction(s, arena, &t);
	if (status != STATUS_OK)
		return status;
	if (!send_transaction(s, arena, &t))
		return STATUS_UNAVAILABLE;
	return db_write(s->delivery->hs->writer, transaction_accepted, &t);
}

static void wait_for_work(struct sender *s, uint64_t queued)
{
	mutex_lock(&s->lock);
	while (s->queued == queued && !atomic_load(&s->delivery->stopping))
		pthread_cond_wait(&s->changed, &s->lock.m);
	mutex_unlock(&s->lock);
}

static void wait_to_retry(struct sender *s)
{
	int64_t until = clock_mono_ms() + s->delay_ms;
	const struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
	uint64_t hurry;

	mutex_lock(&s->lock);
	hurry = s->hurry;
	while (s->hurry == hurry && !atomic_load(&s->delivery->stopping)) {
		if (pthread_cond_timedwait(&s->changed, &s->lock.m, &at) != 0)
			break;
	}
	mutex_unlock(&s->lock);
}

static void *sender_run(void *arg)
{
	struct sender *s = arg;

	while (!atomic_load(&s->delivery->stopping)) {
		uint64_t queued;
		enum status status;

		mutex_lock(&s->lock);
		queued = s->queued;
		mutex_unlock(&s->lock);
		status = deliver_one(s);
		if (status == STATUS_OK) {
			s->delay_ms = 0;
		} else if (status == STATUS_NOT_FOUND) {
			wait_for_work(s, queued);
		} else {
			s->delay_ms = s->delay_ms == 0			  ? AS_RETRY_FIRST_MS
				      : s->delay_ms * 2 > AS_RETRY_MAX_MS ? AS_RETRY_MAX_MS
									  : s->delay_ms * 2;
			wait_to_retry(s);
		}
	}
	return NULL;
}

enum status as_delivery_start(struct as_delivery *d, const char *path)
{
	for (size_t i = 0; i < d->count; i++) {
		struct sender *s = &d->senders[i];
		enum status status;

		if (s->service->url.n == 0)
			continue;
		status = db_open(path, true, &s->db);
		if (status != STATUS_OK)
			return status;
		s->http = http_client_new();
		s->started = true;
		s->thread = thread_start("appservice", sender_run, s);
	}
	return STATUS_OK;
}
