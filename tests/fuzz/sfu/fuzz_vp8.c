/* SPDX-License-Identifier: Apache-2.0 */
/* A VP8 payload: rewriting keeps its shape, and adding and taking away the same is nothing. */
#include <stdlib.h>
#include <string.h>

#include "sfu/media/vp8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vp8_descriptor d, again;
	uint8_t copy[64];
	if (size > sizeof(copy) || vp8_parse(data, size, &d) != STATUS_OK) {
		return 0;
	}
	memcpy(copy, data, size);
	struct vp8_offset there = {.picture_id = 12345, .tl0_picture = 99, .key_index = 9};
	struct vp8_offset back = {.picture_id = (uint16_t)-12345,
		.tl0_picture = (uint8_t)-99,
		.key_index = (uint8_t)-9};
	vp8_rewrite(copy, &d, there);
	if (vp8_parse(copy, size, &again) != STATUS_OK || again.size != d.size ||
		again.keyframe != d.keyframe || again.temporal != d.temporal) {
		abort();
	}
	vp8_rewrite(copy, &again, back);
	if (memcmp(copy, data, size) != 0) {
		abort();
	}
	return 0;
}
