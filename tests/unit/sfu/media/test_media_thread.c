/* SPDX-License-Identifier: Apache-2.0 */
/* Two synthetic peers through a real media thread, over loopback. */
#include "tests/unit/sfu/media/media_scene.h"

#include "common/base/clock.h"

static void audio_is_forwarded(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	uint16_t first = 0;
	uint32_t first_timestamp = 0;
	connect_both(s);
	assert_int_equal(s->bob.profile, SRTP_PROFILE_AEAD_AES_128_GCM);
	for (uint16_t i = 0; i < 50; i++) {
		/* Across the wrap of 16 bits. */
		send_audio(s, (uint16_t)(65500 + i), i);
		expect_rtp(s, packet, &got);
		if (i == 0) {
			first = got.sequence;
			first_timestamp = got.timestamp;
		}
		assert_int_equal(got.ssrc, 5000);
		assert_int_equal(got.payload_type, 109);
		assert_int_equal(got.sequence, (uint16_t)(first + i));
		assert_int_equal((uint16_t)(got.timestamp - first_timestamp),
			(uint16_t)(960u * (uint16_t)(65500 + i) - 960u * 65500u));
		assert_int_equal(got.ext[RTP_EXT_MID].n, 1);
		assert_int_equal(got.ext[RTP_EXT_MID].p[0], '7');
		assert_int_equal(got.ext[RTP_EXT_AUDIO_LEVEL].p[0], 0x80 | 20);
		assert_int_equal(got.payload_size, 40);
		assert_int_equal(got.payload[0], (65500 + i) & 0xff);
	}
	struct media_event *event = wait_event(s, MEDIA_TRACK_LAYERS);
	assert_int_equal(event->track, AUDIO);
	assert_int_equal(event->u.layers, 1);
	media_event_free(&event);
	event = wait_event(s, MEDIA_SPEAKERS);
	assert_int_equal(event->u.speakers.count, 1);
	assert_int_equal(event->u.speakers.list[0].participant, ALICE);
	media_event_free(&event);
}

static void a_gap_stays_a_gap_and_a_restart_is_joined(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	connect_both(s);
	send_audio(s, 10, 0);
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	send_audio(s, 13, 1);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 3));
	send_audio(s, 12, 2);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 2));
	/* A sender that starts anew elsewhere: no gap for the subscriber. */
	send_audio(s, 40000, 3);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 4));
}

static void the_publisher_gets_feedback(void **state)
{
	struct scene *s = *state;
	uint8_t bytes[2048];
	struct rtcp_packet packet;
	struct rtcp_reports reports;
	bool timed = false, reported = false;
	connect_both(s);
	for (uint16_t i = 0; i < 200 && !(timed && reported); i++) {
		send_audio(s, i, i);
		size_t n = synthetic_media(&s->alice, PACKET_RTCP, bytes, sizeof(bytes), 20);
		struct rtcp_reader reader = {.p = bytes, .n = n};
		while (rtcp_next(&reader, &packet)) {
			timed = timed || (packet.type == RTCP_RTPFB && packet.count == RTCP_TWCC);
			if (rtcp_read_rr(&packet, &reports) == STATUS_OK && reports.count == 1) {
				assert_int_equal(reports.list[0].ssrc, 1000);
				assert_int_equal(reports.list[0].fraction_lost, 0);
				reported = true;
			}
		}
	}
	assert_true(timed);
	assert_true(reported);
}

static void the_clock_goes_with_the_stream(void **state)
{
	struct scene *s = *state;
	uint8_t bytes[RTCP_DATAGRAM_MAX + SRTCP_TRAILER], packet[2048];
	struct rtp_packet got;
	struct rtcp_packet report;
	struct rtcp_sender_info info = {.ssrc = 1000,
		.ntp = 0xe000000012345678u,
		.rtp_timestamp = 960 * 5,
		.packets = 1,
		.octets = 40};
	struct rtcp_reports none;
	struct rtcp_writer w = {.p = bytes};
	connect_both(s);
	send_audio(s, 5, 0);
	expect_rtp(s, packet, &got);
	rtcp_write_sr(&w, &info);
	send_rtcp(&s->alice, &w);
	assert_true(expect_rtcp(&s->bob, packet, RTCP_SR, 99, &report));
	check_ok(rtcp_read_sr(&report, &info, &none));
	assert_int_equal(info.ssrc, 5000);
	assert_true(info.ntp == 0xe000000012345678u);
	assert_int_equal(info.rtp_timestamp, got.timestamp);
	assert_int_equal(info.packets, 1);
}

