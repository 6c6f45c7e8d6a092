/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User-interactive authentication (specification, "User-Interactive Authentication API"): an
 * operation is done only once the client has gone through the stages of one of its flows. Progress
 * is kept by session id (api/uia_sessions.h) and belongs to the user and the request line that
 * began it.
 */
#ifndef PARVIS_HOMESERVER_UIA_H
#define PARVIS_HOMESERVER_UIA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/server.h"
#include "homeserver/api/passwords.h"

enum uia_stage {
	UIA_PASSWORD = 1,	    /* m.login.password of the user who asks */
	UIA_DUMMY = 2,		    /* m.login.dummy */
	UIA_REGISTRATION_TOKEN = 4, /* m.login.registration_token */
};

#define UIA_MAX_STAGES 3
#define UIA_MAX_FLOWS  3

struct uia_flow {
	enum uia_stage stages[UIA_MAX_STAGES]; /* in order; 0 ends it */
};

struct uia_check {
	const struct uia_flow *flows;
	size_t flow_count;
	struct str user_id; /* whose password; p == NULL where UIA_PASSWORD is in no flow */
};

enum uia_result {
	UIA_PASSED,   /* go on, and call uia_finish() once the operation is done */
	UIA_ANSWERED, /* the reply is filled: return HTTP_REPLY */
	UIA_PARKED,   /* return HTTP_PARK */
};

/* Looks at "auth" of the request's JSON. A user without a password never passes UIA_PASSWORD.
 * `turn` is taken when a password must be looked at. */
enum uia_result uia_require(struct http_request *request, struct http_reply *reply,
	const struct uia_check *check, struct password_turn *turn);
/* One of the configuration's registration tokens. */
bool uia_registration_token_ok(struct http_request *request, struct str token);
/* The session has done its work: it is not good for another operation. */
void uia_finish(struct http_request *request);

/* The common case: the requester must give their own password. */
enum uia_result uia_require_password(
	struct http_request *request, struct http_reply *reply, struct password_turn *turn);

#endif
