/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/lws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libwebsockets.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/mem.h"

#define LOG_MODULE "signal"
#include "common/base/log.h"

#define HEADERS_AT_ONCE 64
#define HEADERS_SECONDS 10
#define RX_BYTES	(16 * 1024)
#define PING_SECONDS	20
#define SILENCE_SECONDS 40
#define QUERY_PART_MAX	LWS_HEADER_MAX
#define CLOSE_SECONDS	5

struct queued {
	struct queued *next;
	size_t n;
	unsigned char bytes[]; /* LWS_PRE, then the message */
};

struct lws_connection {
	struct lws *wsi;
	struct lws_server *server;
	void *session;
	bool open, closing;
	struct buf message; /* fragments so far */
	struct queued *first, *last;
	size_t queued;
};

struct lws_server {
	struct lws_context *lws;
	struct lws_vhost *vhost;
	struct lws_events events;
	unsigned connections, max_connections;
	lws_sorted_usec_list_t tick;
	lws_retry_bo_t idle;
	struct lws_protocols protocols[3];
	atomic_bool stopping;
};

struct str lws_parameter_get(const struct lws_request *request, const char *name)
{
	for (size_t i = 0; i < request->parameter_count; i++) {
		if (str_eq_c(request->parameters[i].name, name))
			return request->parameters[i].value;
	}
	return STR_EMPTY;
}

/* --- requests --------------------------------------------------------------------------------- */

static struct str header(struct lws *wsi, struct arena *arena, enum lws_token_indexes token)
{
	int n = lws_hdr_total_length(wsi, token);
	if (n <= 0)
		return STR_EMPTY;
	char *text = arena_alloc(arena, (size_t)n + 1);
	int copied = lws_hdr_copy(wsi, text, n + 1, token);
	return copied < 0 ? STR_EMPTY : str_n(text, (size_t)copied);
}

