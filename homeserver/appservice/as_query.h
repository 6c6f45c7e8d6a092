/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to application services (application-service API, "Querying", "Pinging" and
 * "Third-party networks"). They block their thread until the answer, 10 s at most: call them in a
 * handler, outside a database snapshot, never on the writer. Half of the workers at most wait like
 * this at a time, so that the service can be served while it makes what it was asked for.
 */
#ifndef PARVIS_HOMESERVER_AS_QUERY_H
#define PARVIS_HOMESERVER_AS_QUERY_H

#include "common/base/arena.h"
#include "common/http/client.h"

struct homeserver;
struct appservice;

#define AS_QUESTION_TIMEOUT_MS 10000

/*
 * The user or alias is unknown here, but lies in the namespace of some application service: each
 * such service is asked to make it. STATUS_OK when one said that it has (the caller looks again),
 * STATUS_NOT_FOUND when none did, STATUS_TIMEOUT when one did not answer.
 */
MUST_CHECK enum status as_query_user(struct homeserver *hs, struct str user_id);
MUST_CHECK enum status as_query_alias(struct homeserver *hs, struct str room_alias);

struct as_question {
	const char *method;
	struct str path; /* behind the service's URL, escaped; with a query */
	struct str body; /* p == NULL: none */
};

/* STATUS_OK whenever the service answered, whatever it said; STATUS_TIMEOUT; STATUS_UNAVAILABLE: no
 * connection, no URL, or too many are asking. */
MUST_CHECK enum status as_ask(struct homeserver *hs, const struct appservice *appservice,
	struct arena *arena, const struct as_question *question, struct http_answer *out);

#endif
