/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/speakers.h"

#include <math.h>

#define SMOOTHING 0.5f
#define INAUDIBLE 0.001f
#define WINDOW_MS (SPEAKER_WINDOW_US / 1000)

void speaker_observe(struct speaker_level *speaker, uint8_t minus_dbov, uint32_t frame_ms)
{
	uint8_t level = minus_dbov & 0x7f;
	if (level > SPEAKER_THRESHOLD) {
		return;
	}
	if (speaker->loud_ms == 0 || level < speaker->loudest) {
		speaker->loudest = level;
	}
	speaker->loud_ms += frame_ms;
}

bool speaker_close_window(struct speaker_level *speaker)
{
	bool speaks = speaker->loud_ms * 100 >= WINDOW_MS * SPEAKER_PERCENT;
	float now = speaks ? powf(10.0f, -(float)speaker->loudest / 20.0f) : 0.0f;
	speaker->level += (now - speaker->level) * (now > speaker->level ? 1.0f : SMOOTHING);
	if (speaker->level < INAUDIBLE) {
		speaker->level = 0.0f;
	}
	speaker->loud_ms = 0;
	return speaks;
}
