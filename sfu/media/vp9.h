/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VP9's payload descriptor (RFC 9628): enough of it to tell keyframes and layers apart. It stands
 * in front of what end-to-end encryption covers.
 */
#ifndef PARVIS_SFU_VP9_H
#define PARVIS_SFU_VP9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "sfu/media/layers.h"

struct vp9_descriptor {
	bool start, end; /* of the frame of one spatial layer */
	bool inter_picture, has_layers, flexible, has_picture_id;
	bool keyframe; /* first packet of a picture that refers to no other */
	bool switching_up;
	bool inter_layer;    /* depends on the spatial layer below */
	bool not_for_above;  /* no layer above depends on it */
	uint16_t picture_id; /* 7 or 15 bits */
	uint8_t spatial, temporal;
	uint8_t spatial_count; /* of the scalability structure; 0: not in this packet */
	uint8_t size;
};

MUST_CHECK enum status vp9_parse(const uint8_t *payload, size_t n, struct vp9_descriptor *out);
/* False when the packet does not say which layer it is of. */
bool vp9_frame(const struct vp9_descriptor *descriptor, struct layer_frame *out);

#endif
