/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/rewrite.h"

#include <string.h>

#include "sfu/media/rtp.h"

void rewrite_init(struct rewriter *rewriter, uint16_t first_sequence, uint32_t first_timestamp)
{
	memset(rewriter, 0, sizeof(*rewriter));
	rewriter->out_highest = 0x10000u + first_sequence - 1u;
	rewriter->out_timestamp = first_timestamp;
}

static struct rewrite_segment *segment_of(struct rewriter *r, uint32_t number)
{
	struct rewrite_segment *s = &r->segments[number % REWRITE_SEGMENTS];
	return s->number == number && number != 0 ? s : NULL;
}

const struct rewrite_segment *rewrite_current(const struct rewriter *rewriter)
{
	const struct rewrite_segment *s = &rewriter->segments[rewriter->segment % REWRITE_SEGMENTS];
	return s->number == rewriter->segment && s->number != 0 ? s : NULL;
}

/* The first frame of the segment follows the last one given out. */
static struct vp8_offset vp8_offset_at(const struct rewriter *r, const struct vp8_descriptor *vp8)
{
	if (vp8 == NULL || !r->started) {
		return (struct vp8_offset){.picture_id = 0};
	}
	return (struct vp8_offset){
		.picture_id = (uint16_t)(r->picture_id + 1u - vp8->picture_id),
		.tl0_picture = (uint8_t)(r->tl0_picture + 1u - vp8->tl0_picture),
		.key_index = (uint8_t)(r->key_index + 1u - vp8->key_index),
	};
}

void rewrite_switch(struct rewriter *rewriter, uint8_t encoding, const struct rewrite_input *input,
	uint32_t timestamp)
{
	struct rewriter *r = rewriter;
	if (r->started && rtp_ts_diff(timestamp, r->out_timestamp) <= 0) {
		timestamp = r->out_timestamp + 1;
	}
	r->segment++;
	r->source_highest = input->sequence - 1;
	r->left_out = 0;
	r->segments[r->segment % REWRITE_SEGMENTS] = (struct rewrite_segment){.number = r->segment,
		.encoding = encoding,
		.source_first = input->sequence,
		.out_first = r->out_highest + 1,
		.timestamp_offset = timestamp - input->timestamp,
		.vp8 = vp8_offset_at(r, input->vp8),
		.frame_offset =
			(uint16_t)(r->started && input->has_frame ? r->frame + 1u - input->frame
								  : 0)};
	r->started = true;
}

static void note_highest(struct rewriter *r, uint64_t out, const struct rewrite_output *o,
	const struct rewrite_input *input)
{
	r->out_highest = out;
	r->out_timestamp = o->timestamp;
	r->out_at_us = input->now_us;
	const struct vp8_descriptor *vp8 = input->vp8;
	if (vp8 != NULL) {
		r->picture_id = (uint16_t)(vp8->picture_id + o->vp8.picture_id);
		r->tl0_picture = (uint8_t)(vp8->tl0_picture + o->vp8.tl0_picture);
		r->key_index = (uint8_t)(vp8->key_index + o->vp8.key_index);
	}
	if (input->has_frame) {
		r->frame = (uint16_t)(input->frame + o->frame_offset);
	}
}

/* How many before this one were left out, which is known for those within the window. */
static bool place_of(struct rewriter *r, uint64_t source, uint32_t *before_out)
{
	if (source + REWRITE_WINDOW <= r->source_highest) {
		return false;
	}
	uint64_t first = r->source_highest + 1;
	if (source >= first + REWRITE_WINDOW) {
		first = source - REWRITE_WINDOW + 1;
	}
	for (uint64_t s = first; s <= source; s++) {
		r->left_out_before[s % REWRITE_WINDOW] = r->left_out;
	}
	*before_out = r->left_out_before[source % REWRITE_WINDOW];
	return true;
}

bool rewrite_map(
	struct rewriter *rewriter, const struct rewrite_input *input, struct rewrite_output *out)
{
	struct rewriter *r = rewriter;
	const struct rewrite_segment *s = rewrite_current(r);
	uint32_t before;
	if (s == NULL || input->sequence < s->source_first ||
		!place_of(r, input->sequence, &before)) {
		return false;
	}
	uint64_t mapped = s->out_first + (input->sequence - s->source_first) - before;
	struct rewrite_sent *sent = &r->sent[mapped % REWRITE_WINDOW];
	*out = (struct rewrite_output){.sequence = (uint16_t)mapped,
		.timestamp = input->timestamp + s->timestamp_offset,
		.vp8 = s->vp8,
		.frame_offset = s->frame_offset,
		.sent = sent};
	if (mapped > r->out_highest) {
		note_highest(r, mapped, out, input);
	}
	if (input->sequence > r->source_highest) {
		r->source_highest = input->sequence;
	}
	*sent = (struct rewrite_sent){.out = mapped,
		.source = input->sequence,
		.segment = s->number,
		.marker = input->marker,
		.sent_us = input->now_us};
	return true;
}

bool rewrite_leave_out(
	struct rewriter *rewriter, const struct rewrite_input *input, struct rewrite_output *out)
{
	struct rewriter *r = rewriter;
	const struct rewrite_segment *s = rewrite_current(r);
	uint32_t before;
	if (s == NULL || input->sequence < s->source_first) {
		return false;
	}
	if (input->sequence <= r->source_highest) {
		bool has_place = rewrite_map(r, input, out);
		if (has_place) {
			out->sent->source = 0;
		}
		return has_place;
	}
	(void)place_of(r, input->sequence, &before);
	r->source_highest = input->sequence;
	r->left_out++;
	return false;
}

void rewrite_forget(struct rewriter *rewriter)
{
	memset(rewriter->sent, 0, sizeof(rewriter->sent));
}

struct rewrite_sent *rewrite_find(
	struct rewriter *rewriter, uint16_t sequence, const struct rewrite_segment **segment_out)
{
	struct rewriter *r = rewriter;
	int16_t ahead = rtp_seq_diff(sequence, (uint16_t)r->out_highest);
	if (!r->started || ahead > 0) {
		return NULL;
	}
	uint64_t out = r->out_highest - (uint64_t)(-(int64_t)ahead);
	struct rewrite_sent *sent = &r->sent[out % REWRITE_WINDOW];
	const struct rewrite_segment *s = segment_of(r, sent->segment);
	if (sent->out != out || s == NULL) {
		return NULL;
	}
	*segment_out = s;
	return sent;
}
