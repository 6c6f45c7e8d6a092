/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outgoing HTTP over libcurl (the only owner of curl.h, with the bridge's SMTP submission). A call
 * blocks its thread until the answer or a time-out; connections are kept and used again. One
 * http_client per thread.
 */
#ifndef PARVIS_HTTP_CLIENT_H
#define PARVIS_HTTP_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"

struct http_client;

/* Once in main, before the first thread: prepares libcurl for the whole process. */
void http_client_global_init(void);

struct http_client *http_client_new(void);
void http_client_free(struct http_client **client);

struct http_call {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;
	struct str body;	   /* sent when p is not NULL */
	const char *content_type;  /* NULL: application/json */
	const char *bearer;	   /* access token, or NULL; never logged */
	const char *authorization; /* the whole header in its place, or NULL; never logged */
	unsigned timeout_ms;	   /* for the whole call; 0: 30,000 */
	size_t max_answer;	   /* bytes of body accepted; 0: 1 MiB */
	const atomic_bool *cancel; /* checked often; true ends the call with STATUS_UNAVAILABLE */
	int body_fd;		   /* >= 0 with body_size: sent in place of body; 0 means none */
	int64_t body_size;
	int answer_fd;	  /* > 0: a body of 200 is written there, max_answer bytes at most, and
			* answer.body stays empty */
	bool public_only; /* a stranger chose the URL: addresses that are not of the public
			   * Internet (common/http/public_address.h) are not connected to. The same in all calls
			   * of one client, which keeps its connections. */
};

struct http_answer {
	int status;	 /* as the peer said: 200, 404 ... */
	struct str body; /* in the arena, with a NUL behind it */
	int64_t written; /* bytes given to answer_fd */
	struct str content_type;
	int64_t retry_after_ms; /* from Retry-After; 0 when absent */
};

/* STATUS_OK whenever the peer answered, whatever it said. STATUS_TIMEOUT, STATUS_UNAVAILABLE
 * (no connection, TLS failure, cancelled), STATUS_TOO_LARGE, STATUS_INVALID (bad URL). Redirects
 * are not followed. Only http and https; certificates are verified; no proxy is asked, whatever the
 * environment says. A cancelled call ends within a second. */
MUST_CHECK enum status http_call(struct http_client *client, struct arena *arena,
	const struct http_call *call, struct http_answer *out);

/* Appends the text percent-encoded for one path segment or query value (RFC 3986 unreserved). */
void http_escape(struct buf *out, struct str text);

#endif
