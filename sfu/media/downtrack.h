/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One subscriber's copy of one track: chooses among the encodings, rewrites to what that
 * subscriber negotiated, answers its losses, tells it the sender's clock. On a media thread.
 */
#ifndef PARVIS_SFU_DOWNTRACK_H
#define PARVIS_SFU_DOWNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/layers.h"
#include "sfu/media/messages.h"
#include "sfu/media/picture.h"
#include "sfu/media/rewrite.h"
#include "sfu/media/rtcp.h"
#include "sfu/media/rtp.h"

#define DOWNTRACK_SRS 4 /* sender reports remembered, to measure the round trip by */

struct encoding;
struct peer;
struct track;

struct downtrack {
	uint64_t id;
	struct track *track;
	struct peer *peer; /* the subscriber */
	char mid[MEDIA_ID_MAX + 1];
	struct media_codec codec;
	uint32_t ssrc, rtx_ssrc;
	uint16_t rtx_sequence;
	uint8_t red_payload_type; /* MEDIA_NO_PAYLOAD: the subscriber takes plain Opus only */
	struct media_downtrack_settings settings;
	int allocated;	 /* greatest encoding or layer that bandwidth allows (downlink.h) */
	bool held_back;	 /* it allows none */
	int64_t held_us; /* when that changed last */
	struct layer_selector layers;
	struct rewriter rewriter;
	int current;	   /* encoding being forwarded; -1: none */
	unsigned restarts; /* of that encoding's sender, as of the current segment */
	bool resync;	   /* something was left out: the next packet starts a segment */
	bool report_due;   /* tell the clock: a segment has started */
	uint32_t packets, octets;
	unsigned padded; /* counts, so that padding does not repeat one packet only */
	float loss;
	struct {
		uint32_t middle; /* of the NTP time; 0: none */
		int64_t sent_us;
	} reports[DOWNTRACK_SRS];
	unsigned report_next;
	struct downtrack *next_of_track, *next_of_peer;
};

struct downtrack *downtrack_new(
	struct track *track, struct peer *peer, const struct media_subscribe *subscribe);
void downtrack_free(struct downtrack **downtrack);

/* An incoming packet of the track, taken apart, with its extended number and (video) descriptor.
 */
struct track_packet {
	const struct rtp_packet *rtp;
	uint64_t sequence;
	const struct picture *picture; /* NULL for audio */
	enum media_codec_name codec;
	int64_t now_us;
};

/* Forwards it, or not: another encoding, paused, waiting for a keyframe. */
void downtrack_forward(struct downtrack *downtrack, const struct encoding *encoding,
	const struct track_packet *packet);
/* The track is muted, or a packet was left out for another reason. */
void downtrack_skip(struct downtrack *downtrack);
bool downtrack_has_rtx(const struct downtrack *downtrack);
/* Whether what comes in that format can be sent to the subscriber, if need be changed. */
bool downtrack_takes(const struct downtrack *downtrack, enum media_codec_name codec);

/* downtrack_send.c: puts a packet into its new form, and sends it or has it wait its turn. */
void downtrack_send(struct downtrack *downtrack, const struct track_packet *packet,
	const struct rewrite_output *to);
/* Its turn has come. */
void downtrack_send_queued(struct downtrack *downtrack, uint16_t sequence, int64_t now_us);
/* A packet without content, in the place of one that was left out too late. */
void downtrack_send_filler(
	struct downtrack *downtrack, const struct rewrite_output *to, int64_t now_us);
/* About that many bytes that nobody needs; returns how many were sent. */
size_t downtrack_pad(struct downtrack *downtrack, size_t bytes, int64_t now_us);
/* The subscriber lost this one. */
void downtrack_resend(struct downtrack *downtrack, uint16_t sequence, int64_t now_us);

/* The encoding that should be forwarded now: the best that flows and is wanted; -1: none flows. */
int downtrack_target(const struct downtrack *downtrack);
/* The encoding whose keyframe it is waiting for, or NULL. */
struct encoding *downtrack_waits_for(const struct downtrack *downtrack);

/* Writes a sender report, from what the sender last said of the current encoding. False when
 * nothing is known yet. */
bool downtrack_write_report(
	struct downtrack *downtrack, struct rtcp_writer *writer, int64_t now_us);
/* A report block of the subscriber; notes loss, returns the round trip in µs or 0. */
int64_t downtrack_read_report(
	struct downtrack *downtrack, const struct rtcp_report *report, int64_t now_us);

#endif
