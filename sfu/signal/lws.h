/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket server of the signalling, and the few plain requests on its port. Its .c is the
 * only owner of libwebsockets.h. Everything happens on the thread that is in lws_run(), except
 * lws_stop(). What a connection belongs to is the caller's: `session`.
 */
#ifndef PARVIS_SFU_LWS_H
#define PARVIS_SFU_LWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"
#include "common/base/thread.h"

#define LWS_HEADER_MAX	   (48 * 1024) /* a browser's first offer stands in the URL */
#define LWS_MESSAGE_MAX	   (320 * 1024)
#define LWS_QUEUE_MAX	   (2 * 1024 * 1024) /* bytes that wait for a slow client: then it is closed */
#define LWS_MAX_PARAMETERS 32
#define LWS_REPLY_MAX	   200
#define LWS_TICK_MS	   250

struct lws_server;
struct lws_connection;

struct lws_parameter {
	struct str name, value; /* decoded */
};

/* Borrowed for the call. */
struct lws_request {
	struct arena *arena;
	struct str path;	  /* decoded */
	struct str authorization; /* the header; empty: none */
	struct str peer;	  /* numeric address */
	struct lws_parameter parameters[LWS_MAX_PARAMETERS];
	size_t parameter_count;
};

/* Empty when absent. */
struct str lws_parameter_get(const struct lws_request *request, const char *name);

struct lws_reply {
	int status;
	char text[LWS_REPLY_MAX];
};

struct lws_events {
	void *context;
	/* GET or HEAD without an upgrade; starts as 404. */
	void (*get)(void *context, const struct lws_request *request, struct lws_reply *reply);
	/* A client wants a WebSocket. NULL refuses it with the reply. */
	void *(*accept)(void *context, const struct lws_request *request, struct lws_reply *reply);
	void (*opened)(void *context, void *session, struct lws_connection *connection);
	/* One whole binary message. */
	void (*message)(void *context, void *session, struct str message);
	/* Exactly once for what accept() gave, whether opened() came or not. */
	void (*closed)(void *context, void *session);
	void (*tick)(void *context); /* every LWS_TICK_MS */
	void (*wake)(void *context); /* wake_fd is readable, or lws_wake() was called */
};

struct lws_config {
	const char *address; /* numeric */
	uint16_t port;	     /* 0: any */
	int wake_fd;	     /* borrowed */
	unsigned max_connections;
	struct lws_events events;
};

/* STATUS_EXISTS when the port is taken, STATUS_DENIED when it may not be bound, STATUS_INVALID
 * when the address is not numeric or not ours. */
MUST_CHECK enum status lws_server_new(const struct lws_config *config, struct lws_server **out);
uint16_t lws_server_port(const struct lws_server *server);
/* Serves until lws_stop(). */
void lws_run(struct lws_server *server) REQUIRES(on_signal);
void lws_stop(struct lws_server *server); /* any thread */
/* Has events.wake() called. Any thread. */
void lws_wake(struct lws_server *server);
/* Sends what is queued, for as long as `ms` at most: before the end. */
void lws_flush(struct lws_server *server, int64_t ms) REQUIRES(on_signal);
/* Closes what is open; events.closed() is called for each. */
void lws_server_free(struct lws_server **server);

/* Queues one binary message. */
void lws_send(struct lws_connection *connection, struct str message);
/* Closes once what is queued has been sent; nothing is received any more. */
void lws_close(struct lws_connection *connection);

#endif
