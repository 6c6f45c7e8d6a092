/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets in a stream (RFC 4571 section 2, as ICE-TCP uses it: RFC 6544 section 3): two bytes of
 * length, then as many bytes of STUN, DTLS, RTP or RTCP. The stream is hostile; nothing can be
 * done about one that has lost its frames but to end it.
 */
#ifndef PARVIS_SFU_FRAMING_H
#define PARVIS_SFU_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define FRAMING_HEADER 2

struct frame {
	const uint8_t *bytes;
	size_t size;
};

/*
 * The frame that begins at *at of `n` bytes; moves *at behind it. STATUS_NOT_FOUND: it has not come
 * whole. STATUS_TOO_LARGE: it is longer than `max` bytes, which can be said as soon as its length is
 * there. STATUS_INVALID: it is empty.
 */
MUST_CHECK enum status framing_next(
	const uint8_t *stream, size_t n, size_t max, size_t *at, struct frame *out);

#endif
