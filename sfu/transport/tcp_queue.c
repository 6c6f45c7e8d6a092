/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/tcp_queue.h"

#include <string.h>

#include "common/base/mem.h"
#include "sfu/transport/framing.h"
#include "sfu/transport/wire.h"

struct waiting {
	uint16_t size; /* bytes still to write: header and packet */
	bool begun;    /* the peer has a part of it: it cannot be taken out any more */
	uint8_t urgency;
};

struct tcp_queue {
	size_t first, n; /* of bytes */
	struct waiting frames[TCP_QUEUE_FRAMES];
	unsigned frame_first, frame_count;
	int64_t since_us; /* since when something has waited without a pause */
	uint8_t bytes[TCP_QUEUE_BYTES];
};

struct tcp_queue *tcp_queue_new(void)
{
	return MEM_NEW(struct tcp_queue);
}

void tcp_queue_free(struct tcp_queue **queue)
{
	mem_freep(queue);
}

bool tcp_queue_empty(const struct tcp_queue *queue)
{
	return queue->n == 0;
}

const uint8_t *tcp_queue_bytes(const struct tcp_queue *queue, size_t *n_out)
{
	*n_out = queue->n;
	return queue->bytes + queue->first;
}

static struct waiting *frame_at(struct tcp_queue *q, unsigned i)
{
	return &q->frames[(q->frame_first + i) % TCP_QUEUE_FRAMES];
}

/* Takes out the video that the peer has seen nothing of; the others move together. */
static unsigned leave_out_video(struct tcp_queue *q)
{
	unsigned kept = 0, left_out = 0;
	size_t from = q->first, to = 0;
	for (unsigned i = 0; i < q->frame_count; i++) {
		struct waiting frame = *frame_at(q, i);
		if (frame.urgency == URGENCY_VIDEO && !frame.begun) {
			left_out++;
		} else {
			memmove(q->bytes + to, q->bytes + from, frame.size);
			to += frame.size;
			*frame_at(q, kept++) = frame;
		}
		from += frame.size;
	}
	q->first = 0;
	q->n = to;
	q->frame_count = kept;
	return left_out;
}

static size_t room_for(enum urgency urgency)
{
	switch (urgency) {
	case URGENCY_VIDEO:
		return TCP_QUEUE_BYTES / 2;
	case URGENCY_AUDIO:
		return TCP_QUEUE_BYTES / 4 * 3;
	case URGENCY_CONTROL:
		break;
	}
	return TCP_QUEUE_BYTES;
}

static unsigned frames_for(enum urgency urgency)
{
	return (unsigned)(room_for(urgency) / (TCP_QUEUE_BYTES / TCP_QUEUE_FRAMES));
}

static bool fits(const struct tcp_queue *q, enum urgency urgency, size_t n)
{
	return q->n + FRAMING_HEADER + n <= room_for(urgency) &&
	       q->frame_count < frames_for(urgency);
}

static void append(struct tcp_queue *q, const uint8_t *p, size_t n)
{
	memcpy(q->bytes + q->first + q->n, p, n);
	q->n += n;
}

enum status tcp_queue_put(struct tcp_queue *queue, enum urgency urgency, const uint8_t *packet,
	size_t n, size_t written, int64_t now_us, unsigned *left_out)
{
	struct tcp_queue *q = queue;
	uint8_t header[FRAMING_HEADER];
	*left_out = 0;
	if (q->n == 0) {
		q->since_us = now_us;
		q->first = 0;
	}
	if (now_us - q->since_us >= TCP_QUEUE_PATIENCE_US) {
		*left_out = leave_out_video(q);
		if (urgency == URGENCY_VIDEO) {
			return STATUS_LIMITED;
		}
	}
	if (n > UINT16_MAX - FRAMING_HEADER || written >= FRAMING_HEADER + n ||
		!fits(q, urgency, n)) {
		return STATUS_LIMITED;
	}
	if (q->first + q->n + FRAMING_HEADER + n > sizeof(q->bytes)) {
		memmove(q->bytes, q->bytes + q->first, q->n);
		q->first = 0;
	}
	size_t before = q->n;
	put_u16(header, (unsigned)n);
	if (written < FRAMING_HEADER) {
		append(q, header + written, FRAMING_HEADER - written);
		append(q, packet, n);
	} else {
		append(q, packet + (written - FRAMING_HEADER), n - (written - FRAMING_HEADER));
	}
	*frame_at(q, q->frame_count++) = (struct waiting){.size = (uint16_t)(q->n - before),
		.begun = written > 0,
		.urgency = (uint8_t)urgency};
	return STATUS_OK;
}

void tcp_queue_written(struct tcp_queue *queue, size_t n)
{
	struct tcp_queue *q = queue;
	q->first += n;
	q->n -= n;
	while (n > 0) {
		struct waiting *frame = frame_at(q, 0);
		if (n < frame->size) {
			frame->size = (uint16_t)(frame->size - n);
			frame->begun = true;
			return;
		}
		n -= frame->size;
		q->frame_first = (q->frame_first + 1) % TCP_QUEUE_FRAMES;
		q->frame_count--;
	}
}
