/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/h264.h"

#include "sfu/transport/wire.h"

#define TYPE	  0x1fu
#define IDR	  5u
#define SPS	  7u
#define STAP_A	  24u
#define FU_A	  28u
#define FU_START  0x80u
#define SIZE_NALU 2

static bool starts_picture(unsigned type)
{
	return type == IDR || type == SPS;
}

static bool in_aggregate(const uint8_t *p, size_t n)
{
	size_t at = 1;
	while (n - at > SIZE_NALU) {
		size_t size = get_u16(p + at);
		at += SIZE_NALU;
		if (size == 0 || size > n - at) {
			return false;
		}
		if (starts_picture(p[at] & TYPE)) {
			return true;
		}
		at += size;
	}
	return false;
}

bool h264_keyframe(const uint8_t *payload, size_t n)
{
	if (n < 1) {
		return false;
	}
	unsigned type = payload[0] & TYPE;
	if (type == STAP_A) {
		return in_aggregate(payload, n);
	}
	if (type == FU_A) {
		return n >= 2 && (payload[1] & FU_START) != 0 && starts_picture(payload[1] & TYPE);
	}
	return starts_picture(type);
}
