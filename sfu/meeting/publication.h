/* SPDX-License-Identifier: Apache-2.0 */
/* A track that a participant publishes, as everybody in the meeting knows it. on_signal. */
#ifndef PARVIS_SFU_PUBLICATION_H
#define PARVIS_SFU_PUBLICATION_H

#include "sfu/media/messages.h"
#include "sfu/meeting/grants.h"

#define TRACK_TEXT_MAX	   255
#define TRACK_FEATURES_MAX 8

struct participant;

/* One size of picture; quality 0 to 2 as LiveKit numbers them, from the smallest. */
struct picture_layer {
	uint32_t quality, width, height, bitrate;
	char rid[MEDIA_ID_MAX + 1];
};

/* What the publisher says of it. Strings are borrowed until publication_new() has copied them. */
struct track_description {
	struct str cid; /* the client's id: what a=msid will say */
	struct str name, stream;
	enum media_kind kind;
	enum track_source source;
	bool muted;
	uint32_t width, height;
	struct picture_layer layers[MEDIA_MAX_ENCODINGS];
	unsigned layer_count;
	bool disable_dtx, stereo, disable_red;
	uint32_t encryption; /* LiveKit's enum, passed on */
	uint32_t backup_codec_policy;
	uint32_t features[TRACK_FEATURES_MAX];
	unsigned feature_count;
};

struct publication {
	uint64_t id; /* media's */
	char sid[SID_MAX];
	struct participant *owner;
	struct track_description says; /* strings owned */
	bool live;		       /* negotiated: others know it and can receive it */
	char mid[MEDIA_ID_MAX + 1];    /* of its section, once live */
	enum media_codec_name codec;
	struct publication *next; /* of its owner */
};

struct publication *publication_new(uint64_t id, const struct track_description *says);
void publication_free(struct publication **publication);

/* The smallest encoding that fills width x height: an index as in media_downtrack_settings. */
uint8_t publication_encoding_for(
	const struct publication *publication, uint32_t width, uint32_t height);
uint8_t publication_encoding_of_quality(const struct publication *publication, uint32_t quality);

#endif
