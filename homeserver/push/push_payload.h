/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent to a push gateway (Push Gateway API, POST /_matrix/push/v1/notify). */
#ifndef PARVIS_HOMESERVER_PUSH_PAYLOAD_H
#define PARVIS_HOMESERVER_PUSH_PAYLOAD_H

#include "common/db/db.h"
#include "homeserver/room/event.h"
#include "homeserver/store/push_store.h"

/* Unread messages and open invites of the user, over all rooms, and calls that they missed. */
struct push_counts {
	int64_t unread;
	int64_t missed_calls;
};
MUST_CHECK enum status push_counts_load(
	struct db *db, struct str user_id, int64_t now, struct push_counts *out);

/* A pusher's `data`, as far as it concerns the server. */
struct push_target {
	struct str url; /* p == NULL: none */
	bool event_id_only;
	bool no_badge; /* the client counts for itself (MSC4076) */
};
struct push_target push_target_read(struct arena *arena, const struct pusher *pusher);
/* https://…/_matrix/push/v1/notify, or with private_ok http too. */
bool push_target_url_ok(struct str url, bool private_ok);

/* `actions`: JSON text of the rule that matched. STATUS_TOO_LARGE, STATUS_IO. */
MUST_CHECK enum status push_payload_event(struct db *db, struct arena *arena,
	const struct pusher *pusher, const struct event *event, struct str actions,
	const struct push_counts *counts, struct str *out);
/* The numbers alone. */
MUST_CHECK enum status push_payload_counts(struct arena *arena, const struct pusher *pusher,
	const struct push_counts *counts, struct str *out);

/* Whether the gateway's answer says that this pushkey is no longer good. */
bool push_answer_rejects(struct arena *arena, struct str body, struct str pushkey);

#endif
