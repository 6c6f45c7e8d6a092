/* SPDX-License-Identifier: Apache-2.0 */
/* The signalling thread: the WebSocket server, the meetings, and what comes back from media. */
#ifndef PARVIS_SFU_SIGNAL_H
#define PARVIS_SFU_SIGNAL_H

#include "sfu/meeting/meeting.h"

struct sfu;
struct signal_server;

/* STATUS_EXISTS: the port is taken; STATUS_DENIED: it may not be bound; STATUS_INVALID: the
 * address is not ours. Runs on success. */
MUST_CHECK enum status signal_start(struct sfu *sfu, struct signal_server **out);
/* Tells everybody, ends the thread, frees everything. */
void signal_stop(struct signal_server **server);
/* Runs it on the signalling thread and waits. STATUS_UNAVAILABLE: too busy, or stopping. Any thread
 * but that one, and not while signal_stop() runs. */
MUST_CHECK enum status signal_ask(struct signal_server *server,
	void (*fn)(struct signal_server *server, void *arg), void *arg);
uint16_t signal_port(const struct signal_server *server);

#endif
