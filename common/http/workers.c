/* SPDX-License-Identifier: Apache-2.0 */
/* The queue between the network thread and the threads that run handlers. */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/http/internal.h"

void workers_push_locked(struct http_server *server, struct http_internal *x)
{
	struct http_workers *workers = &server->workers;
	x->next = NULL;
	x->queued_us = clock_mono_us();
	*workers->last = x;
	workers->last = &x->next;
	workers->queued++;
	struct http_worker *worker = workers->idle;
	if (worker == NULL)
		return;
	workers->idle = worker->below;
	worker->called = true;
	pthread_cond_signal(&worker->call);
}

bool workers_push(struct http_server *server, struct http_internal *x, bool is_new)
{
	mutex_lock(&server->lock);
	bool refused =
		server->closed || (is_new && server->workers.queued >= server->config.queue_max);
	if (!refused)
		workers_push_locked(server, x);
	mutex_unlock(&server->lock);
	return !refused;
}

static struct http_internal *take_locked(struct http_workers *workers)
{
	struct http_internal *x = workers->first;
	if (x == NULL)
		return NULL;
	workers->first = x->next;
	if (workers->first == NULL)
		workers->last = &workers->first;
	workers->queued--;
	workers->taken++;
	return x;
}

static void wait_for_call(struct http_server *server, struct http_worker *worker)
	REQUIRES(server->lock)
{
	worker->called = false;
	worker->below = server->workers.idle;
	server->workers.idle = worker;
	while (!worker->called && !server->workers.quit)
		pthread_cond_wait(&worker->call, &server->lock.m);
}

/* NULL when the server ends. */
static struct http_internal *wait_for_work(struct http_server *server, struct http_worker *worker)
{
	mutex_lock(&server->lock);
	while (server->workers.first == NULL && !server->workers.quit)
		wait_for_call(server, worker);
	struct http_internal *x = take_locked(&server->workers);
	mutex_unlock(&server->lock);
	return x;
}

/* false: the thread cannot work. */
static bool worker_prepare(struct http_server *server, void **own_out)
{
	const struct http_server_config *config = &server->config;
	*own_out = config->worker_start == NULL ? NULL : config->worker_start(config->app);
	bool failed = config->worker_start != NULL && *own_out == NULL;
	mutex_lock(&server->lock);
	server->workers.settled++;
	server->workers.failed += failed;
	pthread_cond_signal(&server->workers.ready);
	mutex_unlock(&server->lock);
	return !failed;
}

static void *worker_main(void *arg)
{
	struct http_worker *worker = arg;
	struct http_server *server = worker->server;
	const struct http_server_config *config = &server->config;
	void *own;
	if (!worker_prepare(server, &own))
		return NULL;
	struct http_internal *x;
	while ((x = wait_for_work(server, worker)) != NULL)
		handle_job(x, own);
	if (config->worker_end != NULL)
		config->worker_end(own);
	return NULL;
}

bool workers_start(struct http_server *server)
{
	struct http_workers *workers = &server->workers;
	workers->last = &workers->first;
	workers->count = server->config.workers;
	workers->all = mem_calloc(workers->count, sizeof(workers->all[0]));
	pthread_cond_init(&workers->ready, NULL);
	for (unsigned i = 0; i < workers->count; i++) {
		struct http_worker *worker = &workers->all[i];
		worker->server = server;
		pthread_cond_init(&worker->call, NULL);
		worker->thread = thread_start("http-worker", worker_main, worker);
	}
	mutex_lock(&server->lock);
	while (workers->settled < workers->count)
		pthread_cond_wait(&workers->ready, &server->lock.m);
	bool all = workers->failed == 0;
	mutex_unlock(&server->lock);
	return all;
}

void workers_stop(struct http_server *server)
{
	struct http_workers *workers = &server->workers;
	mutex_lock(&server->lock);
	server->closed = true;
	workers->quit = true;
	workers->idle = NULL;
	struct http_internal *x;
	while ((x = take_locked(workers)) != NULL) {
		x->gone = true;
		mutex_unlock(&server->lock);
		parking_leave(x);
		exchange_resume(x);
		mutex_lock(&server->lock);
	}
	for (unsigned i = 0; i < workers->count; i++)
		pthread_cond_signal(&workers->all[i].call);
	mutex_unlock(&server->lock);
	for (unsigned i = 0; i < workers->count; i++) {
		thread_join(workers->all[i].thread);
		pthread_cond_destroy(&workers->all[i].call);
	}
	free(workers->all);
	pthread_cond_destroy(&workers->ready);
}
