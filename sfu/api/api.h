/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SFU serves over HTTP on the meeting port. Handlers run on workers: they read the
 * database through a connection of their own, and see of the meetings what meeting/occupancy.h
 * shows.
 */
#ifndef PARVIS_SFU_API_H
#define PARVIS_SFU_API_H

#include "common/base/mem.h"
#include "common/http/server.h"

struct db;
struct http_client;
struct sfu;

#define API_MAX_TABLES	8
#define LIMIT_TEST_COST 10

enum api_limit {
	LIMIT_NONE,
	LIMIT_ASK,  /* by address: what costs a call to the homeserver or a row */
	LIMIT_TEST, /* as LIMIT_TEST_COST of those: it costs a meeting */
};

/* Of one worker. */
struct api_worker {
	struct db *db;
	struct http_client *client;
};

struct delegations;
struct limits;

/* The server's `app`. */
struct api {
	struct sfu *sfu;
	struct limits *limits;
	struct delegations *delegations;
};

struct api *api_new(struct sfu *sfu, struct delegations *delegations);
void api_free(struct api **api);
size_t api_routes(struct http_routes tables[API_MAX_TABLES]);
bool api_admit(struct http_request *request, struct http_reply *reply);
void *api_worker_start(void *app); /* NULL: the database cannot be opened */
void api_worker_end(void *worker);

static inline struct sfu *api_sfu(const struct http_request *request)
{
	return ((const struct api *)request->app)->sfu;
}
static inline struct api_worker *api_worker_of(const struct http_request *request)
{
	return request->worker;
}

extern const struct http_routes api_monitoring_routes;
extern const struct http_routes api_token_routes;
extern const struct http_routes api_meetings_routes;
extern const struct http_routes api_room_service_routes;
extern const struct http_routes api_test_routes;
extern const struct http_routes api_web_routes;

#endif