static void muting_leaves_no_gap(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	connect_both(s);
	send_audio(s, 1, 0);
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	for (int muted = 1; muted >= 0; muted--) {
		struct media_command *c = media_command_new(MEDIA_MUTE_TRACK);
		c->track = AUDIO;
		c->u.muted = muted;
		tell(s, c);
		settle(s);
		if (muted) {
			send_audio(s, 2, 1);
			settle(s);
		}
	}
	send_audio(s, 3, 2);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 1));
	assert_int_equal(got.payload[0], 3);
}

static void video_waits_for_a_keyframe_and_switches_on_one(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	struct rtcp_packet pli;
	connect_both(s);
	/* An interframe shows that the encoding flows; it is not forwarded, a keyframe is asked
	 * for. */
	send_frame(s, (struct frame){2000, "q", 100, 9000, 50, false});
	assert_true(expect_rtcp(&s->alice, packet, RTCP_PSFB, RTCP_PLI, &pli));
	assert_int_equal(get_u32(pli.body + 4), 2000);
	send_frame(s, (struct frame){2000, "q", 101, 12000, 51, true});
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	uint32_t timestamp = got.timestamp;
	assert_int_equal(got.ssrc, 5001);
	assert_int_equal(got.payload_type, 120);
	assert_int_equal(got.ext[RTP_EXT_MID].p[0], '8');
	assert_int_equal(got.ext[RTP_EXT_ABS_SEND_TIME].n, 3);
	assert_int_equal(get_u16(got.payload + 2), 0x8000 | 51);
	/* The better encoding appears: asked for a keyframe, and then followed. */
	send_frame(s, (struct frame){3000, "h", 7000, 500000, 900, false});
	do {
		assert_true(expect_rtcp(&s->alice, packet, RTCP_PSFB, RTCP_PLI, &pli));
	} while (get_u32(pli.body + 4) != 3000);
	send_frame(s, (struct frame){3000, "h", 7001, 503000, 901, true});
	expect_rtp(s, packet, &got);
	assert_int_equal(got.ssrc, 5001);
	assert_int_equal(got.sequence, (uint16_t)(first + 1));
	assert_int_equal(get_u16(got.payload + 2), 0x8000 | 52);
	assert_true(rtp_ts_diff(got.timestamp, timestamp) > 0);
	assert_true(rtp_ts_diff(got.timestamp, timestamp) < 90000 * 5);
	/* The old encoding is not forwarded any more. */
	send_frame(s, (struct frame){2000, "q", 102, 15000, 52, false});
	send_frame(s, (struct frame){3000, "h", 7002, 506000, 902, false});
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 2));
	assert_int_equal(get_u16(got.payload + 2), 0x8000 | 53);
}

/* Its first packet is lost on the way up, and repeated after the second has come. */
static void a_keyframe_whose_beginning_is_late_is_whole(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048], rest[100];
	struct rtp_packet got;
	const struct frame second = {2000, "q", 101, 12000, 51, true};
	struct rtp_packet header = {.marker = true,
		.payload_type = 96,
		.sequence = 101,
		.timestamp = 12000,
		.ssrc = 2000};
	connect_both(s);
	send_frame(s, (struct frame){2000, "q", 99, 9000, 50, false});
	vp8_payload(&second, rest);
	rest[0] = 0x80; /* goes on */
	send_rtp(&s->alice, &header, rest, sizeof(rest));
	send_frame(s, (struct frame){2000, "q", 100, 12000, 51, true});
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	assert_int_equal(got.payload[0], 0x90);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 1));
	assert_int_equal(got.payload[0], 0x80);
}

/* Whether a keyframe of that stream is asked for within 40 ms. */
static bool asked(struct synthetic_peer *p, uint8_t bytes[2048], uint32_t ssrc)
{
	struct rtcp_packet packet;
	size_t n = synthetic_media(p, PACKET_RTCP, bytes, 2048, 40);
	struct rtcp_reader reader = {.p = bytes, .n = n};
	while (rtcp_next(&reader, &packet)) {
		if (packet.type == RTCP_PSFB && packet.count == RTCP_PLI &&
			get_u32(packet.body + 4) == ssrc) {
			return true;
		}
	}
	return false;
}

