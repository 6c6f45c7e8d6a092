/* SPDX-License-Identifier: Apache-2.0 */
/* One WebSocket of one client, from its acceptance to its end. on_signal. */
#ifndef PARVIS_SFU_SESSION_H
#define PARVIS_SFU_SESSION_H

#include "sfu/meeting/meeting.h"
#include "sfu/signal/join.h"

struct signal_server;

#define SESSION_PING_INTERVAL_S 5
#define SESSION_PING_TIMEOUT_S	15

struct session {
	struct signal_server *server;
	struct lws_connection *connection; /* NULL until it is open */
	struct participant *participant;   /* NULL before and after its time in the meeting */
	struct arena *arena;		   /* of `join` and `grants`, until they have been used */
	struct join join;
	struct grants grants;
	int64_t heard_ms; /* monotonic */
};

/* Takes the arena, in which the grants and the request lie. */
struct session *session_new(struct signal_server *server, struct arena *arena,
	const struct join *join, const struct grants *grants);
/* The WebSocket is open: come in, or go on where it was lost. */
void session_open(struct session *session, struct lws_connection *connection);
void session_message(struct session *session, struct str message);
void session_closed(struct session *session); /* frees it */
/* Closes those that say nothing. */
void session_tick(struct session *session, int64_t mono_ms);
/* Says why, and closes. */
void session_end(struct session *session, enum leave_reason reason, bool may_come_again);

#endif
