/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A media thread: epoll over one UDP socket, its timers and its mailbox. It owns its meetings
 * whole and shares nothing; see media/messages.h for what can be said to it and what it says.
 */
#ifndef PARVIS_SFU_MEDIA_THREAD_H
#define PARVIS_SFU_MEDIA_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mailbox.h"
#include "common/base/thread.h"
#include "sfu/media/messages.h"

struct dtls_identity;
struct metrics;
struct media_thread;

struct media_thread_config {
	const char *address; /* numeric; "::" takes IPv4 too */
	uint16_t port;	     /* 0: any free one */
	bool tcp;	     /* ICE-TCP, too */
	uint16_t tcp_port;   /* 0: any free one */
	const struct dtls_identity *dtls;
	struct mailbox *events; /* of struct media_event; outlives the thread. Full: lossy
				   data, stats and speakers are dropped and counted, the rest is
				   kept and sent later */
	struct metrics *metrics;
};

/* STATUS_EXISTS when the port is taken, STATUS_DENIED when it may not be bound, STATUS_INVALID
 * when the address is not numeric. The thread runs on success. One per process: usrsctp's state
 * is the process's. */
MUST_CHECK enum status media_thread_start(
	const struct media_thread_config *config, struct media_thread **out);
/* Says close_notify to the peers, ends the thread, frees everything. */
void media_thread_stop(struct media_thread **thread);
uint16_t media_thread_port(const struct media_thread *thread);
uint16_t media_thread_tcp_port(const struct media_thread *thread); /* 0: none */

/*
 * Any thread; commands arrive in order. The command is media's from here on, also when this
 * fails: STATUS_TOO_LARGE when 16384 are waiting already.
 */
MUST_CHECK enum status media_thread_send(
	struct media_thread *thread, struct media_command *command);

#endif
