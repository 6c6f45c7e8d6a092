/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/api.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/http/client.h"
#include "sfu/api/limits.h"
#include "sfu/sfu.h"

struct api *api_new(struct sfu *sfu, struct delegations *delegations)
{
	struct api *api = MEM_NEW(struct api);
	api->sfu = sfu;
	api->delegations = delegations;
	api->limits = limits_new();
	return api;
}

void api_free(struct api **api)
{
	if (*api != NULL)
		limits_free(&(*api)->limits);
	mem_freep(api);
}

size_t api_routes(struct http_routes tables[API_MAX_TABLES])
{
	size_t n = 0;
	tables[n++] = api_monitoring_routes;
	tables[n++] = api_token_routes;
	tables[n++] = api_meetings_routes;
	tables[n++] = api_room_service_routes;
	tables[n++] = api_test_routes;
	tables[n++] = api_web_routes;
	return n;
}

bool api_admit(struct http_request *request, struct http_reply *reply)
{
	const struct api *api = request->app;
	if (request->route->limit == LIMIT_NONE)
		return true;
	int64_t wait = 0;
	for (int cost = request->route->limit == LIMIT_TEST ? LIMIT_TEST_COST : 1;
		cost > 0 && wait == 0; cost--)
		wait = limits_take(api->limits, request->peer, clock_mono_ms());
	if (wait == 0)
		return true;
	int64_t seconds = wait / 1000 + 1;
	reply->status = 429;
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "errcode", "M_LIMIT_EXCEEDED");
	jw_put_c_str(&reply->json, "error", "Too many requests from this address");
	jw_put_int(&reply->json, "retry_after_ms", wait);
	jw_object_end(&reply->json);
	http_reply_header(
		reply, "Retry-After", arena_printf(request->arena, "%" PRId64, seconds).p);
	return false;
}

void *api_worker_start(void *app)
{
	const struct api *api = app;
	struct api_worker *worker = MEM_NEW(struct api_worker);
	if (db_open(api->sfu->database, true, &worker->db) != STATUS_OK) {
		mem_freep(&worker);
		return NULL;
	}
	worker->client = http_client_new();
	return worker;
}

void api_worker_end(void *worker)
{
	struct api_worker *w = worker;
	db_close(&w->db);
	http_client_free(&w->client);
	mem_freep(&w);
}
