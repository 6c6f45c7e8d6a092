/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spatial and temporal layers that share one stream (SVC): which frames one subscriber gets. What
 * a frame is needed for comes from the dependency descriptor or from VP9's own; here both look the
 * same: for each decode target (a spatial and a temporal layer) an indication, as the AV1 RTP
 * specification (appendix A) names them.
 */
#ifndef PARVIS_SFU_LAYERS_H
#define PARVIS_SFU_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#define LAYERS_MAX_TARGETS 32
#define LAYERS_MAX_SPATIAL 4
#define LAYERS_REMEMBERED  64 /* frames whose verdict later packets of them share */

enum layer_need { LAYER_NOT_PRESENT, LAYER_DISCARDABLE, LAYER_SWITCH, LAYER_REQUIRED };

struct layer_targets {
	uint8_t count;
	uint8_t spatial[LAYERS_MAX_TARGETS], temporal[LAYERS_MAX_TARGETS];
};

/* One packet of one frame of one spatial layer. */
struct layer_frame {
	uint16_t number; /* of the frame; different for each spatial layer of a picture */
	uint8_t spatial, temporal;
	bool start, end;		     /* first, last packet of the frame */
	bool keyframe;			     /* decoding can start here; on its first packet */
	uint64_t needs;			     /* two bits a target: enum layer_need */
	const struct layer_targets *targets; /* borrowed */
};

static inline enum layer_need layer_need_of(const struct layer_frame *frame, unsigned target)
{
	return (enum layer_need)(frame->needs >> (2 * target) & 3u);
}

struct layer_selector {
	int spatial, temporal; /* what is forwarded; spatial -1: nothing until a keyframe */
	uint32_t whole;	       /* bit i: all that target i needs was forwarded since the keyframe */
	struct {
		bool known, forward;
		uint16_t number;
		int spatial; /* what was forwarded at that frame */
	} seen[LAYERS_REMEMBERED];
};

struct layer_wish {
	int spatial, temporal; /* at most */
};

struct layer_verdict {
	bool forward;
	bool last; /* nothing of this picture follows: the packet needs the marker */
};

void layers_init(struct layer_selector *selector);
struct layer_verdict layers_select(
	struct layer_selector *selector, const struct layer_frame *frame, struct layer_wish wish);
/* Whether only a keyframe can bring what is wished; `spatial_count` is what the sender sends. */
bool layers_want_keyframe(
	const struct layer_selector *selector, struct layer_wish wish, int spatial_count);

#endif