static void read_parameters(struct lws *wsi, struct lws_request *request)
{
	for (int i = 0; request->parameter_count < LWS_MAX_PARAMETERS; i++) {
		int n = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
		if (n <= 0)
			return;
		char *text = arena_alloc(request->arena, (size_t)n + 1);
		if (lws_hdr_copy_fragment(wsi, text, n + 1, WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			return;
		struct str value = str_n(text, (size_t)n), name;
		(void)str_cut(&value, '=', &name);
		request->parameters[request->parameter_count++] =
			(struct lws_parameter){name, value};
	}
}

static void read_request(struct lws *wsi, struct arena *arena, struct lws_request *request)
{
	char peer[64] = "";
	char *path = NULL;
	int n = 0;
	*request = (struct lws_request){.arena = arena};
	if (lws_http_get_uri_and_method(wsi, &path, &n) >= 0 && path != NULL)
		request->path = arena_str(arena, str_n(path, (size_t)n));
	(void)lws_get_peer_simple(wsi, peer, sizeof(peer));
	request->peer = arena_str(arena, str_c(peer));
	request->authorization = header(wsi, arena, WSI_TOKEN_HTTP_AUTHORIZATION);
	read_parameters(wsi, request);
}

/* Answers and has the connection closed: nothing is kept alive on this port. */
static int answer(struct lws *wsi, const struct lws_reply *reply, bool with_body)
{
	unsigned char bytes[LWS_PRE + 1024];
	unsigned char *start = bytes + LWS_PRE, *p = start, *end = bytes + sizeof(bytes) - 1;
	size_t n = strlen(reply->text);
	if (lws_add_http_common_headers(wsi, (unsigned)reply->status, "text/plain; charset=utf-8",
		    (lws_filepos_t)n, &p, end) != 0 ||
		lws_add_http_header_by_name(wsi,
			(const unsigned char *)"access-control-allow-origin:",
			(const unsigned char *)"*", 1, &p, end) != 0 ||
		lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:",
			(const unsigned char *)"no-store", 8, &p, end) != 0 ||
		lws_finalize_write_http_header(wsi, start, &p, end) != 0)
		return -1;
	if (with_body && n > 0) {
		memcpy(start, reply->text, n);
		(void)lws_write(wsi, start, n, LWS_WRITE_HTTP_FINAL);
	}
	return -1;
}

static int on_get(struct lws_server *server, struct lws *wsi)
{
	ARENA_SCOPE(arena);
	struct lws_request request;
	struct lws_reply reply = {.status = HTTP_STATUS_NOT_FOUND, .text = "not found"};
	bool head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	read_request(wsi, arena, &request);
	if (!head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0) {
		reply = (struct lws_reply){HTTP_STATUS_METHOD_NOT_ALLOWED, "method not allowed"};
	} else {
		server->events.get(server->events.context, &request, &reply);
	}
	return answer(wsi, &reply, !head);
}

/* 0 lets the upgrade happen. */
static int on_upgrade(struct lws_server *server, struct lws *wsi)
{
	ARENA_SCOPE(arena);
	struct lws_request request;
	struct lws_reply reply = {.status = HTTP_STATUS_NOT_FOUND, .text = "not found"};
	read_request(wsi, arena, &request);
	if (server->connections >= server->max_connections) {
		reply = (struct lws_reply){HTTP_STATUS_SERVICE_UNAVAILABLE, "too many connections"};
		return answer(wsi, &reply, true);
	}
	void *session = server->events.accept(server->events.context, &request, &reply);
	if (session == NULL)
		return answer(wsi, &reply, true);
	struct lws_connection *c = MEM_NEW(struct lws_connection);
	c->wsi = wsi;
	c->server = server;
	c->session = session;
	buf_init(&c->message, LWS_MESSAGE_MAX);
	server->connections++;
	lws_set_opaque_user_data(wsi, c);
	return 0;
}

/* --- connections ------------------------------------------------------------------------------ */

static void drop_queue(struct lws_connection *c)
{
	struct queued *next;
	for (struct queued *q = c->first; q != NULL; q = next) {
		next = q->next;
		mem_freep(&q);
	}
	c->first = c->last = NULL;
	c->queued = 0;
}

static void tell_closed(struct lws_connection *c)
{
	void *session = c->session;
	c->session = NULL;
	if (session != NULL)
		c->server->events.closed(c->server->events.context, session);
}

static void connection_end(struct lws *wsi)
{
	struct lws_connection *c = lws_get_opaque_user_data(wsi);
	if (c == NULL)
		return;
	lws_set_opaque_user_data(wsi, NULL);
	tell_closed(c);
	c->server->connections--;
	drop_queue(c);
	buf_release(&c->message);
	mem_freep(&c);
}

static int on_receive(struct lws_connection *c, const void *bytes, size_t n)
{
	if (c->closing)
		return 0;
	if (!lws_frame_is_binary(c->wsi)) {
		lws_close_reason(c->wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, NULL, 0);
		return -1;
	}
	buf_append(&c->message, str_n(bytes, n));
	if (buf_status(&c->message) != STATUS_OK) {
		lws_close_reason(c->wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
		return -1;
	}
	if (lws_remaining_packet_payload(c->wsi) > 0 || !lws_is_final_fragment(c->wsi))
		return 0;
	c->server->events.message(c->server->events.context, c->session, buf_str(&c->message));
	buf_clear(&c->message);
	return 0;
}

static int on_writable(struct lws_connection *c)
{
	struct queued *q = c->first;
	if (q == NULL) {
		if (!c->closing)
			return 0;
		lws_close_reason(c->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return -1;
	}
	c->first = q->next;
	if (c->first == NULL)
		c->last = NULL;
	c->queued -= q->n;
	int written = lws_write(c->wsi, q->bytes + LWS_PRE, q->n, LWS_WRITE_BINARY);
	bool failed = written < 0 || (size_t)written < q->n;
	mem_freep(&q);
	if (failed)
		return -1;
	if (c->first != NULL || c->closing)
		(void)lws_callback_on_writable(c->wsi);
	return 0;
}

void lws_send(struct lws_connection *c, struct str message)
{
	if (c->closing)
		return;
	if (c->queued + message.n > LWS_QUEUE_MAX) {
		log_warning("a client does not take its messages: closing");
		drop_queue(c);
		lws_close(c);
		return;
	}
	struct queued *q = mem_alloc(sizeof(*q) + LWS_PRE + message.n);
	memcpy(q->bytes + LWS_PRE, message.p, message.n);
	q->n = message.n;
	if (c->last == NULL)
		c->first = q;
	else
		c->last->next = q;
	c->last = q;
	c->queued += message.n;
	if (c->open)
		(void)lws_callback_on_writable(c->wsi);
}

void lws_close(struct lws_connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_SECONDS);
	(void)lws_callback_on_writable(c->wsi);
}

/* --- the library's side ----------------------------------------------------------------------- */

static struct lws_server *server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *bytes, size_t n)
{
	(void)user;
	struct lws_connection *c;
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return on_get(server_of(wsi), wsi);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return on_upgrade(server_of(wsi), wsi) == 0 ? 0 : 1;
	case LWS_CALLBACK_ESTABLISHED:
		c = lws_get_opaque_user_data(wsi);
		if (c == NULL)
			return -1;
		c->open = true;
		c->server->events.opened(c->server->events.context, c->session, c);
		(void)lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		c = lws_get_opaque_user_data(wsi);
		return c == NULL || c->session == NULL ? -1 : on_receive(c, bytes, n);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		c = lws_get_opaque_user_data(wsi);
		return c == NULL ? -1 : on_writable(c);
	case LWS_CALLBACK_CLOSED:
		c = lws_get_opaque_user_data(wsi);
		if (c != NULL)
			tell_closed(c);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		connection_end(wsi);
		return 0;
	default:
		return 0;
	}
}

