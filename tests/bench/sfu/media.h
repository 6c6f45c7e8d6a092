/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each synthetic participant sends: a few seconds of sound and pictures, made once by libopus
 * and libvpx at start and then sent over and over. The only user of their headers.
 */
#ifndef PARVIS_BENCH_MEDIA_H
#define PARVIS_BENCH_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_SECONDS	    2
#define MEDIA_AUDIO_FPS	    50
#define MEDIA_VIDEO_FPS	    30
#define MEDIA_VIDEO_KBPS    500
#define MEDIA_PAYLOAD_BYTES 1100 /* a packet, at most */

struct media_chunk {
	uint8_t *bytes;
	size_t size;
};

struct media_clip {
	struct media_chunk audio[MEDIA_SECONDS * MEDIA_AUDIO_FPS];
	struct media_chunk video[MEDIA_SECONDS * MEDIA_VIDEO_FPS]; /* the first of each second is
								       a keyframe */
};

struct media_clip *media_clip_new(void); /* NULL: an encoder failed */
void media_clip_free(struct media_clip **clip);

#endif
