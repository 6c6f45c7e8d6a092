/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and how often: runs before each handler, by the `auth` and `limit` of its route
 * (specification, "Client Authentication"; application-service API, "Identity assertion").
 */
#ifndef PARVIS_HOMESERVER_ADMIT_H
#define PARVIS_HOMESERVER_ADMIT_H

#include "homeserver/api/api.h"

struct appservice;

/* For http_server_config.admit. */
bool admit(struct http_request *request, struct http_reply *reply);

/* The token of the request: "Authorization: Bearer", or the older ?access_token=; {NULL, 0} when
 * there is none. */
struct str admit_token(struct http_request *request);
/* The application service whose token it is, on routes with AUTH_NONE that serve both kinds of
 * callers (login, register); NULL when it is none's. */
struct appservice *admit_appservice(struct http_request *request);

/* 401 M_UNKNOWN_TOKEN, with soft_logout when the session can be taken up again. */
enum http_outcome admit_unknown_token(struct http_reply *reply, bool soft_logout);
/* 401 M_USER_LOCKED: the session stays, and works again once the lock is lifted. */
enum http_outcome admit_locked(struct http_reply *reply);
/* 403 M_USER_SUSPENDED */
enum http_outcome admit_suspended(struct http_reply *reply);
/* Counts one try of a user's password from this address. false when there were too many: the reply
 * is 429 M_LIMIT_EXCEEDED. */
bool admit_password_try(struct http_request *request, struct http_reply *reply, struct str user_id);

#endif
