/* SPDX-License-Identifier: Apache-2.0 */
/* One request on the network thread, from its request line to the reply on its way. */
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/http/internal.h"
#define LOG_MODULE "http"
#include "common/base/log.h"

#define LINGER_MS 10000

struct http_internal *exchange_begin(
	struct http_server *server, const char *target, struct MHD_Connection *connection)
{
	struct http_internal *x = MEM_NEW(struct http_internal);
	x->server = server;
	x->connection = connection;
	x->peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			  ->socket_context;
	x->stats = &server->stats[server->stats_count - 1];
	x->target_n = strlen(target);
	x->target = mem_alloc(2 * x->target_n + 1);
	memcpy(x->target, target, x->target_n);
	x->request.internal = x;
	x->request.app = server->config.app;
	x->request.body_fd = -1;
	x->request.peer = str_c(x->peer->address);
	atomic_fetch_add(&server->in_flight, 1);
	return x;
}

void exchange_end(struct http_internal *x)
{
	struct http_server *server = x->server;
	if (x->response != NULL)
		MHD_destroy_response(x->response);
	arena_free(&x->request.arena);
	buf_release(&x->body);
	buf_release(&x->raw);
	fs_close(&x->request.body_fd);
	free(x->target);
	peer_await(x->peer, server->idle_ms);
	free(x);
	if (atomic_fetch_sub(&server->in_flight, 1) == 1 && atomic_load(&server->stopping)) {
		mutex_lock(&server->lock);
		pthread_cond_signal(&server->drained);
		mutex_unlock(&server->lock);
	}
}

void exchange_resume(struct http_internal *x)
{
	struct http_server *server = x->server;
	MHD_resume_connection(x->connection);
	network_kick(server);
}

/* --- leaving the network thread --- */

static void hand_over(struct http_internal *x, enum http_phase phase, enum http_job job)
{
	x->phase = phase;
	x->job = job;
	peer_attend(x->peer, INT64_MAX);
	/* Suspended before it is queued: the worker may be done before this function is. */
	MHD_suspend_connection(x->connection);
	if (workers_push(x->server, x, job != JOB_SPOOL))
		return;
	struct http_reply reply;
	reply_init(&reply);
	http_error(&reply, 503, "M_UNKNOWN", "The server is busy, try again");
	http_reply_header(&reply, "Retry-After", "1");
	reply_finish(&reply, x, job != JOB_RUN);
	x->gone = x->gone || job == JOB_SPOOL;
	exchange_resume(x);
}

static void set_body_deadline(struct http_internal *x)
{
	int64_t allowed = x->server->transfer_ms + x->request.body_size / HTTP_SLOW_RATE;
	peer_await(x->peer, x->body_since_ms + allowed - clock_mono_ms());
}

/* --- replies --- */

static bool send_reply(struct http_internal *x)
{
	if (x->response == NULL)
		return false;
	peer_attend(x->peer, x->server->transfer_ms + x->reply_bytes / HTTP_SLOW_RATE);
	access_count(x);
	enum MHD_Result sent = MHD_queue_response(x->connection, (unsigned)x->status, x->response);
	MHD_destroy_response(x->response);
	x->response = NULL;
	return sent == MHD_YES;
}

/*
 * The peer is still sending, and the daemon can answer only at the end. So the reply is written
 * here, and for a while the rest is read and forgotten: closing at once would reset the
 * connection, and the reply could be lost on its way.
 */