static void a_picture_that_stops_is_replaced_soon(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	connect_both(s);
	send_frame(s, (struct frame){3000, "h", 7000, 9000, 900, true});
	expect_rtp(s, packet, &got);
	/* The smaller one goes on without it: asked for a keyframe before a second has passed. */
	int64_t start_us = clock_mono_us();
	uint16_t i = 0;
	do {
		send_frame(s, (struct frame){2000, "q", (uint16_t)(100 + i), 9000u + 3000u * i,
				      (uint16_t)(50 + i), false});
		i++;
	} while (!asked(&s->alice, packet, 2000) && clock_mono_us() - start_us < 900000);
	assert_true(clock_mono_us() - start_us < 900000);
}

static void send_report(struct scene *s, uint32_t ssrc, uint64_t ntp, uint32_t timestamp)
{
	uint8_t bytes[RTCP_DATAGRAM_MAX + SRTCP_TRAILER];
	struct rtcp_writer w = {.p = bytes};
	struct rtcp_sender_info info = {.ssrc = ssrc, .ntp = ntp, .rtp_timestamp = timestamp};
	rtcp_write_sr(&w, &info);
	send_rtcp(&s->alice, &w);
}

static void a_switch_keeps_the_clock(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	struct rtcp_packet pli;
	connect_both(s);
	send_frame(s, (struct frame){2000, "q", 100, 12000, 50, true});
	expect_rtp(s, packet, &got);
	uint32_t timestamp = got.timestamp;
	send_frame(s, (struct frame){3000, "h", 7000, 0xfffffff0, 900, false});
	do {
		assert_true(expect_rtcp(&s->alice, packet, RTCP_PSFB, RTCP_PLI, &pli));
	} while (get_u32(pli.body + 4) != 3000);
	/* 9000 of the one and 500000 of the other are the same moment. */
	send_report(s, 2000, 0xe000000000000000u, 9000);
	send_report(s, 3000, 0xe000000000000000u, 500000);
	send_frame(s, (struct frame){3000, "h", 7001, 506000, 901, true});
	expect_rtp(s, packet, &got);
	assert_int_equal(got.timestamp, timestamp + 3000);
}

static void senseless_reports_are_not_believed(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	struct rtcp_packet pli;
	connect_both(s);
	send_frame(s, (struct frame){2000, "q", 100, 12000, 50, true});
	expect_rtp(s, packet, &got);
	uint32_t timestamp = got.timestamp;
	send_frame(s, (struct frame){3000, "h", 7000, 0, 900, false});
	do {
		assert_true(expect_rtcp(&s->alice, packet, RTCP_PSFB, RTCP_PLI, &pli));
	} while (get_u32(pli.body + 4) != 3000);
	send_report(s, 2000, 1, 0x80000000);
	send_report(s, 3000, 0xffffffffffffffffu, 1);
	send_frame(s, (struct frame){3000, "h", 7001, 0x80000001, 901, true});
	expect_rtp(s, packet, &got);
	assert_true(rtp_ts_diff(got.timestamp, timestamp) > 0);
	assert_true(rtp_ts_diff(got.timestamp, timestamp) < 90000 * 5);
}

static void losses_are_repaired_on_both_sides(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048], bytes[RTCP_DATAGRAM_MAX + SRTCP_TRAILER];
	struct rtp_packet got;
	struct rtcp_packet rtcp;
	struct rtcp_nack nack;
	connect_both(s);
	send_frame(s, (struct frame){2000, "q", 100, 9000, 50, true});
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	/* Upwards: 101 is lost, asked for, and comes by RTX. */
	send_frame(s, (struct frame){2000, "q", 102, 15000, 52, false});
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 2));
	assert_true(expect_rtcp(&s->alice, packet, RTCP_RTPFB, RTCP_NACK, &rtcp));
	check_ok(rtcp_read_nack(&rtcp, &nack));
	assert_int_equal(nack.media_ssrc, 2000);
	assert_int_equal(nack.count, 1);
	assert_int_equal(nack.sequences[0], 101);
	uint8_t payload[102];
	struct frame lost = {2000, "q", 101, 12000, 51, false};
	put_u16(payload, 101);
	vp8_payload(&lost, payload + 2);
	struct rtp_packet header = {.marker = true,
		.payload_type = 97,
		.sequence = 1,
		.timestamp = 12000,
		.ssrc = 2001};
	header.ext[RTP_EXT_MID] = (struct rtp_ext_value){(const uint8_t *)"1", 1};
	header.ext[RTP_EXT_REPAIRED_RID] = (struct rtp_ext_value){(const uint8_t *)"q", 1};
	send_rtp(&s->alice, &header, payload, sizeof(payload));
	expect_rtp(s, packet, &got);
	assert_int_equal(got.sequence, (uint16_t)(first + 1));
	assert_int_equal(get_u16(got.payload + 2), 0x8000 | 51);
	/* Downwards: Bob asks for that one again, and gets it by RTX. */
	uint16_t missing = (uint16_t)(first + 1);
	struct rtcp_writer w = {.p = bytes};
	usleep(20000); /* a resend comes no sooner than a round trip after the packet */
	rtcp_write_nack(&w, 1, 5001, &missing, 1);
	send_rtcp(&s->bob, &w);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.ssrc, 5002);
	assert_int_equal(got.payload_type, 124);
	assert_int_equal(get_u16(got.payload), missing);
	assert_int_equal(get_u16(got.payload + 4), 0x8000 | 51);
	assert_int_equal(got.payload_size, 102);
}

