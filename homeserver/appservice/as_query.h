/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to application services (application-service API, "Querying" and "Third-party
 * networks"). They block their thread until the answer, 30 s at most: call them in a handler,
 * outside a database snapshot, never on the writer.
 */
#ifndef PARVIS_HOMESERVER_AS_QUERY_H
#define PARVIS_HOMESERVER_AS_QUERY_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"

struct homeserver;
struct appservice;
struct http_answer;

/*
 * The user or alias is unknown here, but lies in the namespace of some application service: each
 * such service is asked to make it. STATUS_OK when one said that it has (the caller looks again),
 * STATUS_NOT_FOUND when none did, STATUS_TIMEOUT when one did not answer.
 */
MUST_CHECK enum status as_query_user(struct homeserver *hs, struct str user_id);
MUST_CHECK enum status as_query_alias(struct homeserver *hs, struct str room_alias);

#endif
