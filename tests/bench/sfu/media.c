/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/sfu/media.h"

#include <math.h>
#include <string.h>

#include <opus/opus.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "common/base/mem.h"

#define RATE	      48000
#define FRAME_SAMPLES (RATE / MEDIA_AUDIO_FPS)
#define WIDTH	      640
#define HEIGHT	      360
#define TONE	      (2 * 3.14159265 * 440 / RATE)

static void put(struct media_chunk *chunk, const void *bytes, size_t n)
{
	chunk->bytes = mem_alloc(n);
	chunk->size = n;
	memcpy(chunk->bytes, bytes, n);
}

static bool make_audio(struct media_clip *clip)
{
	int error;
	OpusEncoder *encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
	bool good = error == OPUS_OK;
	for (unsigned i = 0; good && i < MEDIA_SECONDS * MEDIA_AUDIO_FPS; i++) {
		opus_int16 samples[FRAME_SAMPLES];
		uint8_t out[1000];
		for (unsigned k = 0; k < FRAME_SAMPLES; k++) {
			double at = (double)(i * FRAME_SAMPLES + k);
			samples[k] = (opus_int16)(8000 * sin(TONE * at) * sin(at / 5000));
		}
		opus_int32 n = opus_encode(encoder, samples, FRAME_SAMPLES, out, sizeof(out));
		good = n > 0;
		if (good) {
			put(&clip->audio[i], out, (size_t)n);
		}
	}
	opus_encoder_destroy(encoder);
	return good;
}

/* Moving stripes and some noise, so that the encoder has work to do. */
static void draw(vpx_image_t *image, unsigned frame)
{
	uint32_t noise = frame + 1;
	for (unsigned y = 0; y < HEIGHT; y++) {
		unsigned char *row = image->planes[0] + y * (unsigned)image->stride[0];
		for (unsigned x = 0; x < WIDTH; x++) {
			noise = noise * 1664525u + 1013904223u;
			row[x] = (unsigned char)((x + y + 7 * frame) % 192 + (noise >> 27));
		}
	}
	for (int plane = 1; plane < 3; plane++) {
		memset(image->planes[plane], 128, (size_t)image->stride[plane] * HEIGHT / 2);
	}
}

static bool take_frame(vpx_codec_ctx_t *codec, struct media_chunk *to)
{
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *packet = vpx_codec_get_cx_data(codec, &iter);
	if (packet == NULL || packet->kind != VPX_CODEC_CX_FRAME_PKT) {
		return false;
	}
	put(to, packet->data.frame.buf, packet->data.frame.sz);
	return true;
}

static bool make_video(struct media_clip *clip)
{
	vpx_codec_enc_cfg_t config;
	vpx_codec_ctx_t codec;
	vpx_image_t *image = vpx_img_alloc(NULL, VPX_IMG_FMT_I420, WIDTH, HEIGHT, 16);
	if (image == NULL || vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0) != 0) {
		return false;
	}
	config.g_w = WIDTH;
	config.g_h = HEIGHT;
	config.g_timebase = (struct vpx_rational){1, MEDIA_VIDEO_FPS};
	config.rc_target_bitrate = MEDIA_VIDEO_KBPS;
	config.rc_end_usage = VPX_CBR;
	config.g_lag_in_frames = 0;
	config.kf_mode = VPX_KF_DISABLED;
	bool good = vpx_codec_enc_init(&codec, vpx_codec_vp8_cx(), &config, 0) == VPX_CODEC_OK;
	for (unsigned i = 0; good && i < MEDIA_SECONDS * MEDIA_VIDEO_FPS; i++) {
		vpx_enc_frame_flags_t flags = i % MEDIA_VIDEO_FPS == 0 ? VPX_EFLAG_FORCE_KF : 0;
		draw(image, i);
		good = vpx_codec_encode(&codec, image, i, 1, flags, VPX_DL_REALTIME) ==
			       VPX_CODEC_OK &&
		       take_frame(&codec, &clip->video[i]);
	}
	(void)vpx_codec_destroy(&codec);
	vpx_img_free(image);
	return good;
}

struct media_clip *media_clip_new(void)
{
	struct media_clip *clip = MEM_NEW(struct media_clip);
	if (!make_audio(clip) || !make_video(clip)) {
		media_clip_free(&clip);
	}
	return clip;
}

void media_clip_free(struct media_clip **clip)
{
	for (size_t i = 0; *clip != NULL && i < ARRAY_LEN((*clip)->audio); i++) {
		mem_freep(&(*clip)->audio[i].bytes);
	}
	for (size_t i = 0; *clip != NULL && i < ARRAY_LEN((*clip)->video); i++) {
		mem_freep(&(*clip)->video[i].bytes);
	}
	mem_freep(clip);
}
