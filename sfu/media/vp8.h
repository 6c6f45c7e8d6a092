/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VP8's payload descriptor (RFC 7741) and the one bit of the frame header that says "keyframe".
 * End-to-end encryption leaves both in the clear.
 */
#ifndef PARVIS_SFU_VP8_H
#define PARVIS_SFU_VP8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct vp8_descriptor {
	bool keyframe; /* the first packet of one */
	bool frame_start;
	bool has_picture_id, long_picture_id; /* 15 bits instead of 7 */
	bool has_tl0_picture, has_temporal, has_key_index;
	uint16_t picture_id;
	uint8_t tl0_picture;
	uint8_t temporal; /* layer, 0 to 3 */
	bool layer_sync;
	uint8_t key_index;			     /* 5 bits */
	uint8_t picture_id_at, tl0_at, key_index_at; /* offsets of their bytes */
	uint8_t size;
};

MUST_CHECK enum status vp8_parse(const uint8_t *payload, size_t n, struct vp8_descriptor *out);

/* What has to be added so that a receiver sees one stream across switches of encoding. */
struct vp8_offset {
	uint16_t picture_id;
	uint8_t tl0_picture;
	uint8_t key_index;
};

/* Changes the numbers in a copy of the payload that the descriptor was parsed from. */
void vp8_rewrite(
	uint8_t *payload, const struct vp8_descriptor *descriptor, struct vp8_offset offset);

#endif
