/* SPDX-License-Identifier: Apache-2.0 */
/* Dependency descriptors, one after the other as of one stream, and the choice of layers by them:
 * a frame's packets share a verdict, and nothing goes before the first keyframe. */
#include <stdlib.h>

#include "sfu/media/dependency.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dependency_structure structure;
	struct layer_selector selector;
	bool keyframe = false;
	layers_init(&selector);
	structure = (struct dependency_structure){.known = false};
	while (size > 2) {
		size_t n = data[0] < size - 2 ? data[0] : size - 2;
		struct layer_wish wish = {data[1] & 3, data[1] >> 2 & 7};
		struct dependency_descriptor d;
		if (dependency_parse(data + 2, n, &structure, &d) == STATUS_OK) {
			keyframe = keyframe || d.frame.keyframe;
			struct layer_verdict one = layers_select(&selector, &d.frame, wish);
			struct layer_verdict again = layers_select(&selector, &d.frame, wish);
			if (one.forward != again.forward || (one.forward && !keyframe)) {
				abort();
			}
			(void)layers_want_keyframe(&selector, wish, structure.spatial_count);
		}
		data += 2 + n;
		size -= 2 + n;
	}
	return 0;
}
