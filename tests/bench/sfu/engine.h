/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends and receives for many synthetic participants on a thread of its own. Each packet carries
 * the time at which it was sent, and the kernel says when it arrived: how busy this program is does
 * not count.
 */
#ifndef PARVIS_BENCH_ENGINE_H
#define PARVIS_BENCH_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/sfu/media.h"
#include "tests/bench/sfu/peer.h"

#define ENGINE_MAX_PEERS 4096
#define ENGINE_AUDIO_PT	 111
#define ENGINE_VIDEO_PT	 96

struct engine;

struct engine_counts {
	uint64_t sent, received;
	int64_t p50_us, p99_us, most_us; /* of the packets looked at: one in four */
};

struct engine *engine_new(const struct media_clip *clip);
void engine_free(struct engine **engine);
/* Takes the peer. `number`: below ENGINE_MAX_PEERS, nobody's yet. One that publishes sends with
 * the SSRCs engine_ssrc() from the next engine_play() on. */
void engine_add(struct engine *engine, unsigned number, const struct peer *peer, bool publishes);
void engine_remove(struct engine *engine, unsigned number);
uint32_t engine_ssrc(unsigned number, bool video);
/* Everybody sends, or nobody. Counts start anew. */
void engine_play(struct engine *engine, bool playing);
void engine_count(struct engine *engine, struct engine_counts *out);

#endif
