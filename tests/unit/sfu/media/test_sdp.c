/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdio.h>

#include "common/base/arena.h"
#include "sfu/media/sdp.h"
#include "sfu/transport/candidates.h"
#include "tests/unit/sfu/media/offers.h"

static const struct sdp_local local = {.session_id = 77,
	.session_version = 3,
	.ufrag = STR_INIT("ourufrag"),
	.pwd = STR_INIT("our-password-of-24-chars"),
	.fingerprint = FINGERPRINT_TEXT};

static struct sdp *parsed(struct arena *arena, const char *text)
{
	struct sdp *sdp = NULL;
	const char *why = "";
	if (sdp_parse(arena, str_c(text), &sdp, &why) != STATUS_OK) {
		fail_msg("refused: %s", why);
	}
	return sdp;
}

static void chromium_is_understood(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *o = parsed(a, chromium_offer);
	assert_int_equal(o->section_count, 5);
	assert_true(o->bundle);
	const struct sdp_section *camera = sdp_section_find(o, STR("4"));
	assert_non_null(camera);
	assert_int_equal(camera->kind, SDP_VIDEO);
	assert_int_equal(camera->direction, SDP_SENDONLY);
	check_str(camera->ice_ufrag, "w4Qy");
	check_str(camera->msid_track, "1f0c-camera");
	assert_int_equal(camera->setup, SDP_SETUP_ACTPASS);
	assert_int_equal(camera->fingerprint_size, 32);
	assert_int_equal(camera->fingerprint[0], 0x5e);
	assert_int_equal(camera->fingerprint[31], 0xba);
	assert_true(camera->extmap_allow_mixed);
	assert_int_equal(camera->codec_count, 3);
	assert_int_equal(camera->codecs[1].codec.name, CODEC_H264);
	assert_int_equal(camera->codecs[2].codec.name, CODEC_VP9);
	const struct media_codec *vp8 = &camera->codecs[0].codec;
	assert_int_equal(vp8->payload_type, 96);
	assert_int_equal(vp8->rtx_payload_type, 97);
	assert_true(vp8->nack && vp8->pli && vp8->fir && vp8->transport_cc && vp8->remb);
	assert_int_equal(camera->rid_count, 3);
	check_str(camera->rids[2], "q");
	const struct sdp_section *data = sdp_section_find(o, STR("2"));
	assert_int_equal(data->kind, SDP_APPLICATION);
	assert_int_equal(data->sctp_port, 5000);
	assert_int_equal(data->max_message_size, 262144);
	assert_int_equal(sdp_section_find(o, STR("3"))->sources[0].ssrc, 1367211433);
}

static void firefox_is_understood(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *o = parsed(a, firefox_offer);
	const struct sdp_section *video = sdp_section_find(o, STR("1"));
	assert_false(video->rejected);		       /* port 0, but bundle-only */
	assert_int_equal(video->fingerprint_size, 32); /* from the session */
	assert_int_equal(video->codecs[0].codec.payload_type, 120);
	assert_int_equal(video->codecs[0].codec.rtx_payload_type, 124);
	assert_int_equal(video->source_count, 1);
	assert_int_equal(video->sources[0].ssrc, 1733141123);
	assert_int_equal(video->sources[0].rtx_ssrc, 3905512477);
	const struct sdp_section *audio = sdp_section_find(o, STR("0"));
	assert_int_equal(audio->codecs[0].codec.payload_type, 109);
	check_str(audio->msid_stream, "{stream}");
	assert_int_equal(audio->extension_count, 2);
}

