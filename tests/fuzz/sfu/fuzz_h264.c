/* SPDX-License-Identifier: Apache-2.0 */
/* An H.264 payload: keyframe or not, without reading past its end. */
#include "sfu/media/h264.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return h264_keyframe(data, size) ? 0 : 0;
}
