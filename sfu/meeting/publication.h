/* SPDX-License-Identifier: Apache-2.0 */
/* A track that a participant publishes, as everybody in the meeting knows it. on_signal. */
#ifndef PARVIS_SFU_PUBLICATION_H
#define PARVIS_SFU_PUBLICATION_H

#include "sfu/media/messages.h"
#include "sfu/meeting/grants.h"

#define TRACK_TEXT_MAX	   255
#define TRACK_FEATURES_MAX 8
#define RENDITIONS_MAX	   2
#define QUALITIES	   3 /* low, medium, high */

struct participant;

/* One size of picture; quality 0 to 2 as LiveKit numbers them, from the smallest. */
struct picture_layer {
	uint32_t quality, width, height, bitrate;
	char rid[MEDIA_ID_MAX + 1];
};

/* A codec that the publisher means to send in; the first is the one that it prefers. */
struct codec_wish {
	enum media_codec_name codec; /* CODEC_COUNT: what negotiation gives */
	struct str cid;		     /* empty: when somebody needs it, it will be said again */
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
	struct codec_wish codecs[RENDITIONS_MAX];
	unsigned codec_count;
	bool disable_dtx, stereo, disable_red;
	uint32_t encryption; /* LiveKit's enum, passed on */
	uint32_t backup_codec_policy;
	uint32_t features[TRACK_FEATURES_MAX];
	unsigned feature_count;
};

struct publication;

/*
 * A publication in one codec. [0] is the preferred one, always there; the other is for those who
 * cannot decode it, and is sent only while there are such.
 */
struct rendition {
	struct publication *publication;
	uint64_t id;		     /* media's track; 0: not used */
	char *cid;		     /* owned: what a=msid will say; NULL or "": not known yet */
	enum media_codec_name codec; /* CODEC_COUNT until negotiated, when nothing is wished */
	struct media_codec format;   /* as negotiated, once live */
	bool live;		     /* negotiated */
	char mid[MEDIA_ID_MAX + 1];  /* of its section, once live */
	struct picture_layer layers[MEDIA_MAX_ENCODINGS];
	unsigned layer_count;
	unsigned told; /* bits: qualities that the publisher was told to send */
};

struct publication {
	char sid[SID_MAX];
	struct participant *owner;
	struct track_description says; /* strings owned */
	bool live;		       /* negotiated: others know it and can receive it */
	struct rendition renditions[RENDITIONS_MAX];
	int64_t live_ms, fewer_ms; /* monotonic; see meeting_quality.c */
	struct publication *next;  /* of its owner */
};

/* The ids are for its renditions. */
struct publication *publication_new(
	const uint64_t ids[RENDITIONS_MAX], const struct track_description *says);
struct rendition *publication_rendition(
	struct publication *publication, struct str cid); /* or NULL */
/* The rendition that the publisher says anew, with a cid; NULL: it was never announced. */
struct rendition *publication_backup(
	struct publication *publication, const struct track_description *says);
void publication_free(struct publication **publication);

/* The smallest encoding that fills width x height: an index as in media_downtrack_settings. */
uint8_t publication_encoding_for(
	const struct publication *publication, uint32_t width, uint32_t height);
uint8_t publication_encoding_of_quality(const struct publication *publication, uint32_t quality);

#endif
