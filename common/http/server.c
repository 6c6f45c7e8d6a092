/* SPDX-License-Identifier: Apache-2.0 */
/* Start and stop: the listening socket, libmicrohttpd's daemon, and the order of their end. */
#include "common/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/http/internal.h"
#define LOG_MODULE "http"
#include "common/base/log.h"

/* A connection's memory in the daemon: headers twice over, parsed, and those of the reply. It is
 * wholly touched once a connection is used again, so it is what an idle client costs. */
#define CONNECTION_BYTES (12 * 1024)
#define BACKLOG		 1024
#define DRAIN_MS	 5000

static void settle_config(struct http_server_config *config)
{
	if (config->workers == 0)
		config->workers = 1;
	if (config->max_connections == 0)
		config->max_connections = 1024;
	if (config->upload_dir == NULL)
		config->upload_dir = "/tmp";
	if (config->queue_max == 0)
		config->queue_max = 4096;
	if (config->transfer_timeout_ms == 0)
		config->transfer_timeout_ms = 30000;
	if (config->idle_timeout_ms == 0)
		config->idle_timeout_ms = 75000;
}

/* --- the socket --- */

union any_address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static enum status parse_address(
	const struct http_server_config *config, union any_address *out, socklen_t *size_out)
{
	*out = (union any_address){0};
	if (inet_pton(AF_INET, config->address, &out->four.sin_addr) == 1) {
		out->four.sin_family = AF_INET;
		out->four.sin_port = htons(config->port);
		*size_out = sizeof(out->four);
		return STATUS_OK;
	}
	if (inet_pton(AF_INET6, config->address, &out->six.sin6_addr) == 1) {
		out->six.sin6_family = AF_INET6;
		out->six.sin6_port = htons(config->port);
		*size_out = sizeof(out->six);
		return STATUS_OK;
	}
	return STATUS_INVALID;
}

static enum status status_of_errno(int error)
{
	switch (error) {
	case EADDRINUSE:
		return STATUS_EXISTS;
	case EACCES:
	case EPERM:
		return STATUS_DENIED;
	case EADDRNOTAVAIL:
		return STATUS_INVALID;
	default:
		return STATUS_UNAVAILABLE;
	}
}

static uint16_t bound_port(int fd)
{
	union any_address address = {0};
	socklen_t size = sizeof(address);
	if (getsockname(fd, &address.any, &size) != 0)
		return 0;
	return ntohs(
		address.any.sa_family == AF_INET6 ? address.six.sin6_port : address.four.sin_port);
}

static enum status open_socket(const struct http_server_config *config, int *fd_out)
{
	union any_address address;
	socklen_t size = 0;
	enum status status = parse_address(config, &address, &size);
	if (status != STATUS_OK)
		return status;
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return status_of_errno(errno);
	int on = 1;
	int off = 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, &address.any, size) != 0 || listen(fd, BACKLOG) != 0) {
		status = status_of_errno(errno);
		close(fd);
		return status;
	}
	*fd_out = fd;
	return STATUS_OK;
}

/* --- the daemon's callbacks, all on the network thread --- */

static enum MHD_Result on_accept(void *arg, const struct sockaddr *address, socklen_t size)
{
	(void)size;
	return peers_may_connect(arg, address) ? MHD_YES : MHD_NO;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = arg;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		peers_remove(server, *socket_context);
		*socket_context = NULL;
		return;
	}
	const union MHD_ConnectionInfo *address =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *from = address->client_addr;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	*socket_context = peers_add(server, from, fd);
}

/*
 * The daemon would parse the query as well, into the connection's memory; when that is full (some
 * 150 parameters), version 0.9.75 neither answers nor ends the request. The exchange has a copy,
 * so the query is cut off the daemon's own text before it looks: const is only its signature's.
 */
static void hide_query(const char *target)
{
	char *text;
	memcpy(&text, &target, sizeof(text));
	char *query = strchr(text, '?');
	if (query == NULL)
		return;
	if (query[1] != '\0')
		query[1] = '\0';
	query[0] = '\0';
}

static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct http_internal *x = exchange_begin(arg, target, connection);
	hide_query(target);
	return x;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *bytes, size_t *n, void **context)
{
	(void)arg;
	(void)connection;
	(void)url;
	return exchange_step(*context, method, version, bytes, n) ? MHD_YES : MHD_NO;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)connection;
	(void)code;
	if (*context != NULL)
		exchange_end(*context);
	*context = NULL;
}

/* The target is split raw and decoded in target.c. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, on_accept, server,
		on_request, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		server->config.max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
		server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_escaped, server, MHD_OPTION_END);
}

/* --- start and stop --- */

static void server_free(struct http_server *server)
{
	peers_release(&server->peers);
	router_free(&server->router);
	pthread_cond_destroy(&server->drained);
	mutex_release(&server->lock);
	free(server->stats);
	free(server);
}

static struct http_server *server_new(const struct http_server_config *config)
{
	struct http_server *server = MEM_NEW(struct http_server);
	server->config = *config;
	settle_config(&server->config);
	server->transfer_ms = server->config.transfer_timeout_ms;
	server->idle_ms = server->config.idle_timeout_ms;
	mutex_init(&server->lock);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&server->drained, &monotonic);
	pthread_condattr_destroy(&monotonic);
	peers_init(&server->peers, server->config.max_connections);
	return server;
}

enum status http_server_start(const struct http_server_config *config, struct http_server **out)
{
	struct http_server *server = server_new(config);
	int fd = -1;
	enum status status = router_new(config->tables, config->table_count, &server->router);
	if (status == STATUS_OK)
		status = open_socket(&server->config, &fd);
	if (status != STATUS_OK) {
		server_free(server);
		return status;
	}
	server->port = bound_port(fd);
	access_init(server);
	if (!workers_start(server)) {
		workers_stop(server);
		close(fd);
		server_free(server);
		return STATUS_IO;
	}
	parking_start(server);
	server->daemon = start_daemon(server, fd);
	if (server->daemon == NULL || !network_start(server)) {
		if (server->daemon != NULL)
			MHD_stop_daemon(server->daemon);
		else
			close(fd);
		workers_stop(server);
		parking_stop(server);
		server_free(server);
		return STATUS_UNAVAILABLE;
	}
	*out = server;
	return STATUS_OK;
}

/* Until no request is under way, or the time is over. */
static void drain(struct http_server *server)
{
	int64_t until_ms = clock_mono_ms() + DRAIN_MS;
	struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
	mutex_lock(&server->lock);
	while (atomic_load(&server->in_flight) > 0 && clock_mono_ms() < until_ms)
		pthread_cond_timedwait(&server->drained, &server->lock.m, &at);
	mutex_unlock(&server->lock);
}

void http_server_stop(struct http_server **out)
{
	struct http_server *server = *out;
	if (server == NULL)
		return;
	*out = NULL;
	mutex_lock(&server->lock);
	atomic_store(&server->stopping, true);
	mutex_unlock(&server->lock);
	network_kick(server);
	parking_wake_all(server);
	drain(server);
	/* From here on no exchange is with a worker or parked, so no connection is suspended for
	 * longer than the daemon's end, which would not bear that. */
	workers_stop(server);
	parking_stop(server);
	network_stop(server);
	MHD_stop_daemon(server->daemon);
	server_free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}
