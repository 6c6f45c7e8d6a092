/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/downtrack.h"

#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"

#define MAX_REPORT_AGE_S 60
#define ALL_TEMPORAL	 7

struct downtrack *downtrack_new(
	struct track *track, struct peer *peer, const struct media_subscribe *subscribe)
{
	struct downtrack *d = MEM_NEW(struct downtrack);
	uint16_t sequence;
	uint32_t timestamp;
	secret_random(&sequence, sizeof(sequence));
	secret_random(&timestamp, sizeof(timestamp));
	secret_random(&d->rtx_sequence, sizeof(d->rtx_sequence));
	d->id = subscribe->downtrack;
	d->track = track;
	d->peer = peer;
	memcpy(d->mid, subscribe->mid, sizeof(d->mid));
	d->codec = subscribe->codec;
	d->ssrc = subscribe->ssrc;
	d->rtx_ssrc = subscribe->rtx_ssrc;
	d->red_payload_type = subscribe->red_payload_type;
	d->settings = subscribe->settings;
	d->current = -1;
	d->allocated = MEDIA_MAX_ENCODINGS - 1;
	layers_init(&d->layers);
	rewrite_init(&d->rewriter, sequence & 0x7fff, timestamp);
	return d;
}

void downtrack_free(struct downtrack **downtrack)
{
	mem_freep(downtrack);
}

/* The greatest encoding or spatial layer that it may have. */
static int limit(const struct downtrack *d)
{
	int most = d->settings.max_encoding;
	return d->allocated < most ? d->allocated : most;
}

static bool is_paused(const struct downtrack *d)
{
	return d->settings.paused || d->held_back;
}

int downtrack_target(const struct downtrack *downtrack)
{
	int best = -1, most = limit(downtrack);
	for (unsigned i = 0; i < downtrack->track->encoding_count; i++) {
		bool wanted = (int)i <= most || best < 0;
		if (downtrack->track->encodings[i].flowing && wanted) {
			best = (int)i;
		}
	}
	return best;
}

static struct layer_wish wish_of(const struct downtrack *d)
{
	int most = limit(d);
	return (struct layer_wish){most < 0 ? 0 : most, ALL_TEMPORAL};
}

struct encoding *downtrack_waits_for(const struct downtrack *downtrack)
{
	const struct downtrack *d = downtrack;
	if (d->track->kind != MEDIA_VIDEO || is_paused(d) || d->track->muted) {
		return NULL;
	}
	int target = downtrack_target(d);
	if (target < 0) {
		return NULL;
	}
	struct encoding *e = &d->track->encodings[target];
	bool settled = target == d->current && !d->resync && d->restarts == e->receiver.restarts;
	bool layered = settled && e->spatial_count > 1 &&
		       layers_want_keyframe(&d->layers, wish_of(d), (int)e->spatial_count);
	return settled && !layered ? NULL : e;
}

void downtrack_skip(struct downtrack *downtrack)
{
	downtrack->resync = true;
	if (downtrack->track->kind == MEDIA_VIDEO) {
		downtrack->current = -1;
		layers_init(&downtrack->layers);
	}
}

/* --- switching -------------------------------------------------------------------------------- */

/* NTP time (32.32) of a timestamp of this encoding, by its sender's last report. */
static uint64_t ntp_of(const struct encoding *e, uint32_t timestamp, int64_t rate)
{
	int64_t ticks = rtp_ts_diff(timestamp, e->receiver.sr_rtp);
	int64_t seconds = ticks / rate, rest = ticks % rate;
	return e->receiver.sr_ntp + ((uint64_t)seconds << 32) +
	       (uint64_t)(rest * (INT64_C(1) << 32) / rate);
}

/* The timestamp of the old encoding at the time that `timestamp` stands for in the new one, as far
 * as the sender reports of both are sound. */
static bool same_time(const struct encoding *from, const struct encoding *to, uint32_t timestamp,
	int64_t rate, uint32_t *out)
{
	if (from->receiver.sr_ntp == 0 || to->receiver.sr_ntp == 0) {
		return false;
	}
	int64_t apart = (int64_t)(ntp_of(to, timestamp, rate) - from->receiver.sr_ntp);
	int64_t seconds = apart >> 32;
	if (seconds > MAX_REPORT_AGE_S || seconds < -MAX_REPORT_AGE_S) {
		return false;
	}
	uint64_t rest = (uint64_t)(uint32_t)apart * (uint64_t)rate + (UINT64_C(1) << 31);
	*out = from->receiver.sr_rtp + (uint32_t)(seconds * rate) + (uint32_t)(rest >> 32);
	return true;
}

