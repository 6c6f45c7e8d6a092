/* SPDX-License-Identifier: Apache-2.0 */
/* VP9's payload descriptor: what is read lies within the packet, and makes a frame of a layer. */
#include <stdlib.h>

#include "sfu/media/vp9.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vp9_descriptor d;
	struct layer_frame frame;
	if (vp9_parse(data, size, &d) != STATUS_OK) {
		return 0;
	}
	if (d.size == 0 || (d.size < UINT8_MAX && d.size >= size) || d.spatial > 7 ||
		d.temporal > 7) {
		abort();
	}
	if (vp9_frame(&d, &frame) && frame.spatial >= LAYERS_MAX_SPATIAL) {
		abort();
	}
	return 0;
}
