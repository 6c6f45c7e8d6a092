/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One continuous outgoing stream made of pieces of incoming ones: sequence numbers without gaps,
 * timestamps and picture ids that go on, across switches of encoding, pauses and restarts.
 * Between two switches everything is an offset, so a gap of the source stays a gap, and what comes
 * late still finds its number; what is left out on purpose leaves none. The numbers given out are
 * remembered, so that a lost packet can be found again when the subscriber asks for it.
 */
#ifndef PARVIS_SFU_REWRITE_H
#define PARVIS_SFU_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/vp8.h"

#define REWRITE_WINDOW	 512 /* outgoing packets that can be found again */
#define REWRITE_SEGMENTS 16

/* From one switch to the next. */
struct rewrite_segment {
	uint32_t number; /* counts up from 1; 0: unused */
	uint8_t encoding;
	uint64_t source_first; /* extended, of the source */
	uint64_t out_first;    /* extended, of ours */
	uint32_t timestamp_offset;
	struct vp8_offset vp8;
	uint16_t frame_offset; /* of the dependency descriptor's numbers */
};

struct rewrite_sent {
	uint64_t out;	 /* 0: unused */
	uint64_t source; /* 0: a filler, which is not sent again */
	uint32_t segment;
	int64_t sent_us; /* the last time */
	uint16_t transport_sequence;
	uint8_t resent; /* how often */
	bool marker;
	bool plain; /* audio: without its redundancy */
};

struct rewriter {
	bool started;
	uint64_t out_highest;
	uint32_t out_timestamp; /* of the packet with the highest number */
	int64_t out_at_us;	/* when that was */
	uint16_t picture_id;	/* the last ones given out */
	uint8_t tl0_picture, key_index;
	uint16_t frame;
	uint32_t segment;			  /* the current one's number */
	uint64_t source_highest;		  /* of the segment */
	uint32_t left_out;			  /* packets of the segment, so far */
	uint32_t left_out_before[REWRITE_WINDOW]; /* by number of the source */
	struct rewrite_segment segments[REWRITE_SEGMENTS];
	struct rewrite_sent sent[REWRITE_WINDOW];
};

/* A packet of the source, as it came. */
struct rewrite_input {
	uint64_t sequence; /* extended */
	uint32_t timestamp;
	const struct vp8_descriptor *vp8; /* NULL for other codecs */
	bool has_frame;
	uint16_t frame; /* the dependency descriptor's number */
	bool marker;
	int64_t now_us;
};

struct rewrite_output {
	uint16_t sequence;
	uint32_t timestamp;
	struct vp8_offset vp8;
	uint16_t frame_offset;
	struct rewrite_sent *sent; /* the note of it */
};

void rewrite_init(struct rewriter *rewriter, uint16_t first_sequence, uint32_t first_timestamp);
/* The next packet starts a new segment, and is `input`. `timestamp` is what its timestamp shall
 * be; it is pushed forward if the stream would go back. */
void rewrite_switch(struct rewriter *rewriter, uint8_t encoding, const struct rewrite_input *input,
	uint32_t timestamp);
/* False for a packet from before the current segment. */
bool rewrite_map(
	struct rewriter *rewriter, const struct rewrite_input *input, struct rewrite_output *out);
/* The packet is left out, and those behind it move up. True when they have gone already: then
 * a packet without content has to fill the place, with the numbers in *out. */
bool rewrite_leave_out(
	struct rewriter *rewriter, const struct rewrite_input *input, struct rewrite_output *out);
/* The packet that was sent under this number, with its segment; NULL when it is too long ago. */
struct rewrite_sent *rewrite_find(
	struct rewriter *rewriter, uint16_t sequence, const struct rewrite_segment **segment_out);
/* Nothing that was sent can be found any more. */
void rewrite_forget(struct rewriter *rewriter);
const struct rewrite_segment *rewrite_current(const struct rewriter *rewriter);

#endif
