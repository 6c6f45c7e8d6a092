/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/framing.h"

#include "sfu/transport/wire.h"

enum status framing_next(const uint8_t *stream, size_t n, size_t max, size_t *at, struct frame *out)
{
	if (n - *at < FRAMING_HEADER) {
		return STATUS_NOT_FOUND;
	}
	size_t size = get_u16(stream + *at);
	if (size == 0) {
		return STATUS_INVALID;
	}
	if (size > max) {
		return STATUS_TOO_LARGE;
	}
	if (n - *at - FRAMING_HEADER < size) {
		return STATUS_NOT_FOUND;
	}
	*out = (struct frame){stream + *at + FRAMING_HEADER, size};
	*at += FRAMING_HEADER + size;
	return STATUS_OK;
}