static int on_mailbox(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *bytes, size_t n)
{
	(void)user;
	(void)bytes;
	(void)n;
	if (reason == LWS_CALLBACK_RAW_RX_FILE || reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
		struct lws_server *server = server_of(wsi);
		server->events.wake(server->events.context);
	}
	return 0;
}

static void on_tick(lws_sorted_usec_list_t *tick)
{
	struct lws_server *server = lws_container_of(tick, struct lws_server, tick);
	server->events.tick(server->events.context);
	lws_sul_schedule(
		server->lws, 0, &server->tick, on_tick, LWS_TICK_MS * LWS_USEC_PER_SEC / 1000);
}

static void on_log(int level, const char *line)
{
	log_write(level == LLL_ERR ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, LOG_MODULE, "%s", line);
}

/* The library says only that it failed: why, a bind of our own tells. */
static enum status try_bind(const char *address, uint16_t port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
	if (!is_six && inet_pton(AF_INET, address, &four.sin_addr) != 1)
		return STATUS_INVALID;
	int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return STATUS_UNAVAILABLE;
	int one = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	int result = is_six ? bind(fd, (const struct sockaddr *)&six, sizeof(six))
			    : bind(fd, (const struct sockaddr *)&four, sizeof(four));
	int error = result == 0 && listen(fd, 1) != 0 ? errno : result == 0 ? 0 : errno;
	close(fd);
	return error == 0	     ? STATUS_OK
	       : error == EADDRINUSE ? STATUS_EXISTS
	       : error == EACCES     ? STATUS_DENIED
				     : STATUS_INVALID;
}

static bool is_any(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static enum status listen_on(struct lws_server *server, const struct lws_config *config)
{
	struct lws_context_creation_info info = {0};
	info.port = config->port;
	info.iface = is_any(config->address) ? NULL : config->address;
	info.protocols = server->protocols;
	info.options =
		LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (strcmp(config->address, "0.0.0.0") == 0)
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	info.user = server;
	info.max_http_header_data2 = LWS_HEADER_MAX;
	info.max_http_header_pool2 = HEADERS_AT_ONCE;
	info.timeout_secs = HEADERS_SECONDS;
	info.timeout_secs_ah_idle = HEADERS_SECONDS;
	info.pt_serv_buf_size = RX_BYTES;
	info.retry_and_idle_policy = &server->idle;
	server->lws = lws_create_context(&info);
	if (server->lws == NULL)
		return STATUS_INTERNAL;
	server->vhost = lws_create_vhost(server->lws, &info);
	if (server->vhost == NULL)
		return STATUS_UNAVAILABLE;
	lws_sock_file_fd_type fd = {.filefd = dup(config->wake_fd)};
	if (fd.filefd < 0 || lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_RAW_FILE_DESC, fd,
				     "mailbox", NULL) == NULL)
		return STATUS_INTERNAL;
	return STATUS_OK;
}

enum status lws_server_new(const struct lws_config *config, struct lws_server **out)
{
	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	enum status status = try_bind(config->address, config->port);
	if (status != STATUS_OK)
		return status;
	struct lws_server *server = MEM_NEW(struct lws_server);
	server->events = config->events;
	server->max_connections = config->max_connections;
	server->idle.secs_since_valid_ping = PING_SECONDS;
	server->idle.secs_since_valid_hangup = SILENCE_SECONDS;
	server->protocols[0] = (struct lws_protocols){
		.name = "livekit", .callback = on_event, .rx_buffer_size = RX_BYTES};
	server->protocols[1] = (struct lws_protocols){.name = "mailbox", .callback = on_mailbox};
	status = listen_on(server, config);
	if (status != STATUS_OK) {
		lws_server_free(&server);
		return status;
	}
	lws_sul_schedule(server->lws, 0, &server->tick, on_tick, 1);
	*out = server;
	return STATUS_OK;
}

uint16_t lws_server_port(const struct lws_server *server)
{
	return (uint16_t)lws_get_vhost_listen_port(server->vhost);
}

void lws_run(struct lws_server *server)
{
	while (!atomic_load(&server->stopping) && lws_service(server->lws, 0) >= 0)
		;
}

void lws_stop(struct lws_server *server)
{
	atomic_store(&server->stopping, true);
	lws_cancel_service(server->lws);
}

void lws_wake(struct lws_server *server)
{
	lws_cancel_service(server->lws);
}

void lws_flush(struct lws_server *server, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms;
	while (server->connections > 0 && clock_mono_ms() < end) {
		lws_cancel_service(server->lws);
		(void)lws_service(server->lws, 0);
	}
}

void lws_server_free(struct lws_server **server)
{
	struct lws_server *s = *server;
	if (s == NULL)
		return;
	*server = NULL;
	if (s->lws != NULL) {
		lws_sul_schedule(s->lws, 0, &s->tick, on_tick, LWS_SET_TIMER_USEC_CANCEL);
		lws_context_destroy(s->lws);
	}
	mem_freep(&s);
}
