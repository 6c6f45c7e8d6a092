/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCTP over DTLS (RFC 8261) and the data channels on it (RFC 8831), with usrsctp. The only owner
 * of usrsctp.h.
 *
 * The library's state is the process's: it is started without threads of its own, and whichever
 * media thread comes first drives its timers. One lock keeps the threads apart, of packets of data
 * only: media never come here.
 *
 * An association belongs to one thread, and callbacks come on that one, out of sctp_handle(),
 * sctp_tick() and the functions that send. They must not call anything here. What a timer brings
 * forth on another thread waits for sctp_tick().
 */
#ifndef PARVIS_SFU_SCTP_H
#define PARVIS_SFU_SCTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/transport/dcep.h"

#define SCTP_MESSAGE_MAX  (64 * 1024)
#define SCTP_MAX_CHANNELS 16
#define SCTP_BACKLOG_MAX  (2 * 1024 * 1024) /* bytes that may wait for a slow peer */

struct sctp_library; /* one in a process */

struct sctp_library *sctp_library_start(void);
void sctp_library_stop(struct sctp_library **library);
/* Any thread, every SCTP_TICK_MS or so. */
#define SCTP_TICK_MS 10
void sctp_library_tick(struct sctp_library *library, int64_t now_us);

struct sctp_events {
	void *context;
	/* One SCTP packet for DTLS. */
	void (*send)(void *context, const uint8_t *packet, size_t n);
	/* May a packet with data come in? Asked for each. What is refused is as good as lost on the
	 * way: the peer slows down, and sends it again where the channel is reliable. */
	bool (*may_take)(void *context);
	/* One whole message; `channel` is an index below SCTP_MAX_CHANNELS. */
	void (*message)(void *context, unsigned channel, const uint8_t *bytes, size_t n);
	/* The channel can be sent on. */
	void (*channel_open)(void *context, unsigned channel, struct str label);
	void (*channel_closed)(void *context, unsigned channel);
};

struct sctp;

/* Starts the handshake at once: both sides may. STATUS_INTERNAL when the library refuses. */
MUST_CHECK enum status sctp_new(struct sctp_library *library, const struct sctp_events *events,
	uint16_t remote_port, struct sctp **out);
/* Aborts the association. */
void sctp_free(struct sctp **sctp);

void sctp_handle(struct sctp *sctp, const uint8_t *packet, size_t n);
/* What the timers have brought forth; after each sctp_library_tick(). */
void sctp_tick(struct sctp *sctp);

/* Opens a channel of ours, as soon as the association is up. We are the DTLS server, so our
 * streams are the odd ones. STATUS_TOO_LARGE past SCTP_MAX_CHANNELS. */
MUST_CHECK enum status sctp_channel_open(
	struct sctp *sctp, struct str label, bool unordered, bool no_retransmits);

/* A binary message. STATUS_UNAVAILABLE: the channel is not open; STATUS_TOO_LARGE: more than
 * SCTP_MESSAGE_MAX; STATUS_LIMITED: the peer does not keep up, and the message is not sent. */
MUST_CHECK enum status sctp_send(
	struct sctp *sctp, unsigned channel, const uint8_t *bytes, size_t n);

#endif