/*
 * The timestamp that the first packet of a new segment shall have, so that the picture neither
 * jumps nor drifts from the sound: the encodings of a track run on one clock but start at random,
 * and the sender reports relate them. Without reports the time of arrival has to do.
 */
static uint32_t timestamp_at_switch(
	const struct downtrack *d, const struct encoding *to, const struct track_packet *packet)
{
	uint32_t rate = track_clock_rate(d->track);
	const struct rewriter *r = &d->rewriter;
	const struct rewrite_segment *last = rewrite_current(r);
	if (last == NULL) {
		return r->out_timestamp;
	}
	const struct encoding *from = &d->track->encodings[last->encoding];
	if (from == to && d->restarts == to->receiver.restarts) {
		return packet->rtp->timestamp + last->timestamp_offset;
	}
	int64_t elapsed = (packet->now_us - r->out_at_us) * (int64_t)rate / 1000000;
	uint32_t by_arrival = r->out_timestamp + (uint32_t)elapsed;
	uint32_t then;
	if (from == to || !same_time(from, to, packet->rtp->timestamp, rate, &then)) {
		return by_arrival;
	}
	uint32_t by_reports = then + last->timestamp_offset;
	/* A sender whose reports make no sense is not believed. */
	int32_t apart = rtp_ts_diff(by_reports, by_arrival);
	return apart > -(int32_t)rate && apart < (int32_t)rate ? by_reports : by_arrival;
}

static bool may_switch(
	const struct downtrack *d, const struct encoding *to, const struct track_packet *packet)
{
	if (d->track->kind == MEDIA_AUDIO) {
		return true;
	}
	int target = downtrack_target(d);
	/* Any picture is better than none, while the wanted one is on its way. */
	bool first = d->current < 0 && to->index <= limit(d);
	return packet->picture != NULL && packet->picture->keyframe &&
	       (to->index == target || first);
}

static struct rewrite_input input_of(const struct track_packet *packet)
{
	const struct picture *picture = packet->picture;
	return (struct rewrite_input){.sequence = packet->sequence,
		.timestamp = packet->rtp->timestamp,
		.vp8 = picture != NULL && picture->has_vp8 ? &picture->vp8 : NULL,
		.has_frame = picture != NULL && picture->has_descriptor,
		.frame = picture != NULL ? picture->descriptor_number : 0,
		.marker = packet->rtp->marker,
		.now_us = packet->now_us};
}

/* Makes the encoding the current one if it is not; false: this packet is not for us. */
static bool follow(struct downtrack *d, const struct encoding *e, const struct track_packet *packet)
{
	bool same = d->current == e->index && !d->resync && d->restarts == e->receiver.restarts;
	if (same) {
		return true;
	}
	if (!may_switch(d, e, packet)) {
		return false;
	}
	struct rewrite_input input = input_of(packet);
	rewrite_switch(&d->rewriter, e->index, &input, timestamp_at_switch(d, e, packet));
	d->current = e->index;
	d->restarts = e->receiver.restarts;
	d->resync = false;
	d->report_due = true;
	layers_init(&d->layers);
	return true;
}

/* --- forwarding ------------------------------------------------------------------------------- */

/* Whether this packet is of a frame that the subscriber shall have; corrects the marker. */
static bool is_of_layer(
	struct downtrack *d, const struct track_packet *packet, struct rewrite_input *input)
{
	if (packet->picture == NULL) {
		return true;
	}
	if (!packet->picture->layered) {
		return packet->rtp->payload_size > 0;
	}
	struct layer_verdict verdict =
		layers_select(&d->layers, &packet->picture->layer, wish_of(d));
	input->marker = input->marker || verdict.last;
	return verdict.forward;
}

void downtrack_forward(struct downtrack *downtrack, const struct encoding *encoding,
	const struct track_packet *packet)
{
	struct downtrack *d = downtrack;
	struct rewrite_output out;
	if (is_paused(d) || !peer_listens(d->peer)) {
		downtrack_skip(d);
		return;
	}
	if (!downtrack_takes(d, packet->codec) || !follow(d, encoding, packet)) {
		return;
	}
	struct rewrite_input input = input_of(packet);
	if (!is_of_layer(d, packet, &input)) {
		if (rewrite_leave_out(&d->rewriter, &input, &out)) {
			downtrack_send_filler(d, &out, packet->now_us);
		}
		return;
	}
	if (rewrite_map(&d->rewriter, &input, &out)) {
		downtrack_send(d, packet, &out);
	}
}
