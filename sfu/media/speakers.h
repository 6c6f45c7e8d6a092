/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who speaks, from the levels that senders put beside their audio (RFC 6464): loud (above
 * -35 dBov) for 40 % of a window of 400 ms. Nothing is decoded, so it works under end-to-end
 * encryption too.
 */
#ifndef PARVIS_SFU_SPEAKERS_H
#define PARVIS_SFU_SPEAKERS_H

#include <stdbool.h>
#include <stdint.h>

#define SPEAKER_WINDOW_US 400000
#define SPEAKER_THRESHOLD 35 /* -dBov: greater is quieter */
#define SPEAKER_PERCENT	  40
#define SPEAKER_FRAME_MS  20

struct speaker_level {
	uint32_t loud_ms; /* in this window */
	uint8_t loudest;  /* -dBov; 127: silence */
	float level;	  /* 0 to 1, smoothed */
};

/* One packet's level: 0 (loudest) to 127, as the extension says; it covers `frame_ms`. */
void speaker_observe(struct speaker_level *speaker, uint8_t minus_dbov, uint32_t frame_ms);
/* Ends a window. True when this one speaks; speaker->level says how loud. */
bool speaker_close_window(struct speaker_level *speaker);

#endif
