/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of frames, cut at two places: however it arrives, the same frames come out, and each of
 * them is something or nothing to the demultiplexer.
 */
#include <stdlib.h>
#include <string.h>

#include "sfu/transport/demux.h"
#include "sfu/transport/framing.h"

#define MAX 600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames of the first `n` bytes: where they end, and how many they are. */
static enum status run(const uint8_t *stream, size_t n, size_t *at, unsigned *count)
{
	struct frame frame;
	enum status status;
	while ((status = framing_next(stream, n, MAX, at, &frame)) == STATUS_OK) {
		if (frame.bytes + frame.size > stream + n || frame.size == 0 || frame.size > MAX ||
			demux(frame.bytes, frame.size) > PACKET_RTCP) {
			abort();
		}
		(*count)++;
	}
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	const uint8_t *stream = data + 2;
	size_t n = size - 2, at = 0, cut_at = 0;
	unsigned count = 0, cut_count = 0;
	enum status whole = run(stream, n, &at, &count), status = STATUS_OK;
	const size_t cuts[] = {n * data[0] / 256, n * data[1] / 256, n};
	size_t last = 0;
	for (size_t i = 0; i < 3; i++) {
		last = cuts[i] > last ? cuts[i] : last;
		status = run(stream, last, &cut_at, &cut_count);
		if (status != STATUS_NOT_FOUND) {
			break;
		}
	}
	if (status != whole || cut_at != at || cut_count != count) {
		abort();
	}
	return 0;
}
