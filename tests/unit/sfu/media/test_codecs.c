/* SPDX-License-Identifier: Apache-2.0 */
/* VP9, H.264, AV1 and redundant audio, on byte strings. */
#include "tests/unit/check.h"

#include "sfu/media/codecs.h"
#include "sfu/media/h264.h"
#include "sfu/media/picture.h"
#include "sfu/media/red.h"
#include "sfu/media/vp9.h"

static void vp9_keyframe_with_a_structure(void **state)
{
	/* I, L, B, V; picture 0x1234; layer 0; TL0PICIDX 7; two layers with sizes, no pictures. */
	const uint8_t p[] = {
		0xaa, 0x92, 0x34, 0x00, 0x07, 0x30, 1, 64, 0, 180, 2, 128, 1, 104, 0x55};
	struct vp9_descriptor d;
	struct layer_frame f;
	(void)state;
	check_ok(vp9_parse(p, sizeof(p), &d));
	assert_true(d.start && d.keyframe && d.has_picture_id && d.has_layers);
	assert_false(d.end);
	assert_int_equal(d.picture_id, 0x1234);
	assert_int_equal(d.spatial_count, 2);
	assert_int_equal(d.size, 14);
	assert_true(vp9_frame(&d, &f));
	assert_true(f.keyframe);
	assert_int_equal(layer_need_of(&f, 0), LAYER_SWITCH);
	for (size_t n = 0; n < sizeof(p); n++) {
		check_status(vp9_parse(p, n, &d), STATUS_INVALID);
	}
}

static void vp9_upper_layer(void **state)
{
	/* I, P, L, E; picture 5; temporal 2, spatial 1, inter-layer; TL0PICIDX. */
	const uint8_t p[] = {0xe4, 0x05, 0x43, 0x09, 0x11};
	struct vp9_descriptor d;
	struct layer_frame f;
	(void)state;
	check_ok(vp9_parse(p, sizeof(p), &d));
	assert_true(d.end && d.inter_layer && d.inter_picture && !d.keyframe);
	assert_int_equal(d.spatial, 1);
	assert_int_equal(d.temporal, 2);
	assert_true(vp9_frame(&d, &f));
	assert_int_equal(layer_need_of(&f, 0), LAYER_NOT_PRESENT);
	assert_int_equal(layer_need_of(&f, 5), LAYER_REQUIRED); /* spatial 1, temporal 2 */
	assert_int_equal(layer_need_of(&f, 4), LAYER_NOT_PRESENT);
	assert_int_equal(layer_need_of(&f, 8), LAYER_REQUIRED);
}

static void vp9_without_layers(void **state)
{
	const uint8_t key[] = {0x8c, 0x01, 0x82}, inter[] = {0xd5, 0x01, 0x02, 0x82};
	struct vp9_descriptor d;
	struct layer_frame f;
	(void)state;
	check_ok(vp9_parse(key, sizeof(key), &d));
	assert_true(d.keyframe && d.start && d.end);
	assert_false(vp9_frame(&d, &f));
	check_ok(vp9_parse(inter, sizeof(inter), &d)); /* flexible: one reference */
	assert_true(d.flexible && d.inter_picture && d.not_for_above);
	const uint8_t endless[] = {0xd0, 0x01, 0x03, 0x03, 0x03, 0x82};
	check_status(vp9_parse(endless, sizeof(endless), &d), STATUS_INVALID);
}

