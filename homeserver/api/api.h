/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every chapter of the client-server API shares: who asks, how to reach the homeserver and
 * the database, how errors are told. Each chapter's .c opens with its table of routes and exports
 * it as one `const struct http_routes api_<chapter>_routes`, listed in api/routes.c.
 */
#ifndef PARVIS_HOMESERVER_API_H
#define PARVIS_HOMESERVER_API_H

#include <stdbool.h>

#include "common/base/mem.h"
#include "common/db/db.h"
#include "common/http/server.h"
#include "common/json/json.h"
#include "homeserver/homeserver.h"

enum api_auth {
	AUTH_NONE,	   /* public */
	AUTH_OPTIONAL,	   /* a token is looked at when there is one */
	AUTH_USER,	   /* any signed-in user, guests excepted */
	AUTH_GUEST,	   /* any signed-in user, guests too */
	AUTH_ACTIVE,	   /* as AUTH_USER, those suspended excepted */
	AUTH_ACTIVE_GUEST, /* as AUTH_GUEST, those suspended excepted */
	AUTH_LOCKED,	   /* any signed-in user, even a locked one */
	AUTH_APPSERVICE,   /* an application service's own token */
	AUTH_ADMIN,	   /* an administrator of this server */
};

/* Classes of the rate limiter; the buckets and rates are in api/rate_limits.c. */
enum api_limit {
	LIMIT_NONE,
	LIMIT_READ,
	LIMIT_WRITE,	/* room events, state, invites */
	LIMIT_LOGIN,	/* by address */
	LIMIT_REGISTER, /* by address */
	LIMIT_MEDIA,
	LIMIT_REPORT,
};

/* Who asks; request->auth. NULL for AUTH_NONE, and for AUTH_OPTIONAL without a token. */
struct requester {
	struct str
		user_id; /* full: "@camille:localhost"; the ghost when an appservice acts for it */
	struct str device_id; /* {NULL, 0} for an appservice without a device */
	bool is_guest;
	bool is_admin;
	bool is_suspended;
	struct appservice *appservice; /* NULL for ordinary users */
	int64_t timestamp;	       /* ?ts= of an appservice (timestamp massaging), else 0 */
};

static inline const struct requester *api_requester(const struct http_request *request)
{
	return request->auth;
}
static inline struct homeserver *api_homeserver(const struct http_request *request)
{
	return request->app;
}
/* This worker's read-only connection. */
static inline struct db *api_db(const struct http_request *request)
{
	return request->worker;
}

/*
 * Reads request->json through a table of fields. On failure answers 400 M_MISSING_PARAM,
 * M_INVALID_PARAM or M_BAD_JSON naming the key, and returns false.
 */
bool api_read_body(struct http_request *request, struct http_reply *reply,
	const struct json_field *fields, size_t count, void *into);
#define API_READ_BODY(request, reply, fields, into) \
	api_read_body((request), (reply), (fields), ARRAY_LEN(fields), (into))

/*
 * The reply for a status when nothing more precise is known: NOT_FOUND 404 M_NOT_FOUND, DENIED 403
 * M_FORBIDDEN, INVALID 400 M_INVALID_PARAM, TOO_LARGE 413 M_TOO_LARGE, LIMITED 429
 * M_LIMIT_EXCEEDED, IO 503 M_UNKNOWN "could not be saved, try again" ... `why` may be NULL.
 */
enum http_outcome api_status(struct http_reply *reply, enum status status, const char *why);

/* Runs a change on the writer and waits for it to be durable. */
static inline enum status api_write(struct http_request *request, db_change change, void *arg)
{
	return db_write(api_homeserver(request)->writer, change, arg);
}

#endif