static void the_answer_has_what_we_do(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *offer = parsed(a, chromium_offer);
	struct sdp *answer = sdp_answer(a, offer, &local);
	struct candidates candidates = {
		.list = {{"192.0.2.7", 7882, 2130706431, 1, false}}, .count = 1};
	struct sdp_section *receive_audio = sdp_section_find(answer, STR("0"));
	sdp_section_send(receive_audio, STR("PA_bob"), STR("TR_voice"), 1234, 0);
	sdp_section_send(sdp_section_find(answer, STR("1")), STR("PA_bob"), STR("TR_face"), 99, 98);
	BUF_SCOPE(text, SDP_MAX_BYTES);
	sdp_write(answer, &candidates, &text);
	check_ok(buf_status(&text));
	struct str t = buf_str(&text);
	assert_true(str_find(t, STR("a=ice-lite\r\n")) > 0);
	assert_true(str_find(t, STR("a=group:BUNDLE 0 1 2 3 4\r\n")) > 0);
	assert_true(
		str_find(t, STR("a=candidate:1 1 udp 2130706431 192.0.2.7 7882 typ host\r\n")) > 0);
	assert_true(str_find(t, STR("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n")) > 0);
	assert_true(str_find(t, STR("m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 98 99\r\n")) > 0);
	assert_true(str_find(t, STR("a=ssrc-group:FID 99 98\r\n")) > 0);
	assert_true(str_find(t, STR("a=simulcast:recv f;h;q\r\n")) > 0);
	/* Read again, it says the same. */
	struct sdp *again = parsed(a, text.p);
	assert_int_equal(again->section_count, 5);
	const struct sdp_section *s = sdp_section_find(again, STR("0"));
	assert_int_equal(s->direction, SDP_SENDONLY);
	assert_int_equal(s->setup, SDP_SETUP_PASSIVE);
	check_str(s->msid_stream, "PA_bob");
	check_str(s->msid_track, "TR_voice");
	assert_int_equal(s->sources[0].ssrc, 1234);
	check_str(s->ice_ufrag, "ourufrag");
	assert_int_equal(s->fingerprint[31], 0xba);
	assert_int_equal(sdp_section_find(again, STR("3"))->direction, SDP_RECVONLY);
	assert_int_equal(sdp_section_find(again, STR("4"))->direction, SDP_RECVONLY);
	assert_int_equal(sdp_section_find(again, STR("2"))->max_message_size, MEDIA_DATA_MAX);
	assert_int_equal(sdp_section_find(again, STR("1"))->sources[0].rtx_ssrc, 98);
}

static void feedback_goes_by_direction(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *answer = sdp_answer(a, parsed(a, chromium_offer), &local);
	const struct media_codec *up = &sdp_section_find(answer, STR("4"))->codecs[0].codec;
	const struct media_codec *down = &sdp_section_find(answer, STR("1"))->codecs[0].codec;
	assert_true(up->transport_cc);
	assert_false(up->remb);
	assert_true(down->transport_cc);
	assert_false(down->remb);
	struct rtp_extension_ids ids;
	check_ok(sdp_extension_ids(answer, &ids));
	assert_int_equal(ids.id[RTP_EXT_MID], 4);
	assert_int_equal(ids.id[RTP_EXT_RID], 10);
	assert_int_equal(ids.id[RTP_EXT_TRANSPORT_CC], 3);
	assert_int_equal(ids.id[RTP_EXT_ABS_SEND_TIME], 2);
	assert_int_equal(ids.id[RTP_EXT_VIDEO_ORIENTATION], 13);
}

/* Chromium offers a later section of the BUNDLE only what earlier answers had. */
static void extensions_of_senders_are_kept_open(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *answer = sdp_answer(a, parsed(a, chromium_offer), &local);
	const struct sdp_section *waiting = sdp_section_find(answer, STR("1"));
	unsigned found = 0;
	for (unsigned i = 0; i < waiting->extension_count; i++) {
		enum rtp_extension e = waiting->extensions[i].extension;
		found += e == RTP_EXT_RID || e == RTP_EXT_REPAIRED_RID || e == RTP_EXT_TRANSPORT_CC;
	}
	assert_int_equal(found, 3);
}

static void messages_are_filled(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *offer = parsed(a, chromium_offer);
	struct sdp *answer = sdp_answer(a, offer, &local);
	struct media_transport_params params = {.participant = 5};
	check_ok(sdp_transport_params(offer, answer, &params));
	assert_string_equal(params.remote_ufrag, "w4Qy");
	assert_int_equal(params.fingerprint_size, 32);
	assert_int_equal(params.sctp_port, 5000);
	assert_int_equal(params.participant, 5);
	struct media_publish camera = {.track = 9};
	check_ok(sdp_publish_params(
		sdp_section_find(offer, STR("4")), sdp_section_find(answer, STR("4")), &camera));
	assert_int_equal(camera.kind, MEDIA_VIDEO);
	assert_string_equal(camera.mid, "4");
	assert_int_equal(camera.encoding_count, 3);
	assert_string_equal(camera.encodings[0].rid, "q"); /* the smallest first */
	assert_string_equal(camera.encodings[1].rid, "h");
	assert_string_equal(camera.encodings[2].rid, "f");
	struct media_publish microphone = {.track = 8};
	check_ok(sdp_publish_params(sdp_section_find(offer, STR("3")),
		sdp_section_find(answer, STR("3")), &microphone));
	assert_int_equal(microphone.encodings[0].ssrc, 1367211433);
	assert_int_equal(microphone.codecs[0].payload_type, 111);
	/* What the peer only receives is nothing to publish. */
	check_status(sdp_publish_params(sdp_section_find(offer, STR("0")),
			     sdp_section_find(answer, STR("0")), &microphone),
		STATUS_INVALID);
}

