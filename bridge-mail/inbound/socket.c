/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/fs.h"

#define BACKLOG 64

static enum status status_of_errno(void)
{
	switch (errno) {
	case EADDRINUSE:
		return STATUS_EXISTS;
	case EACCES:
	case EPERM:
		return STATUS_DENIED;
	default:
		return STATUS_IO;
	}
}

/* Fills the socket address; 0 when the text is not a loopback address. */
static socklen_t loopback_address(
	const char *address, uint16_t port, struct sockaddr_storage *storage)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		if (ntohl(v4.sin_addr.s_addr) >> 24 != 127)
			return 0;
		memcpy(storage, &v4, sizeof(v4));
		return sizeof(v4);
	}
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
		if (!IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr))
			return 0;
		memcpy(storage, &v6, sizeof(v6));
		return sizeof(v6);
	}
	return 0;
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage storage = {0};
	socklen_t n = sizeof(storage);
	if (getsockname(fd, (struct sockaddr *)&storage, &n) != 0)
		return 0;
	if (storage.ss_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, &storage, sizeof(v6));
		return ntohs(v6.sin6_port);
	}
	struct sockaddr_in v4;
	memcpy(&v4, &storage, sizeof(v4));
	return ntohs(v4.sin_port);
}

enum status socket_listen_loopback(const char *address, uint16_t port, int *fd_out,
	uint16_t *port_out, char why[CONFIG_ERROR_MAX])
{
	struct sockaddr_storage storage = {0};
	socklen_t n = loopback_address(address, port, &storage);
	if (n == 0) {
		snprintf(why, CONFIG_ERROR_MAX,
			"bridge_mail.smtp_address is %s: it must be a loopback address, as the"
			" SMTP listener trusts whoever reaches it; let an MTA stand in front",
			address);
		return STATUS_INVALID;
	}
	FD_SCOPE int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		bind(fd, (struct sockaddr *)&storage, n) != 0 || listen(fd, BACKLOG) != 0) {
		enum status status = status_of_errno();
		snprintf(why, CONFIG_ERROR_MAX,
			"SMTP port %u of %s cannot be used: %s; stop what uses it or change"
			" bridge_mail.smtp_port",
			port, address, strerror(errno));
		return status;
	}
	*port_out = bound_port(fd);
	*fd_out = fd;
	fd = -1;
	return STATUS_OK;
}

/* A socket file without a listener is what a killed process leaves. */
static void remove_dead_socket(const struct sockaddr_un *address)
{
	struct stat st;
	if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	FD_SCOPE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		errno == ECONNREFUSED)
		unlink(address->sun_path);
}

enum status socket_listen_unix(const char *path, int *fd_out, char why[CONFIG_ERROR_MAX])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(why, CONFIG_ERROR_MAX,
			"bridge_mail.lmtp_socket is longer than the %zu bytes that a socket's"
			" path may have",
			sizeof(address.sun_path) - 1);
		return STATUS_INVALID;
	}
	memcpy(address.sun_path, path, strlen(path));
	remove_dead_socket(&address);
	FD_SCOPE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0) {
		enum status status = status_of_errno();
		snprintf(why, CONFIG_ERROR_MAX,
			"LMTP socket %s cannot be made: %s; is another bridge running, does its"
			" folder exist?",
			path, strerror(errno));
		return status;
	}
	*fd_out = fd;
	fd = -1;
	return STATUS_OK;
}
