/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/transport/srtp.h"
#include "sfu/transport/wire.h"

#define SIZE 100

static const enum srtp_profile_id profiles[] = {SRTP_PROFILE_AEAD_AES_128_GCM,
	SRTP_PROFILE_AEAD_AES_256_GCM, SRTP_PROFILE_AES128_CM_SHA1_80};

struct ends {
	struct srtp_session *a, *b;
};

static struct ends connect(enum srtp_profile_id profile)
{
	struct ends ends;
	struct srtp_keys keys = {.profile = profile}, mirrored = {.profile = profile};
	for (size_t i = 0; i < SRTP_MASTER_MAX; i++) {
		keys.local[i] = mirrored.remote[i] = (uint8_t)i;
		keys.remote[i] = mirrored.local[i] = (uint8_t)(200 - i);
	}
	check_ok(srtp_session_new(&keys, &ends.a));
	check_ok(srtp_session_new(&mirrored, &ends.b));
	return ends;
}

static void disconnect(struct ends *ends)
{
	srtp_session_free(&ends->a);
	srtp_session_free(&ends->b);
}

static size_t make_rtp(uint8_t out[SIZE + SRTP_TRAILER], uint16_t sequence, uint32_t ssrc)
{
	memset(out, 0x5a, SIZE);
	out[0] = 0x80;
	out[1] = 96;
	put_u16(out + 2, sequence);
	put_u32(out + 8, ssrc);
	return SIZE;
}

static void round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct ends ends = connect(profiles[i]);
		uint8_t packet[SIZE + SRTCP_TRAILER], plain[SIZE];
		/* Across the wrap of 16 bits. */
		for (unsigned k = 0; k < 200; k++) {
			size_t n = make_rtp(packet, (uint16_t)(65436 + k), 7);
			memcpy(plain, packet, SIZE);
			check_ok(srtp_seal(ends.a, packet, &n));
			assert_true(n > SIZE && n <= SIZE + SRTP_TRAILER);
			assert_memory_not_equal(packet + 12, plain + 12, 50);
			check_ok(srtp_open(ends.b, packet, &n));
			assert_int_equal(n, SIZE);
			assert_memory_equal(packet, plain, SIZE);
		}
		size_t n = 8;
		const uint8_t report[8] = {0x80, 201, 0, 1, 0, 0, 0, 9};
		memcpy(packet, report, sizeof(report));
		check_ok(srtcp_seal(ends.b, packet, &n));
		assert_true(n <= 8 + SRTCP_TRAILER);
		check_ok(srtcp_open(ends.a, packet, &n));
		assert_memory_equal(packet, report, sizeof(report));
		disconnect(&ends);
	}
}

static void forged_and_replayed_packets_are_refused(void **state)
{
	(void)state;
	struct ends ends = connect(SRTP_PROFILE_AEAD_AES_128_GCM);
	uint8_t packet[SIZE + SRTP_TRAILER], copy[SIZE + SRTP_TRAILER];
	size_t n = make_rtp(packet, 1, 7), again;
	check_ok(srtp_seal(ends.a, packet, &n));
	memcpy(copy, packet, n);
	copy[30] ^= 1;
	again = n;
	check_status(srtp_open(ends.b, copy, &again), STATUS_DENIED);
	memcpy(copy, packet, n);
	again = n;
	check_ok(srtp_open(ends.b, copy, &again));
	memcpy(copy, packet, n);
	again = n;
	check_status(srtp_open(ends.b, copy, &again), STATUS_DENIED);
	again = 3;
	check_status(srtp_open(ends.b, copy, &again), STATUS_INVALID);
	disconnect(&ends);
}

static void a_lost_packet_may_be_sent_again(void **state)
{
	(void)state;
	struct ends ends = connect(SRTP_PROFILE_AEAD_AES_128_GCM);
	uint8_t packet[SIZE + SRTP_TRAILER];
	size_t n = make_rtp(packet, 1, 7);
	check_ok(srtp_seal(ends.a, packet, &n)); /* lost */
	n = make_rtp(packet, 2, 7);
	check_ok(srtp_seal(ends.a, packet, &n));
	check_ok(srtp_open(ends.b, packet, &n));
	n = make_rtp(packet, 1, 7);
	check_ok(srtp_seal(ends.a, packet, &n));
	check_ok(srtp_open(ends.b, packet, &n));
	disconnect(&ends);
}

static void more_sources_than_are_kept(void **state)
{
	(void)state;
	struct ends ends = connect(SRTP_PROFILE_AEAD_AES_128_GCM);
	uint8_t packet[SIZE + SRTP_TRAILER], first[SIZE + SRTP_TRAILER];
	size_t n;
	for (uint32_t ssrc = 1; ssrc <= 3 * SRTP_MAX_SSRCS; ssrc++) {
		n = make_rtp(packet, 1, ssrc);
		check_ok(srtp_seal(ends.a, packet, &n));
		if (ssrc == 1) {
			memcpy(first, packet, n);
		}
		check_ok(srtp_open(ends.b, packet, &n));
	}
	/* The state of the first is gone: what it received before is not known any more. */
	n = SIZE + SRTP_TRAILER;
	check_ok(srtp_open(ends.b, first, &n));
	disconnect(&ends);
}

static void what_is_not_sent_any_more_is_forgotten(void **state)
{
	(void)state;
	struct ends ends = connect(SRTP_PROFILE_AEAD_AES_128_GCM);
	uint8_t before[SIZE + SRTP_TRAILER], after[SIZE + SRTP_TRAILER];
	size_t n = make_rtp(before, 65535, 7);
	check_ok(srtp_seal(ends.a, before, &n));
	n = make_rtp(before, 0, 7);
	check_ok(srtp_seal(ends.a, before, &n));
	srtp_forget(ends.a, 7);
	srtp_forget(ends.a, 7);
	/* Without the count of the wraps, the same packet is sealed otherwise. */
	n = make_rtp(after, 0, 7);
	check_ok(srtp_seal(ends.a, after, &n));
	assert_memory_not_equal(before + 12, after + 12, 50);
	disconnect(&ends);
}

static void unknown_profiles(void **state)
{
	(void)state;
	struct srtp_keys keys = {.profile = (enum srtp_profile_id)0x7777};
	struct srtp_session *session;
	check_status(srtp_session_new(&keys, &session), STATUS_INVALID);
}

static int start(void **state)
{
	(void)state;
	check_ok(srtp_library_start());
	return 0;
}

static int stop(void **state)
{
	(void)state;
	srtp_library_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(forged_and_replayed_packets_are_refused),
		cmocka_unit_test(a_lost_packet_may_be_sent_again),
		cmocka_unit_test(more_sources_than_are_kept),
		cmocka_unit_test(what_is_not_sent_any_more_is_forgotten),
		cmocka_unit_test(unknown_profiles),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