static void an_offer_of_ours(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *offer = sdp_offer(a, &local);
	struct sdp_section *data, *audio, *video;
	check_ok(sdp_offer_section(a, offer, &local, SDP_APPLICATION, STR("data"), &data));
	check_ok(sdp_offer_section(a, offer, &local, SDP_AUDIO, STR("1"), &audio));
	check_ok(sdp_offer_section(a, offer, &local, SDP_VIDEO, STR("2"), &video));
	sdp_section_send(audio, STR("PA_x"), STR("TR_a"), 11, 0);
	sdp_section_send(video, STR("PA_x"), STR("TR_v"), 12, 13);
	BUF_SCOPE(text, SDP_MAX_BYTES);
	sdp_write(offer, NULL, &text);
	struct sdp *again = parsed(a, text.p);
	assert_int_equal(again->section_count, 3);
	assert_int_equal(again->sections[0].setup, SDP_SETUP_ACTPASS);
	assert_int_equal(sdp_section_find(again, STR("2"))->direction, SDP_SENDONLY);
	assert_int_equal(sdp_section_find(again, STR("2"))->codecs[0].codec.rtx_payload_type, 97);
	struct rtp_extension_ids ids;
	check_ok(sdp_extension_ids(offer, &ids));
	assert_int_equal(ids.id[RTP_EXT_MID], 4);
	assert_int_equal(ids.id[RTP_EXT_TRANSPORT_CC], 3);
	assert_int_equal(ids.id[RTP_EXT_DEPENDENCY], 12);
}

static void a_section_without_our_codecs_is_rejected(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	char text[sizeof(chromium_offer)];
	memcpy(text, chromium_offer, sizeof(text));
	static const char *const names[] = {"VP8/90000", "VP9/90000", "H264/90000"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (char *at = text; (at = strstr(at, names[i])) != NULL;) {
			memcpy(at, "XX", 2);
		}
	}
	struct sdp *answer = sdp_answer(a, parsed(a, text), &local);
	assert_true(answer->sections[1].rejected);
	BUF_SCOPE(out, SDP_MAX_BYTES);
	sdp_write(answer, NULL, &out);
	assert_true(str_find(buf_str(&out), STR("a=group:BUNDLE 0 2 3\r\n")) > 0);
	assert_true(str_find(buf_str(&out), STR("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n")) > 0);
}

/* The offer with one text in the place of another. */
static enum status parse_changed(struct arena *a, const char *from, const char *to)
{
	struct str text = str_c(chromium_offer);
	ptrdiff_t at = str_find(text, str_c(from));
	struct sdp *sdp;
	assert_true(at >= 0);
	struct str changed =
		arena_printf(a, "%.*s%s%s", (int)at, text.p, to, text.p + at + strlen(from));
	return sdp_parse(a, changed, &sdp, NULL);
}

static void broken_offers_are_refused(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *sdp;
	check_status(sdp_parse(a, STR("hello"), &sdp, NULL), STATUS_INVALID);
	check_status(sdp_parse(a, STR(""), &sdp, NULL), STATUS_INVALID);
	check_status(parse_changed(a, "a=mid:1\r\n", "a=mid:0\r\n"), STATUS_INVALID);
	check_status(parse_changed(a, "BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2 3"), STATUS_INVALID);
	check_status(parse_changed(a, "a=ice-ufrag:w4Qy", "a=ice-ufrag:xxxx"), STATUS_INVALID);
	check_status(parse_changed(a, "sha-256 5E", "sha-256 5F"), STATUS_INVALID);
	check_status(parse_changed(a, "a=rtcp-mux\r\n", ""), STATUS_INVALID);
	check_status(parse_changed(a, "a=extmap:1 ", "a=extmap:0 "), STATUS_INVALID);
	check_status(
		parse_changed(a, "a=mid:1\r\n", "a=mid:12345678901234567\r\n"), STATUS_TOO_LARGE);
	check_status(parse_changed(a, "s=-\r\n", "s\r\n"), STATUS_INVALID);
}

static void too_many_sections_are_refused(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct sdp *sdp;
	BUF_SCOPE(text, SDP_MAX_BYTES);
	buf_append_c(&text, "v=0\r\n");
	for (int i = 0; i < SDP_MAX_SECTIONS + 1; i++) {
		buf_printf(&text, "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:%d\r\n", i);
	}
	check_status(sdp_parse(a, buf_str(&text), &sdp, NULL), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chromium_is_understood),
		cmocka_unit_test(firefox_is_understood),
		cmocka_unit_test(the_answer_has_what_we_do),
		cmocka_unit_test(feedback_goes_by_direction),
		cmocka_unit_test(extensions_of_senders_are_kept_open),
		cmocka_unit_test(messages_are_filled),
		cmocka_unit_test(an_offer_of_ours),
		cmocka_unit_test(a_section_without_our_codecs_is_rejected),
		cmocka_unit_test(broken_offers_are_refused),
		cmocka_unit_test(too_many_sections_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
