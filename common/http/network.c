/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network thread: it waits for the daemon's epoll descriptor and lets the daemon work without
 * blocking. The daemon's own thread is not used: libmicrohttpd 0.9.75 waits a second time, without
 * limit, when exactly as many events arrive as it takes at once (128), and serves none of them
 * until something else happens. Run from outside the daemon has no wake-up of its own, so whoever
 * resumes a connection kicks the thread.
 */
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/http/internal.h"

static int wait_ms(struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	if (MHD_get_timeout(server->daemon, &ms) != MHD_YES)
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

/* Read, then unmarked, then the daemon runs: whoever finds it marked in between has resumed its
 * connection already, and the daemon will see it. */
static void take_kick(struct http_network *network)
{
	eventfd_t kicks;
	(void)eventfd_read(network->kick_fd, &kicks);
	atomic_store(&network->kicked, false);
}

static void *network_main(void *arg)
{
	struct http_server *server = arg;
	struct http_network *network = &server->network;
	struct pollfd fds[] = {
		{.fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
			.events = POLLIN},
		{.fd = network->kick_fd, .events = POLLIN},
	};
	while (!atomic_load(&network->quit)) {
		if (!network->quiesced && atomic_load(&server->stopping)) {
			/* From here on the listening socket is ours; until then the daemon closes
			 * it. */
			close(MHD_quiesce_daemon(server->daemon));
			network->quiesced = true;
		}
		if (poll(fds, 2, wait_ms(server)) < 0 && errno != EINTR)
			abort();
		if ((fds[1].revents & POLLIN) != 0)
			take_kick(network);
		MHD_run(server->daemon);
	}
	return NULL;
}

bool network_start(struct http_server *server)
{
	struct http_network *network = &server->network;
	network->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (network->kick_fd < 0)
		return false;
	network->thread = thread_start("http-network", network_main, server);
	return true;
}

void network_kick(struct http_server *server)
{
	if (!atomic_exchange(&server->network.kicked, true))
		(void)eventfd_write(server->network.kick_fd, 1);
}

void network_stop(struct http_server *server)
{
	atomic_store(&server->network.quit, true);
	network_kick(server);
	thread_join(server->network.thread);
	close(server->network.kick_fd);
}
