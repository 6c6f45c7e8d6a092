/* SPDX-License-Identifier: Apache-2.0 */
/* One call to a push gateway and what follows from its answer. On a delivery thread. */
#ifndef PARVIS_HOMESERVER_PUSH_SEND_H
#define PARVIS_HOMESERVER_PUSH_SEND_H

#include <stdatomic.h>

#include "homeserver/push/push_lanes.h"

struct db;
struct homeserver;
struct http_client;

/* A delivery thread's own things. */
struct push_sender {
	struct homeserver *hs;
	struct db *db; /* a reader */
	struct http_client *http;
	const atomic_bool *stopping;
	/* push_lanes_enter() under the lock of whoever owns the lanes. */
	bool (*enter)(void *context, struct push_lane *lane, struct str url);
	void *context;
};

/* Sends the oldest notification that waits for the lane's pusher, or else its number of unread
 * messages when that changed. */
enum push_result push_send(
	struct push_sender *sender, struct push_lane *lane, int64_t *retry_after_ms_out);

#endif