static bool linger(struct http_internal *x)
{
	access_count(x);
	x->phase = PHASE_LINGER;
	x->request.body_size = 0;
	ssize_t sent = send(x->peer->fd, x->raw.p, x->raw.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(x->peer->fd, SHUT_WR);
	peer_await(x->peer, LINGER_MS);
	return sent == (ssize_t)x->raw.n;
}

static bool linger_on(struct http_internal *x, size_t *n)
{
	bool at_end = *n == 0;
	x->request.body_size += (int64_t)*n;
	*n = 0;
	return !at_end && x->request.body_size <= HTTP_LINGER_MAX;
}

/* x->response and x->raw are there; how they can be sent depends on what is still to come. */
static bool send_early(struct http_internal *x)
{
	if (x->framing.refuse != 0 || (x->framing.has_body && x->expect_continue))
		return send_reply(x); /* and the daemon closes */
	if (x->framing.has_body && (x->framing.chunked || x->framing.length > HTTP_DISCARD_MAX))
		return linger(x);
	x->phase = PHASE_REFUSED;
	return true;
}

static bool answer_early(struct http_internal *x, struct http_reply *reply)
{
	x->busy_us = 0;
	reply_finish(reply, x, x->framing.has_body);
	return send_early(x);
}

static bool refuse(struct http_internal *x, int status, const char *errcode, const char *text)
{
	struct http_reply reply;
	reply_init(&reply);
	http_error(&reply, status, errcode, "%s", text);
	return answer_early(x, &reply);
}

/* In the middle of a body. */
static bool refuse_body(struct http_internal *x, int status, const char *errcode, const char *text)
{
	struct http_reply reply;
	reply_init(&reply);
	http_error(&reply, status, errcode, "%s", text);
	buf_release(&x->body);
	reply_finish(&reply, x, true);
	return linger(x);
}

/* --- headers --- */

struct head {
	struct framing framing;
	struct str forwarded; /* the last X-Forwarded-For */
};

static enum MHD_Result gather(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_n,
	const char *value, size_t value_n)
{
	(void)kind;
	struct head *head = arg;
	struct str n = str_n(name, name_n);
	struct str v = value == NULL ? STR("") : str_n(value, value_n);
	framing_add(&head->framing, n, v);
	if (str_eq_nocase(n, STR("x-forwarded-for")))
		head->forwarded = v;
	return MHD_YES;
}

/* The front door appends the address it saw: the last is the one that can be believed. */
static void take_forwarded(struct http_internal *x, struct str forwarded)
{
	if (!x->server->config.trust_forwarded || !x->peer->loopback)
		return;
	struct str last = str_trim(str_skip(forwarded, (size_t)(str_rindex(forwarded, ',') + 1)));
	if (peer_address_normalize(last, x->forwarded))
		x->request.peer = str_c(x->forwarded);
}

static bool read_target(struct http_internal *x, struct http_target *target, const char **why)
{
	struct str raw = str_n(x->target, x->target_n);
	switch (target_parse(raw, x->target + x->target_n, target)) {
	case TARGET_OK:
		x->request.path = target->path;
		x->request.query = target->query;
		return true;
	case TARGET_FORM:
		*why = "The request target is malformed";
		break;
	case TARGET_ESCAPE:
		*why = "The request target holds a malformed percent escape";
		break;
	case TARGET_NUL:
		*why = "The request target holds a NUL";
		break;
	case TARGET_UTF8:
		*why = "The request target is not UTF-8";
		break;
	}
	return false;
}

static bool method_of(const char *name, enum http_method *out)
{
	if (strcmp(name, "HEAD") == 0)
		name = "GET";
	for (unsigned i = 0; i < HTTP_METHODS; i++) {
		if (strcmp(name, http_method_name((enum http_method)i)) == 0) {
			*out = (enum http_method)i;
			return true;
		}
	}
	return false;
}

static bool answer_options(struct http_internal *x)
{
	struct http_reply reply;
	reply_init(&reply);
	reply.status = 204;
	http_reply_header(&reply, "Access-Control-Max-Age", "86400");
	return answer_early(x, &reply);
}

static bool refuse_method(struct http_internal *x, unsigned allowed)
{
	char allow[64] = "OPTIONS";
	size_t n = strlen(allow);
	for (unsigned i = 0; i < HTTP_METHODS; i++)
		if ((allowed & (1u << i)) != 0)
			n += (size_t)snprintf(allow + n, sizeof(allow) - n, ", %s%s",
				i == HTTP_GET ? "HEAD, " : "",
				http_method_name((enum http_method)i));
	struct http_reply reply;
	reply_init(&reply);
	http_error(&reply, 405, "M_UNRECOGNIZED", "This method is not known here");
	http_reply_header(&reply, "Allow", allow);
	return answer_early(x, &reply);
}

/* Finds the row and moves the parameters over; *refused_out when it was answered here. */
static bool find_route(struct http_internal *x, const char *method_name, bool *refused_out)
{
	struct http_target target;
	const char *why = NULL;
	*refused_out = true;
	if (strcmp(method_name, "OPTIONS") == 0)
		return answer_options(x);
	if (!read_target(x, &target, &why))
		return refuse(x, 400, "M_INVALID_PARAM", why);
	enum http_method method = HTTP_GET;
	bool known = method_of(method_name, &method);
	struct router_match match = router_find(x->server->router, method, &target);
	if (!known && match.route != NULL)
		return refuse_method(x, 1u << HTTP_GET);
	if (match.route == NULL && match.allowed != 0)
		return refuse_method(x, match.allowed);
	if (match.route == NULL)
		return refuse(x, 404, "M_UNRECOGNIZED", "This path is not known");
	x->stats = &x->server->stats[match.index];
	x->request.route = match.route;
	x->request.method = method;
	x->request.param_count = match.param_count;
	memcpy(x->request.params, match.params, sizeof(match.params));
	x->body_max = match.route->body_max == 0 ? HTTP_BODY_DEFAULT : match.route->body_max;
	if (match.route->body == BODY_FILE && x->server->config.upload_max != 0)
		x->body_max = x->server->config.upload_max;
	*refused_out = false;
	return true;
}

static size_t header_bytes(const struct http_internal *x)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	return info == NULL ? 0 : info->header_size;
}

