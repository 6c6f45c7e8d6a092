/* SPDX-License-Identifier: Apache-2.0 */
/* What a participant publishes: one track, in one to three encodings. On a media thread. */
#ifndef PARVIS_SFU_TRACK_H
#define PARVIS_SFU_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/dependency.h"
#include "sfu/media/history.h"
#include "sfu/media/messages.h"
#include "sfu/media/nack.h"
#include "sfu/media/rate.h"
#include "sfu/media/receiver.h"
#include "sfu/media/speakers.h"

#define ENCODING_SILENT_US 1000000 /* without a packet for this long it does not flow, ... */
/* ... or sooner when the smallest picture goes on meanwhile, for so many frames and so long. */
#define ENCODING_SILENT_FRAMES	  3
#define ENCODING_SILENT_SOONER_US 100000
/* Between two requests to the same sender; greater pictures cost more. */
#define KEYFRAME_INTERVAL_US	   500000
#define KEYFRAME_INTERVAL_GREAT_US 1000000

struct peer;
struct downtrack;
struct track;

struct encoding {
	struct track *track;
	uint8_t index; /* in the track: 0 is the smallest picture */
	char rid[MEDIA_ID_MAX + 1];
	uint32_t ssrc, rtx_ssrc; /* 0 until known */
	struct receiver receiver;
	struct nack_list nacks;
	struct history *history;
	int64_t packet_us;	  /* when the last packet came; 0: never */
	uint32_t frame_timestamp; /* of the newest frame */
	unsigned frames_behind;	  /* frames of encoding 0 since that packet */
	bool flowing;
	bool keyframe_wanted;
	int64_t keyframe_asked_us;
	uint64_t keyframe_sequence; /* where the last one began: nobody needs what is older */
	struct dependency_structure structure;
	struct rate rates[LAYERS_MAX_SPATIAL]; /* of its spatial layers, or [0] of all */
	uint8_t spatial_count;		       /* layers that flow in it */
};

struct track {
	uint64_t id;
	struct peer *peer; /* whose it is */
	enum media_kind kind;
	bool muted;
	bool speaker;
	bool screen;
	char mid[MEDIA_ID_MAX + 1];
	struct media_codec codecs[MEDIA_MAX_CODECS];
	unsigned codec_count;
	struct encoding encodings[MEDIA_MAX_ENCODINGS];
	unsigned encoding_count;
	struct speaker_level level;
	bool speaking;
	uint32_t layers_told;	      /* the last MEDIA_TRACK_LAYERS */
	struct downtrack *downtracks; /* by next_of_track */
	struct track *next;	      /* of the peer */
};

struct track *track_new(struct peer *peer, const struct media_publish *publish);
/* New parameters for a track that is there: what has not changed goes on. */
void track_update(struct track *track, const struct media_publish *publish);
/* Its downtracks must be gone. */
void track_free(struct track **track);

/* The codec with that payload type, or NULL; *rtx_out says whether it is the codec's RTX. */
const struct media_codec *track_codec(
	const struct track *track, uint8_t payload_type, bool *rtx_out);
struct encoding *track_encoding_by_rid(struct track *track, struct str rid); /* or NULL */
uint32_t track_clock_rate(const struct track *track);

/* A keyframe is needed; asked for as soon as KEYFRAME_INTERVAL_US allows. */
void encoding_want_keyframe(struct encoding *encoding);
/* Whether to ask now; notes that it was. */
bool encoding_keyframe_due(struct encoding *encoding, int64_t now_us);
/* A packet of it has come, the newest one. */
void encoding_note(struct encoding *encoding, uint32_t timestamp);
/* Counts a packet into the rates. */
void encoding_count(struct encoding *encoding, unsigned spatial, size_t bytes, int64_t now_us);
/* bit/s that each encoding costs, or each spatial layer with those below; 0: does not flow. */
void track_rates(struct track *track, int64_t now_us, uint64_t out[MEDIA_MAX_ENCODINGS]);
/* Bit i: encoding i flows. Looks at the clock. */
uint32_t track_layers(struct track *track, int64_t now_us);

#endif
