/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/track.h"

#include "common/base/mem.h"

#define LAYER_BUCKET_US 100000 /* a second, so that a keyframe is not a rate */

static void set_parameters(struct track *track, const struct media_publish *publish)
{
	track->kind = publish->kind;
	track->muted = publish->muted;
	track->speaker = publish->speaker;
	track->screen = publish->screen;
	memcpy(track->mid, publish->mid, sizeof(track->mid));
	memcpy(track->codecs, publish->codecs, sizeof(track->codecs));
	track->codec_count = publish->codec_count;
}

static void set_encoding(struct encoding *e, const struct media_encoding *from)
{
	memcpy(e->rid, from->rid, sizeof(e->rid));
	/* An SSRC that the sender has shown by itself stays when the signalling names none. */
	e->ssrc = from->ssrc != 0 ? from->ssrc : e->ssrc;
	e->rtx_ssrc = from->rtx_ssrc != 0 ? from->rtx_ssrc : e->rtx_ssrc;
}

static void add_encodings(struct track *track, const struct media_publish *publish)
{
	for (unsigned i = 0; i < publish->encoding_count && i < MEDIA_MAX_ENCODINGS; i++) {
		struct encoding *e = &track->encodings[i];
		if (i >= track->encoding_count) {
			e->track = track;
			e->index = (uint8_t)i;
			e->history = history_new(
				track->kind == MEDIA_VIDEO ? HISTORY_VIDEO : HISTORY_AUDIO);
			track->encoding_count = i + 1;
		}
		set_encoding(e, &publish->encodings[i]);
	}
}

struct track *track_new(struct peer *peer, const struct media_publish *publish)
{
	struct track *track = MEM_NEW(struct track);
	track->id = publish->track;
	track->peer = peer;
	set_parameters(track, publish);
	add_encodings(track, publish);
	return track;
}

void track_update(struct track *track, const struct media_publish *publish)
{
	set_parameters(track, publish);
	add_encodings(track, publish);
}

void track_free(struct track **track)
{
	if (*track != NULL) {
		for (unsigned i = 0; i < (*track)->encoding_count; i++) {
			history_free(&(*track)->encodings[i].history);
		}
	}
	mem_freep(track);
}

const struct media_codec *track_codec(
	const struct track *track, uint8_t payload_type, bool *rtx_out)
{
	for (unsigned i = 0; i < track->codec_count; i++) {
		const struct media_codec *c = &track->codecs[i];
		if (c->payload_type == payload_type || c->rtx_payload_type == payload_type) {
			*rtx_out = c->payload_type != payload_type;
			return c;
		}
	}
	return NULL;
}

struct encoding *track_encoding_by_rid(struct track *track, struct str rid)
{
	for (unsigned i = 0; i < track->encoding_count; i++) {
		if (str_eq_c(rid, track->encodings[i].rid)) {
			return &track->encodings[i];
		}
	}
	return NULL;
}

uint32_t track_clock_rate(const struct track *track)
{
	return track->kind == MEDIA_VIDEO ? 90000 : 48000;
}

void encoding_want_keyframe(struct encoding *encoding)
{
	encoding->keyframe_wanted = true;
}

bool encoding_keyframe_due(struct encoding *encoding, int64_t now_us)
{
	bool great = encoding->index > 0 || encoding->spatial_count > 1;
	bool soon = encoding->keyframe_asked_us != 0 &&
		    now_us - encoding->keyframe_asked_us <
			    (great ? KEYFRAME_INTERVAL_GREAT_US : KEYFRAME_INTERVAL_US);
	if (!encoding->keyframe_wanted || soon || encoding->ssrc == 0) {
		return false;
	}
	encoding->keyframe_wanted = false;
	encoding->keyframe_asked_us = now_us;
	return true;
}

uint32_t track_layers(struct track *track, int64_t now_us)
{
	uint32_t layers = 0;
	for (unsigned i = 0; i < track->encoding_count; i++) {
		struct encoding *e = &track->encodings[i];
		int64_t silent_us = now_us - e->packet_us;
		bool behind = e->frames_behind >= ENCODING_SILENT_FRAMES &&
			      silent_us >= ENCODING_SILENT_SOONER_US;
		e->flowing = e->packet_us != 0 && silent_us < ENCODING_SILENT_US && !behind;
		layers |= e->flowing ? 1u << i : 0;
	}
	return layers;
}

/* A sender that is short of bandwidth stops its greatest picture without a word. Each second until
 * that shows is one of a still picture. */
void encoding_note(struct encoding *encoding, uint32_t timestamp)
{
	struct track *track = encoding->track;
	bool is_new_frame = timestamp != encoding->frame_timestamp;
	encoding->frame_timestamp = timestamp;
	for (unsigned i = 1; encoding->index == 0 && is_new_frame && i < track->encoding_count;
		i++) {
		track->encodings[i].frames_behind++;
	}
	encoding->frames_behind = 0;
}

void encoding_count(struct encoding *encoding, unsigned spatial, size_t bytes, int64_t now_us)
{
	struct rate *rate = &encoding->rates[spatial < LAYERS_MAX_SPATIAL ? spatial : 0];
	rate->bucket_us = LAYER_BUCKET_US;
	rate_add(rate, bytes, now_us);
	if (spatial >= encoding->spatial_count && spatial < LAYERS_MAX_SPATIAL) {
		encoding->spatial_count = (uint8_t)(spatial + 1);
	}
}

void track_rates(struct track *track, int64_t now_us, uint64_t out[MEDIA_MAX_ENCODINGS])
{
	struct encoding *first = &track->encodings[0];
	/* Layers that the sender has stopped sending are not there. */
	for (unsigned i = 0; i < track->encoding_count; i++) {
		struct encoding *e = &track->encodings[i];
		while (e->spatial_count > 1 &&
			rate_bps(&e->rates[e->spatial_count - 1], now_us) == 0) {
			e->spatial_count--;
		}
	}
	bool layered = track->encoding_count == 1 && first->spatial_count > 1;
	uint64_t below = 0;
	for (unsigned i = 0; i < MEDIA_MAX_ENCODINGS; i++) {
		out[i] = 0;
		if (layered && i < first->spatial_count) {
			below += rate_bps(&first->rates[i], now_us);
			out[i] = first->flowing ? below : 0;
		} else if (!layered && i < track->encoding_count) {
			struct encoding *e = &track->encodings[i];
			uint64_t bps = rate_bps(&e->rates[0], now_us);
			out[i] = e->flowing ? bps + 1 : 0;
		}
	}
}
