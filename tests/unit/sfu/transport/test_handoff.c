/* SPDX-License-Identifier: Apache-2.0 */
/* The ways between media threads: the ring, and the table of who is where. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/thread.h"
#include "sfu/transport/handoff.h"
#include "sfu/transport/steering.h"
#include "sfu/transport/wire.h"

#define KEYS 2000u /* far fewer than what could fill one bucket of the table by chance */
#define MANY 20000u

static struct datagram numbered(uint32_t number, uint8_t bytes[64])
{
	put_u32(bytes, number);
	return (struct datagram){.bytes = bytes, .size = 4 + number % 60, .arrived_us = number};
}

static void a_full_ring_refuses(void **state)
{
	struct handoff *ring = handoff_new();
	uint8_t bytes[64] = {0};
	struct datagram d;
	(void)state;
	assert_false(handoff_get(ring, &d));
	for (uint32_t i = 0; i < HANDOFF_PLACES; i++) {
		d = numbered(i, bytes);
		assert_true(handoff_put(ring, &d));
	}
	assert_false(handoff_put(ring, &d));
	assert_true(handoff_get(ring, &d));
	assert_int_equal(get_u32(d.bytes), 0);
	handoff_done(ring);
	d = numbered(7, bytes);
	assert_true(handoff_put(ring, &d));
	d.size = SOCKET_PACKET_BYTES + 1;
	handoff_done(ring);
	assert_false(handoff_put(ring, &d));
	handoff_free(&ring);
}

static void *write_many(void *arg)
{
	struct handoff *ring = arg;
	uint8_t bytes[64] = {0};
	for (uint32_t i = 0; i < MANY; i++) {
		struct datagram d = numbered(i, bytes);
		while (!handoff_put(ring, &d)) {
		}
	}
	return NULL;
}

static void order_is_kept_between_threads(void **state)
{
	struct handoff *ring = handoff_new();
	struct datagram d;
	(void)state;
	pthread_t writer = thread_start("writer", write_many, ring);
	for (uint32_t i = 0; i < MANY; i++) {
		while (!handoff_get(ring, &d)) {
		}
		assert_int_equal(get_u32(d.bytes), i);
		assert_int_equal(d.size, 4 + i % 60);
		assert_int_equal(d.arrived_us, i);
		handoff_done(ring);
	}
	thread_join(writer);
	handoff_free(&ring);
}

static void keys_lead_to_threads(void **state)
{
	struct steering *s = steering_new();
	char key[16];
	(void)state;
	assert_int_equal(steering_find(s, STR("nobody")), STEERING_NOBODY);
	for (unsigned i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		steering_put(s, str_c(key), i % STEERING_MAX_THREADS);
	}
	for (unsigned i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		assert_int_equal(steering_find(s, str_c(key)), i % STEERING_MAX_THREADS);
		steering_remove(s, str_c(key), (i + 1) % STEERING_MAX_THREADS); /* not its own */
		assert_int_equal(steering_find(s, str_c(key)), i % STEERING_MAX_THREADS);
		steering_put(s, str_c(key), 3);
		assert_int_equal(steering_find(s, str_c(key)), 3);
		steering_remove(s, str_c(key), 3);
		assert_int_equal(steering_find(s, str_c(key)), STEERING_NOBODY);
	}
	steering_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_ring_refuses),
		cmocka_unit_test(order_is_kept_between_threads),
		cmocka_unit_test(keys_lead_to_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
