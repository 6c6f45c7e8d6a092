/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/vp8.h"

#include "sfu/transport/wire.h"

#define X_EXTENDED	0x80u
#define S_START		0x10u
#define PARTITION_INDEX 0x07u
#define I_PICTURE_ID	0x80u
#define L_TL0		0x40u
#define T_TEMPORAL	0x20u
#define K_KEY_INDEX	0x10u
#define M_LONG		0x80u
#define P_INTERFRAME	0x01u

static enum status read_extended(const uint8_t *p, size_t n, struct vp8_descriptor *d)
{
	size_t at = 2;
	unsigned flags = p[1];
	if ((flags & I_PICTURE_ID) != 0) {
		if (at >= n) {
			return STATUS_INVALID;
		}
		d->has_picture_id = true;
		d->picture_id_at = (uint8_t)at;
		d->long_picture_id = (p[at] & M_LONG) != 0;
		if (d->long_picture_id && at + 1 >= n) {
			return STATUS_INVALID;
		}
		d->picture_id = d->long_picture_id ? get_u16(p + at) & 0x7fff : p[at];
		at += d->long_picture_id ? 2 : 1;
	}
	if ((flags & L_TL0) != 0) {
		if (at >= n) {
			return STATUS_INVALID;
		}
		d->has_tl0_picture = true;
		d->tl0_at = (uint8_t)at;
		d->tl0_picture = p[at++];
	}
	if ((flags & (T_TEMPORAL | K_KEY_INDEX)) != 0) {
		if (at >= n) {
			return STATUS_INVALID;
		}
		d->has_temporal = (flags & T_TEMPORAL) != 0;
		d->has_key_index = (flags & K_KEY_INDEX) != 0;
		d->temporal = d->has_temporal ? p[at] >> 6 : 0;
		d->layer_sync = (p[at] & 0x20u) != 0;
		d->key_index = p[at] & 0x1fu;
		d->key_index_at = (uint8_t)at++;
	}
	d->size = (uint8_t)at;
	return STATUS_OK;
}

enum status vp8_parse(const uint8_t *payload, size_t n, struct vp8_descriptor *out)
{
	struct vp8_descriptor d = {.size = 1};
	if (n < 1) {
		return STATUS_INVALID;
	}
	if ((payload[0] & X_EXTENDED) != 0) {
		if (n < 2) {
			return STATUS_INVALID;
		}
		d.size = 2;
		enum status status = read_extended(payload, n, &d);
		if (status != STATUS_OK) {
			return status;
		}
	}
	if (d.size >= n) {
		return STATUS_INVALID;
	}
	d.frame_start = (payload[0] & S_START) != 0 && (payload[0] & PARTITION_INDEX) == 0;
	d.keyframe = d.frame_start && (payload[d.size] & P_INTERFRAME) == 0;
	*out = d;
	return STATUS_OK;
}

void vp8_rewrite(
	uint8_t *payload, const struct vp8_descriptor *descriptor, struct vp8_offset offset)
{
	if (descriptor->has_picture_id) {
		unsigned id = (unsigned)descriptor->picture_id + offset.picture_id;
		uint8_t *at = payload + descriptor->picture_id_at;
		if (descriptor->long_picture_id) {
			put_u16(at, 0x8000u | (id & 0x7fffu));
		} else {
			*at = (uint8_t)(id & 0x7fu);
		}
	}
	if (descriptor->has_tl0_picture) {
		payload[descriptor->tl0_at] =
			(uint8_t)(descriptor->tl0_picture + offset.tl0_picture);
	}
	if (descriptor->has_key_index) {
		uint8_t *at = payload + descriptor->key_index_at;
		*at = (uint8_t)((*at & 0xe0u) |
				((descriptor->key_index + offset.key_index) & 0x1fu));
	}
}
