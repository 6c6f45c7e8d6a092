/* SPDX-License-Identifier: Apache-2.0 */
/* What a client asks of /sync, read and checked (client-server API, "Syncing"). */
#ifndef PARVIS_HOMESERVER_SYNC_REQUEST_H
#define PARVIS_HOMESERVER_SYNC_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db.h"
#include "homeserver/sync/filter.h"
#include "homeserver/sync/presence.h"

/* The query's parameters as they came; p == NULL: absent. */
struct sync_params {
	struct str since;
	struct str filter; /* an id, or JSON when it begins with '{' */
	struct str timeout;
	struct str full_state;
	struct str set_presence;
	struct str use_state_after;
	struct str unstable_use_state_after; /* org.matrix.msc4222.use_state_after */
};

/* Where a room's state stands in the answer (MSC4222). */
enum sync_state_form {
	SYNC_STATE_BEFORE,	   /* "state": up to the timeline's start */
	SYNC_STATE_AFTER,	   /* "state_after": up to its end */
	SYNC_STATE_AFTER_UNSTABLE, /* "org.matrix.msc4222.state_after" */
};

#define SYNC_TIMEOUT_MAX_MS 300000

struct sync_request {
	struct str user_id;
	struct str device_id; /* p == NULL: an application service without a device */
	int64_t since;	      /* 0: a first sync */
	int64_t since_to_device;
	int64_t timeout_ms;
	bool full_state;
	enum sync_state_form state_form;
	enum presence_wish set_presence;
	struct filter filter;
};

/* Fills all but user_id and device_id, of which the caller has set user_id: filters are looked up
 * as theirs. STATUS_INVALID with a sentence for the client in *why_out; STATUS_IO. */
MUST_CHECK enum status sync_request_parse(struct db *db, struct arena *arena,
	const struct sync_params *params, struct sync_request *request, const char **why_out);

/* A set_presence parameter; p == NULL: absent, which is online. STATUS_INVALID with a sentence. */
MUST_CHECK enum status sync_presence_parse(
	struct str text, enum presence_wish *out, const char **why_out);

#endif