/* The next RTP datagram of Bob as it is sealed; 0 when none comes in time. */
static size_t receive_sealed(struct scene *s, uint8_t out[2048], int wait_ms)
{
	size_t n;
	do {
		n = synthetic_receive(&s->bob, out, 2048, wait_ms);
	} while (n > 0 && demux(out, n) != PACKET_RTP);
	return n;
}

static void nack_audio(struct scene *s, uint16_t sequence)
{
	uint8_t bytes[RTCP_DATAGRAM_MAX + SRTCP_TRAILER];
	struct rtcp_writer w = {.p = bytes};
	usleep(12000);
	rtcp_write_nack(&w, 1, 5000, &sequence, 1);
	send_rtcp(&s->bob, &w);
}

static void what_is_sent_again_without_rtx_is_the_same(void **state)
{
	struct scene *s = *state;
	uint8_t first[2048] = {0}, again[2048];
	unsigned count = 0;
	connect_both(s);
	send_audio(s, 1, 0);
	size_t n = receive_sealed(s, first, SYNTHETIC_WAIT_MS);
	assert_true(n > 0);
	/* And not more often than somebody can need it. */
	for (int tries = 0; tries < 15; tries++) {
		nack_audio(s, get_u16(first + 2));
		size_t got = receive_sealed(s, again, count < 10 ? SYNTHETIC_WAIT_MS : 30);
		count += got > 0;
		if (got > 0) {
			assert_int_equal(got, n);
			assert_memory_equal(again, first, n);
		}
	}
	assert_int_equal(count, 10);
}

static void a_peer_moves_to_another_network(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	connect_both(s);
	send_audio(s, 1, 0);
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	/* Another port, the same keys: first without a check, then with one. */
	int old = s->alice.fd;
	struct synthetic_peer other;
	synthetic_open(&other, media_threads_port(s->thread));
	s->alice.fd = other.fd;
	send_audio(s, 2, 1);
	assert_true(synthetic_check(&s->alice, ALICE_UFRAG, PASSWORD, SYNTHETIC_WAIT_MS));
	send_audio(s, 3, 2);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.payload[0], 3);
	assert_int_equal(got.sequence, (uint16_t)(first + 2));
	/* What is for Alice goes to the new address. */
	struct rtcp_packet report;
	assert_true(expect_rtcp(&s->alice, packet, RTCP_RR, 99, &report));
	s->alice.fd = old;
	synthetic_close(&other);
}

static void ice_restarts_under_the_same_session(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	connect_both(s);
	struct media_command *c = media_command_new(MEDIA_UPDATE_TRANSPORT);
	c->transport = ALICE_PC;
	snprintf(c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), "newufrag");
	snprintf(c->u.params.local_pwd, sizeof(c->u.params.local_pwd), "%s", PASSWORD "2");
	tell(s, c);
	settle(s); /* still with the old password */
	assert_true(synthetic_check(&s->alice, "newufrag", PASSWORD "2", SYNTHETIC_WAIT_MS));
	assert_false(synthetic_check(&s->alice, ALICE_UFRAG, PASSWORD, 50));
	send_audio(s, 1, 0);
	expect_rtp(s, packet, &got);
}

/* A client with two peer connections offers its data channels once it has something to say. */
static void data_may_be_added_to_a_connection(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	int n = -1;
	connect_both(s);
	struct media_command *c = media_command_new(MEDIA_UPDATE_TRANSPORT);
	c->transport = ALICE_PC;
	c->u.params.data = DATA_ACCEPT;
	tell(s, c);
	for (int tries = 0; tries < 5 && n <= 0; tries++) {
		n = SSL_read(s->alice.ssl, packet, sizeof(packet));
	}
	/* SCTP's INIT, from port 5000 to port 5000 (RFC 9260). */
	assert_true(n > 12);
	assert_int_equal(get_u16(packet), 5000);
	assert_int_equal(get_u16(packet + 2), 5000);
	assert_int_equal(packet[12], 1);
}

