/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/vp9.h"

#include "sfu/transport/wire.h"

#define I_PICTURE_ID	0x80u
#define P_INTER_PICTURE 0x40u
#define L_LAYERS	0x20u
#define F_FLEXIBLE	0x10u
#define B_START		0x08u
#define E_END		0x04u
#define V_STRUCTURE	0x02u
#define Z_NOT_FOR_ABOVE 0x01u
#define M_LONG		0x80u
#define MAX_REFERENCES	3
#define TEMPORAL	3 /* layers that we tell apart, of eight */
#define SPATIAL		3

/* Targets in the order of their spatial, then temporal layer. */
static const struct layer_targets targets = {.count = SPATIAL * TEMPORAL,
	.spatial = {0, 0, 0, 1, 1, 1, 2, 2, 2},
	.temporal = {0, 1, 2, 0, 1, 2, 0, 1, 2}};

struct cursor {
	const uint8_t *p;
	size_t n, at;
	bool short_of;
};

static uint8_t next(struct cursor *c)
{
	if (c->at >= c->n) {
		c->short_of = true;
		return 0;
	}
	return c->p[c->at++];
}

static void skip(struct cursor *c, size_t n)
{
	if (n > c->n - c->at) {
		c->short_of = true;
		n = c->n - c->at;
	}
	c->at += n;
}

static void read_picture_id(struct cursor *c, struct vp9_descriptor *d)
{
	uint8_t first = next(c);
	d->has_picture_id = true;
	d->picture_id = first & 0x7fu;
	if ((first & M_LONG) != 0) {
		d->picture_id = (uint16_t)(d->picture_id << 8 | next(c));
	}
}

static void read_layers(struct cursor *c, struct vp9_descriptor *d)
{
	uint8_t byte = next(c);
	d->has_layers = true;
	d->temporal = byte >> 5;
	d->switching_up = (byte & 0x10u) != 0;
	d->spatial = byte >> 1 & 7u;
	d->inter_layer = (byte & 1u) != 0;
	if (!d->flexible) {
		(void)next(c); /* TL0PICIDX */
	}
}

static void read_structure(struct cursor *c, struct vp9_descriptor *d)
{
	uint8_t byte = next(c);
	d->spatial_count = (uint8_t)((byte >> 5) + 1);
	if ((byte & 0x10u) != 0) {
		skip(c, (size_t)d->spatial_count * 4);
	}
	if ((byte & 0x08u) == 0) {
		return;
	}
	unsigned pictures = next(c);
	for (unsigned i = 0; i < pictures && !c->short_of; i++) {
		skip(c, next(c) >> 2 & 3u);
	}
}

enum status vp9_parse(const uint8_t *payload, size_t n, struct vp9_descriptor *out)
{
	struct cursor c = {.p = payload, .n = n};
	unsigned flags = next(&c);
	struct vp9_descriptor d = {.start = (flags & B_START) != 0,
		.end = (flags & E_END) != 0,
		.inter_picture = (flags & P_INTER_PICTURE) != 0,
		.flexible = (flags & F_FLEXIBLE) != 0,
		.not_for_above = (flags & Z_NOT_FOR_ABOVE) != 0};
	if ((flags & I_PICTURE_ID) != 0) {
		read_picture_id(&c, &d);
	}
	if ((flags & L_LAYERS) != 0) {
		read_layers(&c, &d);
	}
	if (d.flexible && d.inter_picture) {
		bool more = true;
		for (int i = 0; more && i < MAX_REFERENCES; i++) {
			more = (next(&c) & 1u) != 0;
		}
		if (more) {
			return STATUS_INVALID;
		}
	}
	if ((flags & V_STRUCTURE) != 0) {
		read_structure(&c, &d);
	}
	if (c.short_of || c.at >= n) {
		return STATUS_INVALID;
	}
	d.keyframe = d.start && !d.inter_picture && d.spatial == 0;
	d.size = (uint8_t)(c.at > UINT8_MAX ? UINT8_MAX : c.at);
	*out = d;
	return STATUS_OK;
}

bool vp9_frame(const struct vp9_descriptor *descriptor, struct layer_frame *out)
{
	const struct vp9_descriptor *d = descriptor;
	if (!d->has_layers || !d->has_picture_id || d->spatial >= SPATIAL) {
		return false;
	}
	*out = (struct layer_frame){.number = (uint16_t)(d->picture_id << 2 | d->spatial),
		.spatial = d->spatial,
		.temporal = d->temporal < TEMPORAL ? d->temporal : TEMPORAL - 1,
		.start = d->start,
		.end = d->end,
		.keyframe = d->keyframe,
		.targets = &targets};
	bool switches = d->switching_up || !d->inter_picture;
	for (unsigned i = 0; i < targets.count; i++) {
		bool above = targets.spatial[i] > d->spatial && d->not_for_above;
		bool within = targets.spatial[i] >= d->spatial &&
			      targets.temporal[i] >= out->temporal && !above;
		enum layer_need need = !within	  ? LAYER_NOT_PRESENT
				       : switches ? LAYER_SWITCH
						  : LAYER_REQUIRED;
		out->needs |= (uint64_t)need << (2 * i);
	}
	return true;
}
