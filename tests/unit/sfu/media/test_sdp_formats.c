/* SPDX-License-Identifier: Apache-2.0 */
/* Which formats are taken, how they are answered, and which can carry which stream. */
#include "tests/unit/check.h"

#include <stdio.h>

#include "common/base/arena.h"
#include "sfu/media/sdp.h"
#include "tests/unit/sfu/media/offers.h"

#define VIDEO_ATTRIBUTES                                                                  \
	"c=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\n" \
	"a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=fingerprint:sha-"     \
	"256 " FINGERPRINT_TEXT "\r\n"

static const struct sdp_local local = {.session_id = 77,
	.session_version = 3,
	.ufrag = STR_INIT("ourufrag"),
	.pwd = STR_INIT("our-password-of-24-chars"),
	.fingerprint = FINGERPRINT_TEXT};

/* The answer's only section, to an offer of one with these payload types and attributes. */
static struct sdp_section *answered(
	struct arena *a, const char *media, const char *types, const char *attributes)
{
	struct sdp *offer = NULL;
	const char *why = "";
	struct str text = arena_printf(a,
		"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
		"m=%s 9 UDP/TLS/RTP/SAVPF %s\r\n" VIDEO_ATTRIBUTES "%s",
		media, types, attributes);
	if (sdp_parse(a, text, &offer, &why) != STATUS_OK) {
		fail_msg("refused: %s", why);
	}
	return &sdp_answer(a, offer, &local)->sections[0];
}

static void profiles_of_h264(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp_section *s = answered(a, "video", "100 101 102 103 104 105",
		"a=rtpmap:100 H264/90000\r\n"
		"a=fmtp:100 "
		"level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n"
		"a=rtpmap:101 H264/90000\r\n"
		"a=fmtp:101 "
		"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
		"a=rtpmap:102 H264/90000\r\n"
		"a=fmtp:102 "
		"packetization-mode=1;profile-level-id=42e01f;x-google-start-bitrate=9\r\n"
		"a=rtpmap:103 H264/90000\r\n"
		"a=fmtp:103 packetization-mode=1;profile-level-id=640c1f\r\n"
		"a=rtpmap:104 H264/90000\r\na=fmtp:104 "
		"packetization-mode=1;profile-level-id=4d001f\r\n"
		"a=rtpmap:105 H264/90000\r\na=fmtp:105 packetization-mode=1\r\n");
	assert_int_equal(s->codec_count, 2);
	assert_int_equal(s->codecs[0].codec.payload_type, 102);
	assert_int_equal(s->codecs[1].codec.payload_type, 103);
	check_str(s->codecs[0].fmtp, "packetization-mode=1;profile-level-id=42e01f");
	/* The baseline can be read as a greater profile, not the other way round. */
	struct media_codec baseline = s->codecs[0].codec, high = s->codecs[1].codec;
	assert_ptr_equal(sdp_codec_for(s, &baseline), &s->codecs[0]);
	assert_ptr_equal(sdp_codec_for(s, &high), &s->codecs[1]);
	s->codec_count = 1;
	assert_null(sdp_codec_for(s, &high));
	s->codecs[0] = s->codecs[1];
	assert_ptr_equal(sdp_codec_for(s, &baseline), &s->codecs[0]);
}

static void profiles_of_vp9_and_av1(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp_section *s = answered(a, "video", "98 100 45 46",
		"a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n"
		"a=rtpmap:100 VP9/90000\r\na=fmtp:100 profile-id=2\r\n"
		"a=rtpmap:45 AV1/90000\r\na=fmtp:45 level-idx=5;profile=0;tier=0\r\n"
		"a=rtpmap:46 AV1/90000\r\na=fmtp:46 level-idx=5;profile=1;tier=0\r\n");
	assert_int_equal(s->codec_count, 2);
	assert_int_equal(s->codecs[0].codec.payload_type, 98);
	assert_int_equal(s->codecs[1].codec.payload_type, 45);
	check_str(s->codecs[1].fmtp, "level-idx=5;profile=0;tier=0");
	sdp_section_prefer(s, CODEC_AV1);
	assert_int_equal(s->codecs[0].codec.name, CODEC_AV1);
	assert_int_equal(s->codecs[1].codec.name, CODEC_VP9);
	sdp_section_prefer(s, CODEC_H264); /* not there: nothing changes */
	assert_int_equal(s->codecs[0].codec.name, CODEC_AV1);
}

static void redundancy_names_opus(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp_section *s = answered(a, "audio", "109 63",
		"a=rtpmap:109 opus/48000/2\r\na=fmtp:109 minptime=10;useinbandfec=1;usedtx=1\r\n"
		"a=rtpmap:63 red/48000/2\r\na=fmtp:63 109/109\r\n");
	assert_int_equal(s->codec_count, 2);
	check_str(s->codecs[0].fmtp, "minptime=10;useinbandfec=1;usedtx=1");
	check_str(s->codecs[1].fmtp, "109/109");
	sdp_section_opus(a, s, true, false);
	check_str(s->codecs[0].fmtp, "minptime=10;useinbandfec=1;stereo=1");
	sdp_section_without(s, CODEC_RED);
	assert_int_equal(s->codec_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles_of_h264),
		cmocka_unit_test(profiles_of_vp9_and_av1),
		cmocka_unit_test(redundancy_names_opus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
