/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer of /sync (client-server API, "Syncing"): written from one snapshot of the database, in
 * which everything up to `position` is seen and nothing behind it.
 */
#ifndef PARVIS_HOMESERVER_SYNC_H
#define PARVIS_HOMESERVER_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db.h"
#include "common/json/json_writer.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/sync/sync_request.h"

struct homeserver;

struct sync {
	/* set by the caller */
	struct homeserver *hs;
	struct db *db;
	struct arena *arena;
	const struct sync_request *request;
	int64_t now; /* clock_wall_ms() */
	struct json_writer *out;

	/* results */
	int64_t position;
	bool has_news;		      /* something that a waiting client waits for */
	struct membership_rows rooms; /* of the user: all they ever met */

	/* of the parts: what is read once for all rooms */
	int64_t since; /* 0 for a first sync, also when the token lies in the future */
	struct account_data_list account_data; /* changed behind since */
	struct str_list receipt_rooms;	       /* sorted: rooms with new receipts */
	struct str_list count_rooms;	       /* sorted: rooms whose unread counts fell */
	struct str_list ignored;	       /* sorted: users the user ignores */
};

/* Writes the whole object. On a failure (STATUS_IO, STATUS_INTERNAL) what was written until then
 * must be thrown away. */
MUST_CHECK enum status sync_write(struct sync *sync);
/* Whether the request's filter lets presence through. */
bool sync_presence_wanted(const struct sync_request *request);
/* The rooms whose events, receipts and typing concern the user: for stream_wait(). */
struct str_list sync_joined_rooms(const struct sync *sync);

#endif
