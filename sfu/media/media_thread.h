/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One media thread: epoll over its UDP socket, its TCP connections, its mailbox and what the other
 * threads pass on to it. It owns its meetings whole and shares nothing but media/team.h. Private to
 * media/.
 */
#ifndef PARVIS_SFU_MEDIA_THREAD_H
#define PARVIS_SFU_MEDIA_THREAD_H

#include "sfu/media/media_threads.h"
#include "sfu/media/team.h"
#include "sfu/transport/sockets.h"

struct media_thread;

/* Takes the socket. Nothing runs yet. */
struct media_thread *media_thread_new(const struct media_threads_config *config, struct team *team,
	unsigned index, struct udp_socket *socket);
/* Before the start; see tcp_listen(). */
MUST_CHECK enum status media_thread_listen(
	struct media_thread *thread, const char *address, uint16_t port);
void media_thread_start(struct media_thread *thread);
/* `started`: it has been told to stop, and is waited for. */
void media_thread_free(struct media_thread **thread, bool started);

uint16_t media_thread_port(const struct media_thread *thread);
uint16_t media_thread_tcp_port(const struct media_thread *thread);

#endif