static void paused_and_unsubscribed(void **state)
{
	struct scene *s = *state;
	uint8_t packet[2048];
	struct rtp_packet got;
	connect_both(s);
	send_audio(s, 1, 0);
	expect_rtp(s, packet, &got);
	uint16_t first = got.sequence;
	for (int paused = 1; paused >= 0; paused--) {
		struct media_command *c = media_command_new(MEDIA_SET_DOWNTRACK);
		c->downtrack = BOB_AUDIO;
		c->u.settings =
			(struct media_downtrack_settings){.paused = paused, .max_encoding = 2};
		tell(s, c);
		settle(s);
		send_audio(s, (uint16_t)(3 - paused), (uint16_t)(2 - paused));
		settle(s);
	}
	expect_rtp(s, packet, &got);
	assert_int_equal(got.payload[0], 3);
	assert_int_equal(got.sequence, (uint16_t)(first + 1));
	struct media_command *c = media_command_new(MEDIA_UNSUBSCRIBE);
	c->downtrack = BOB_AUDIO;
	tell(s, c);
	settle(s);
	send_audio(s, 4, 3);
	assert_int_equal(synthetic_media(&s->bob, PACKET_RTP, packet, sizeof(packet), 50), 0);
	/* The meeting closes over all that is in it. */
	c = media_command_new(MEDIA_CLOSE_MEETING);
	c->meeting = MEETING;
	tell(s, c);
	while (synthetic_check(&s->alice, ALICE_UFRAG, PASSWORD, 50)) {
	}
}

static void who_has_no_password_gets_nothing(void **state)
{
	struct scene *s = *state;
	uint8_t rtp[20] = {0x80, 111}, hello[] = {22, 0xfe, 0xfd, 0, 0}, answer[2048];
	assert_false(synthetic_check(&s->alice, ALICE_UFRAG, "wrong", 50));
	assert_false(synthetic_check(&s->alice, "nobody", PASSWORD, 50));
	synthetic_send(&s->alice, hello, sizeof(hello));
	synthetic_send(&s->alice, rtp, sizeof(rtp));
	assert_int_equal(synthetic_receive(&s->alice, answer, sizeof(answer), 50), 0);
}

static void another_certificate_is_refused(void **state)
{
	struct scene *s = *state;
	struct synthetic_peer mallory;
	synthetic_open(&mallory, media_threads_port(s->thread));
	assert_true(synthetic_check(&mallory, ALICE_UFRAG, PASSWORD, SYNTHETIC_WAIT_MS));
	synthetic_shake_hands(&mallory);
	struct media_event *event = wait_event(s, MEDIA_TRANSPORT_LOST);
	assert_int_equal(event->transport, ALICE_PC);
	assert_int_equal(event->u.lost, LOST_HANDSHAKE);
	media_event_free(&event);
	synthetic_close(&mallory);
}

static void leaving_is_noticed(void **state)
{
	struct scene *s = *state;
	connect_both(s);
	SSL_shutdown(s->alice.ssl);
	struct media_event *event = wait_event(s, MEDIA_TRANSPORT_LOST);
	assert_int_equal(event->participant, ALICE);
	assert_int_equal(event->u.lost, LOST_CLOSED);
	media_event_free(&event);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCENE(audio_is_forwarded),
		SCENE(a_gap_stays_a_gap_and_a_restart_is_joined),
		SCENE(the_publisher_gets_feedback),
		SCENE(the_clock_goes_with_the_stream),
		SCENE(muting_leaves_no_gap),
		SCENE(video_waits_for_a_keyframe_and_switches_on_one),
		SCENE(a_keyframe_whose_beginning_is_late_is_whole),
		SCENE(a_picture_that_stops_is_replaced_soon),
		SCENE(a_switch_keeps_the_clock),
		SCENE(senseless_reports_are_not_believed),
		SCENE(losses_are_repaired_on_both_sides),
		SCENE(what_is_sent_again_without_rtx_is_the_same),
		SCENE(a_peer_moves_to_another_network),
		SCENE(ice_restarts_under_the_same_session),
		SCENE(data_may_be_added_to_a_connection),
		SCENE(paused_and_unsubscribed),
		SCENE(who_has_no_password_gets_nothing),
		SCENE(another_certificate_is_refused),
		SCENE(leaving_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