static void h264_keyframes(void **state)
{
	const uint8_t idr[] = {0x65, 1}, slice[] = {0x41, 1}, sps[] = {0x67, 0x42};
	const uint8_t stap[] = {0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce};
	const uint8_t stap_without[] = {0x78, 0, 2, 0x41, 0x42, 0, 2, 0x68, 0xce};
	const uint8_t stap_broken[] = {0x78, 0, 9, 0x67};
	const uint8_t fu_start[] = {0x7c, 0x85, 1}, fu_middle[] = {0x7c, 0x05, 1};
	(void)state;
	assert_true(h264_keyframe(idr, sizeof(idr)));
	assert_true(h264_keyframe(sps, sizeof(sps)));
	assert_true(h264_keyframe(stap, sizeof(stap)));
	assert_true(h264_keyframe(fu_start, sizeof(fu_start)));
	assert_false(h264_keyframe(slice, sizeof(slice)));
	assert_false(h264_keyframe(stap_without, sizeof(stap_without)));
	assert_false(h264_keyframe(stap_broken, sizeof(stap_broken)));
	assert_false(h264_keyframe(fu_middle, sizeof(fu_middle)));
	assert_false(h264_keyframe(fu_start, 1));
	assert_false(h264_keyframe(idr, 0));
}

static void red_has_a_primary_frame(void **state)
{
	/* Two older frames of 3 and 2 bytes, then the newest. */
	uint8_t p[] = {0x80 | 111, 0x0f, 0x00, 0x03, 0x80 | 111, 0x07, 0x80, 0x02, 111, 1, 2, 3, 4,
		5, 6, 7};
	struct red r;
	(void)state;
	check_ok(red_parse(p, sizeof(p), &r));
	assert_int_equal(r.count, 3);
	assert_int_equal(r.primary_type, 111);
	assert_int_equal(r.primary_at, 14);
	assert_int_equal(r.primary_size, 2);
	red_retype(p, &r, 109);
	assert_int_equal(p[0], 0x80 | 109);
	assert_int_equal(p[4], 0x80 | 109);
	assert_int_equal(p[8], 109);
	assert_int_equal(p[9], 1);
	for (size_t n = 0; n < 14; n++) {
		check_status(red_parse(p, n, &r), STATUS_INVALID);
	}
	const uint8_t alone[] = {111, 9};
	check_ok(red_parse(alone, sizeof(alone), &r));
	assert_int_equal(r.primary_at, 1);
	uint8_t many[RED_MAX_BLOCKS * 4 + 1];
	memset(many, 0x80, sizeof(many));
	for (size_t i = 2; i < sizeof(many); i++) {
		many[i] = i % 4 == 0 ? 0x80 : 0;
	}
	check_status(red_parse(many, sizeof(many), &r), STATUS_TOO_LARGE);
}

static void av1_without_descriptor(void **state)
{
	const uint8_t first[] = {0x18, 1}, other[] = {0x10, 1}, rest[] = {0x98, 1};
	struct dependency_structure structure = {.known = false};
	struct picture picture;
	struct rtp_packet packet = {.payload = first, .payload_size = sizeof(first)};
	(void)state;
	picture_read(&packet, CODEC_AV1, &structure, &picture);
	assert_true(picture.keyframe && !picture.layered);
	packet.payload = other;
	picture_read(&packet, CODEC_AV1, &structure, &picture);
	assert_false(picture.keyframe);
	packet.payload = rest;
	picture_read(&packet, CODEC_AV1, &structure, &picture);
	assert_false(picture.keyframe);
	packet.payload_size = 0;
	picture_read(&packet, CODEC_AV1, &structure, &picture);
	assert_false(picture.keyframe);
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(codec_by_mime(STR("video/vp9")), CODEC_VP9);
	assert_int_equal(codec_by_mime(STR("AV1")), CODEC_AV1);
	assert_int_equal(codec_by_mime(STR("h265")), CODEC_COUNT);
	assert_int_equal(codec_by_mime(STR_EMPTY), CODEC_COUNT);
	assert_int_equal(codec_by_rtpmap(STR("h264/90000")), CODEC_H264);
	assert_int_equal(codec_by_rtpmap(STR("opus/48000")), CODEC_COUNT);
	assert_string_equal(codec_mime(CODEC_RED), "audio/red");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vp9_keyframe_with_a_structure),
		cmocka_unit_test(vp9_upper_layer),
		cmocka_unit_test(vp9_without_layers),
		cmocka_unit_test(h264_keyframes),
		cmocka_unit_test(red_has_a_primary_frame),
		cmocka_unit_test(av1_without_descriptor),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