/* O_TMPFILE where the file system has it; else a name that is taken away at once. */
static int open_upload(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	char path[512];
	if (snprintf(path, sizeof(path), "%s/upload.XXXXXX", dir) >= (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static bool begin_upload(struct http_internal *x)
{
	x->request.body_fd = open_upload(x->server->config.upload_dir);
	if (x->request.body_fd < 0) {
		log_error("no file for an upload in %s", x->server->config.upload_dir);
		return refuse(x, 503, "M_UNKNOWN", "The upload could not be saved, try again");
	}
	buf_init(&x->body, 2 * HTTP_SPOOL_BYTES);
	hand_over(x, PHASE_ADMIT, JOB_ADMIT);
	return true;
}

static bool on_head(struct http_internal *x, const char *method, const char *version)
{
	struct head head = {0};
	MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, gather, &head);
	x->framing = framing_judge(&head.framing, strcmp(version, "HTTP/1.0") == 0);
	x->expect_continue = head.framing.expect_continue;
	x->body_since_ms = clock_mono_ms();
	set_body_deadline(x);
	take_forwarded(x, head.forwarded);
	if (x->framing.refuse == 0 && header_bytes(x) > HTTP_HEADERS_MAX) {
		bool by_target = x->target_n > HTTP_HEADERS_MAX / 2;
		x->framing = (struct framing_verdict){
			.refuse = by_target ? 414 : 431, .reason = "The request is too long"};
	}
	if (x->framing.refuse != 0)
		return refuse(x, x->framing.refuse, "M_UNKNOWN", x->framing.reason);

	bool refused;
	bool go_on = find_route(x, method, &refused);
	if (refused)
		return go_on;
	if (x->framing.length > (int64_t)x->body_max)
		return refuse(x, 413, "M_TOO_LARGE", "The body is too large");
	if (x->request.route->body == BODY_FILE)
		return begin_upload(x);
	buf_init(&x->body, x->body_max);
	x->phase = PHASE_BODY;
	return true;
}

static bool after_admission(struct http_internal *x)
{
	if (!x->admitted)
		return x->response != NULL && send_early(x);
	x->phase = PHASE_BODY;
	x->body_since_ms = clock_mono_ms();
	set_body_deadline(x);
	return true;
}

/* --- body --- */

static bool on_body(struct http_internal *x, const char *bytes, size_t *n)
{
	struct str chunk = str_n(bytes, *n);
	*n = 0;
	x->request.body_size += (int64_t)chunk.n;
	if (x->request.body_size > (int64_t)x->body_max)
		return refuse_body(x, 413, "M_TOO_LARGE", "The body is too large");
	if (x->request.route->body != BODY_NONE)
		buf_append(&x->body, chunk);
	set_body_deadline(x);
	if (x->request.body_fd >= 0 && x->body.n >= HTTP_SPOOL_BYTES)
		hand_over(x, PHASE_SPOOL, JOB_SPOOL);
	return true;
}

static bool on_end(struct http_internal *x)
{
	if (x->request.route->body != BODY_NONE && x->request.route->body != BODY_FILE)
		x->request.body = buf_str(&x->body);
	hand_over(x, PHASE_RUN, JOB_RUN);
	return true;
}

static bool is_suspended(const struct http_internal *x)
{
	return MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED)
		       ->suspended != MHD_NO;
}

static bool on_refused(struct http_internal *x, size_t *n)
{
	bool at_end = *n == 0;
	*n = 0;
	return at_end ? send_reply(x) : true;
}

bool exchange_step(struct http_internal *x, const char *method, const char *version,
	const char *bytes, size_t *n)
{
	switch (x->phase) {
	case PHASE_SPOOL:
		/* Behind one chunk the daemon offers the next, suspended or not. */
		if (is_suspended(x))
			return true;
		if (x->gone)
			return false;
		if (x->spool_failed)
			return refuse_body(
				x, 503, "M_UNKNOWN", "The upload could not be saved, try again");
		x->phase = PHASE_BODY;
		set_body_deadline(x);
		break;
	case PHASE_HEAD:
		return on_head(x, method, version);
	case PHASE_ADMIT:
		return after_admission(x);
	case PHASE_RUN:
		return !x->gone && send_reply(x);
	case PHASE_REFUSED:
		return on_refused(x, n);
	case PHASE_LINGER:
		return linger_on(x, n);
	case PHASE_BODY:
		break;
	}
	return *n > 0 ? on_body(x, bytes, n) : on_end(x);
}
