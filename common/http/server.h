/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server of all three programs. The only owner of microhttpd.h.
 *
 * Routes are data: a program gives tables of rows, and what a row says (authentication, rate
 * limit class, kind and size of body) is enforced here and in the program's `admit`, once. One
 * thread owns the network; workers run handlers, straight down the page from request to reply.
 *
 * Done here for everybody: the target is split raw and each part decoded once; CORS headers and
 * OPTIONS; HEAD by way of GET; 404 M_UNRECOGNIZED for unknown paths and 405 for a known path with
 * another method; 413 M_TOO_LARGE; 400 M_NOT_JSON / M_BAD_JSON; Transfer-Encoding together with
 * Content-Length, or two lengths: 400 and close; time-outs for slow peers; limits on connections,
 * in all and per address; access metrics by route.
 */
#ifndef PARVIS_HTTP_SERVER_H
#define PARVIS_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/http/reply.h"

struct json;
struct metrics;
struct http_server;
struct http_request;

#define HTTP_MAX_PARAMS	  6
#define HTTP_MAX_SEGMENTS 16
#define HTTP_BODY_DEFAULT (128 * 1024)

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_PATCH };

enum http_body {
	BODY_NONE,	    /* a body is read up to the cap and ignored */
	BODY_JSON,	    /* must be a JSON object; parsed into request->json, text in ->body */
	BODY_JSON_OPTIONAL, /* empty counts as {} */
	BODY_BYTES,	    /* request->body as it came */
	BODY_FILE, /* streamed to an unlinked temporary file: request->body_fd, for uploads */
};

typedef enum http_outcome (*http_handler)(struct http_request *request, struct http_reply *reply);

/*
 * One row. The path's segments are literal ("rooms"), alternatives ("r0|v3"), a parameter
 * ("{room}", one decoded segment, never empty) or, last only, a tail ("{path*}", the rest with its
 * slashes, decoded, perhaps empty). Literal segments win over parameters, which win over a tail.
 * A trailing slash is a segment of its own and must be written to match. `auth` and `limit` are
 * the program's own enums, handed to its admit(). The members stand in the order in which a row is
 * read, not in that of their sizes. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
 */
struct http_route {
	enum http_method method;
	const char *path;
	int auth;
	int limit;
	enum http_body body;
	size_t body_max; /* 0: HTTP_BODY_DEFAULT */
	http_handler handle;
};

struct http_routes {
	const struct http_route *rows;
	size_t count;
};

struct http_request {
	struct arena *arena; /* until the reply is sent; emptied each time the handler runs again */
	const struct http_route *route;
	enum http_method method;
	struct str path;		    /* raw, as it came, without the query */
	struct str query;		    /* raw, behind '?' */
	struct str params[HTTP_MAX_PARAMS]; /* decoded, in the order of the route's path */
	size_t param_count;
	struct str body;
	const struct json *json;
	int body_fd;	   /* BODY_FILE: at offset 0; owned by the request; else -1 */
	int64_t body_size; /* bytes received */
	struct str peer; /* numeric address; the front door's X-Forwarded-For when it is trusted */
	void *app;	 /* the program, from http_server_config */
	void *worker;	 /* this worker's own things (its database reader) */
	void *auth;	 /* who asks: set by admit(), in the arena */
	bool woken;	 /* the handler runs again after HTTP_PARK */
	int64_t park_until_ms; /* clock_mono_ms() time; kept between runs; 0 at first */
	struct http_internal *internal;
};

/* The decoded value of the first query parameter of that name; {NULL, 0} when absent. '+' is a
 * space, as in forms. Lives in the arena. */
struct str http_query(struct http_request *request, const char *name);
/* Each value of a repeated parameter: *cursor starts at 0. */
bool http_query_next(
	struct http_request *request, const char *name, size_t *cursor, struct str *value_out);
/* A request header, borrowed; {NULL, 0} when absent. */
struct str http_header(struct http_request *request, const char *name);

/*
 * Parking. A handler with nothing to say yet takes its ticket, leaves it with whoever will know,
 * checks once more, sets park_until_ms and returns HTTP_PARK; the connection is then suspended
 * and holds no thread. http_wake() from any thread, or the time, makes a worker run the handler
 * again from the start. A wake that comes before the handler has returned is not lost. A ticket
 * whose request has ended is ignored: slot and generation, never a pointer. A peer that ends its
 * side of a parked connection is taken to be gone: the request ends, the handler does not run.
 */
struct http_ticket {
	uint32_t slot;
	uint32_t generation;
};
struct http_ticket http_ticket(struct http_request *request);
void http_wake(struct http_server *server, struct http_ticket ticket);

struct http_server_config {
	const char *name;    /* for logs and metrics: "client", "meeting" */
	const char *address; /* numeric; "::" takes IPv4 too */
	uint16_t port;
	unsigned workers;	  /* threads that run handlers */
	unsigned max_connections; /* in all */
	unsigned max_per_address; /* 0: no limit */
	bool trust_forwarded;	  /* believe X-Forwarded-For from loopback peers */
	const struct http_routes *tables;
	size_t table_count;
	void *app;
	/*
	 * Authentication and rate limits, before the body is parsed, and for BODY_FILE before it is
	 * received. false: the reply is filled. Runs again before each run of the handler after
	 * HTTP_PARK, with request->woken set: who asks is looked up anew (the arena was emptied),
	 * the request is not counted again. NULL: everything is admitted.
	 */
	bool (*admit)(struct http_request *request, struct http_reply *reply);
	/* Make and release request->worker, on the worker's thread; both may be NULL. When one
	 * worker_start gives NULL, the server does not start. */
	void *(*worker_start)(void *app);
	void (*worker_end)(void *worker);
	struct metrics *metrics;
	/* Where BODY_FILE puts its files, on the file system where they will stay: they are made
	 * with O_TMPFILE, so that linkat(2) can give them a name. NULL: "/tmp". */
	const char *upload_dir;
	/* Bytes that a BODY_FILE row takes; 0: as the row says. */
	size_t upload_max;
	/* Requests that wait for a worker before new ones are answered 503; 0: 4096. */
	unsigned queue_max;
	/* From the end of its headers a request's body has this long to arrive, plus a second for
	 * each 4 KiB of it; the reply as long to be taken. 0: 30,000. */
	unsigned transfer_timeout_ms;
	/* How long a connection may be idle, and a request's headers incomplete. 0: 75,000. */
	unsigned idle_timeout_ms;
};

/* Returns once every worker is ready. STATUS_EXISTS when the port is taken, STATUS_DENIED when it
 * may not be bound; STATUS_INVALID when two rows of the tables match the same method and path;
 * STATUS_IO when a worker_start failed. */
MUST_CHECK enum status http_server_start(
	const struct http_server_config *config, struct http_server **out);
/* Takes no more requests, wakes what is parked (what parks again is answered 503), lets what is
 * under way end (5 s at most; a handler that is running is always waited for), closes. */
void http_server_stop(struct http_server **server);
uint16_t http_server_port(const struct http_server *server); /* the real one when 0 was asked */

#endif
