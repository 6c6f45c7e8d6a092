/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The media threads of the process: each meeting lives on one of them, from its opening to its
 * close, and all of them serve the same UDP port and the same TCP port (media/team.h says how).
 * media/messages.h says what can be said to them, and what they say.
 */
#ifndef PARVIS_SFU_MEDIA_THREADS_H
#define PARVIS_SFU_MEDIA_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mailbox.h"
#include "sfu/media/messages.h"

struct dtls_identity;
struct metrics;
struct media_threads;

#define MEDIA_THREADS_MAX 16u /* STEERING_MAX_THREADS */

struct media_threads_config {
	unsigned count;	     /* of threads; 0: one */
	const char *address; /* numeric; "::" takes IPv4 too */
	uint16_t port;	     /* 0: any free one */
	bool tcp;	     /* ICE-TCP, too */
	uint16_t tcp_port;   /* 0: any free one */
	const struct dtls_identity *dtls;
	struct mailbox *events; /* of struct media_event; outlives the threads. Full: lossy
				   data, stats and speakers are dropped and counted, the rest is
				   kept and sent later */
	struct metrics *metrics;
};

/* STATUS_EXISTS when a port is taken, STATUS_DENIED when it may not be bound, STATUS_INVALID when
 * the address is not numeric or not ours. They run on success. Once per process at a time: the
 * state of usrsctp and of libsrtp2 is the process's. */
MUST_CHECK enum status media_threads_start(
	const struct media_threads_config *config, struct media_threads **out);
/* Says close_notify to the peers, ends the threads, frees everything. */
void media_threads_stop(struct media_threads **threads);
uint16_t media_threads_port(const struct media_threads *threads);
uint16_t media_threads_tcp_port(const struct media_threads *threads); /* 0: none */

/*
 * One thread at a time, and for one meeting always the same: commands arrive in order. command->meeting
 * says to which media thread it goes: a meeting is opened on the one with the fewest transports.
 * What names no meeting that is open goes to the first. The command is media's from here on, also
 * when this fails: STATUS_TOO_LARGE when 16384 are waiting already.
 */
MUST_CHECK enum status media_threads_send(
	struct media_threads *threads, struct media_command *command);

#endif
