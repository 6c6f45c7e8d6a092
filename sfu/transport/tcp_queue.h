/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be written to one TCP connection: framed packets (transport/framing.h), at most
 * TCP_QUEUE_BYTES and TCP_QUEUE_FRAMES of them. When something has waited without a pause for
 * TCP_QUEUE_PATIENCE_US, the connection cannot take it all: video is taken out of the queue, and not
 * let in until the rest is written, so that audio and what controls both stay whole for as long as
 * anything can, and come in time.
 *
 * Video has half of the room at most, audio three quarters, so there is always room for the more
 * urgent. Allocates once, at the start.
 */
#ifndef PARVIS_SFU_TCP_QUEUE_H
#define PARVIS_SFU_TCP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "sfu/transport/urgency.h"

#define TCP_QUEUE_BYTES	      ((size_t)128 * 1024)
#define TCP_QUEUE_FRAMES      512u
#define TCP_QUEUE_PATIENCE_US 150000

struct tcp_queue;

struct tcp_queue *tcp_queue_new(void);
void tcp_queue_free(struct tcp_queue **queue);

/*
 * Puts a packet, of which the first `written` bytes of header and packet are written already (0:
 * none of them; more only on an empty queue). STATUS_LIMITED: left out. *left_out counts the video
 * packets that were taken out to make room.
 */
MUST_CHECK enum status tcp_queue_put(struct tcp_queue *queue, enum urgency urgency,
	const uint8_t *packet, size_t n, size_t written, int64_t now_us, unsigned *left_out);

bool tcp_queue_empty(const struct tcp_queue *queue);
/* All that waits, in one piece; valid until the next change. */
const uint8_t *tcp_queue_bytes(const struct tcp_queue *queue, size_t *n_out);
/* So many of them are written. */
void tcp_queue_written(struct tcp_queue *queue, size_t n);

#endif
