/* SPDX-License-Identifier: Apache-2.0 */
/* Two associations with their packets handed over in memory. */
#include "tests/unit/check.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "sfu/transport/dtls.h"
#include "sfu/transport/sctp.h"
#include "tests/unit/sfu/noise.h"

#define QUEUE 4096

struct end {
	struct sctp_library *library; /* the first one holds it, and the time */
	int64_t now_us;
	struct sctp *sctp;
	struct end *other;
	/* Packets on their way to the other end. */
	struct {
		uint8_t *bytes;
		size_t n;
	} queue[QUEUE];
	unsigned head, tail;
	unsigned open_count, closed_count, messages;
	unsigned channel; /* the last one opened */
	char label[DCEP_LABEL_MAX + 1];
	uint8_t last[SCTP_MESSAGE_MAX];
	size_t last_size;
	unsigned drop_every; /* loses each n-th packet */
	unsigned sent;
	bool refuses;
	size_t longest;
};

static void on_send(void *context, const uint8_t *packet, size_t n)
{
	struct end *e = context;
	/* No assertion here: it would jump out of the library with its locks held. */
	e->longest = n > e->longest ? n : e->longest;
	if (e->drop_every > 0 && ++e->sent % e->drop_every == 0) {
		return;
	}
	if (e->tail - e->head == QUEUE) {
		return;
	}
	uint8_t *copy = mem_alloc(n);
	memcpy(copy, packet, n);
	e->queue[e->tail % QUEUE].bytes = copy;
	e->queue[e->tail++ % QUEUE].n = n;
}

static bool may_take(void *context)
{
	struct end *e = context;
	return !e->refuses;
}

static void on_message(void *context, unsigned channel, const uint8_t *bytes, size_t n)
{
	struct end *e = context;
	(void)channel;
	e->messages++;
	e->last_size = n;
	memcpy(e->last, bytes, n);
}

static void on_open(void *context, unsigned channel, struct str label)
{
	struct end *e = context;
	e->open_count++;
	e->channel = channel;
	memcpy(e->label, label.p, label.n);
	e->label[label.n] = '\0';
}

static void on_closed(void *context, unsigned channel)
{
	struct end *e = context;
	(void)channel;
	e->closed_count++;
}

static void deliver(struct end *from)
{
	while (from->head != from->tail) {
		unsigned at = from->head++ % QUEUE;
		sctp_handle(from->other->sctp, from->queue[at].bytes, from->queue[at].n);
		free(from->queue[at].bytes);
	}
}

/* Lets packets and (made-up) time flow. */
static void run(struct end ends[2], unsigned milliseconds)
{
	for (unsigned t = 0; t < milliseconds; t += 10) {
		for (int i = 0; i < 4; i++) {
			deliver(&ends[0]);
			deliver(&ends[1]);
		}
		ends[0].now_us += 10000;
		sctp_library_tick(ends[0].library, ends[0].now_us);
		sctp_tick(ends[0].sctp);
		sctp_tick(ends[1].sctp);
	}
}

static int setup(void **state)
{
	struct end *ends = mem_calloc(2, sizeof(struct end));
	ends[0].library = sctp_library_start();
	ends[0].now_us = 1;
	for (int i = 0; i < 2; i++) {
		struct sctp_events events = {.context = &ends[i],
			.send = on_send,
			.may_take = may_take,
			.message = on_message,
			.channel_open = on_open,
			.channel_closed = on_closed};
		ends[i].other = &ends[1 - i];
		check_ok(sctp_new(ends[0].library, &events, 5000, &ends[i].sctp));
	}
	run(ends, 100);
	*state = ends;
	return 0;
}

static int teardown(void **state)
{
	struct end *ends = *state;
	for (int i = 0; i < 2; i++) {
		sctp_free(&ends[i].sctp);
	}
	for (int i = 0; i < 2; i++) {
		while (ends[i].head != ends[i].tail) {
			free(ends[i].queue[ends[i].head++ % QUEUE].bytes);
		}
	}
	sctp_library_stop(&ends[0].library);
	mem_freep(&ends);
	return 0;
}

static void open_reliable(struct end ends[2])
{
	check_ok(sctp_channel_open(ends[0].sctp, STR("_reliable"), false, false));
	run(ends, 200);
	assert_int_equal(ends[0].open_count, 1);
	assert_int_equal(ends[1].open_count, 1);
	assert_string_equal(ends[1].label, "_reliable");
}

static void messages_go_both_ways(void **state)
{
	struct end *ends = *state;
	open_reliable(ends);
	for (int i = 0; i < 2; i++) {
		check_ok(sctp_send(ends[i].sctp, ends[i].channel, (const uint8_t *)"good day", 8));
		run(ends, 100);
		assert_int_equal(ends[1 - i].messages, 1);
		assert_int_equal(ends[1 - i].last_size, 8);
		assert_memory_equal(ends[1 - i].last, "good day", 8);
	}
	check_ok(sctp_send(ends[0].sctp, ends[0].channel, NULL, 0));
	run(ends, 100);
	assert_int_equal(ends[1].messages, 2);
	assert_int_equal(ends[1].last_size, 0);
}

static void long_messages_arrive_whole_in_spite_of_loss(void **state)
{
	struct end *ends = *state;
	uint8_t *bytes = mem_alloc(SCTP_MESSAGE_MAX + 1);
	open_reliable(ends);
	for (size_t i = 0; i < SCTP_MESSAGE_MAX; i++) {
		bytes[i] = (uint8_t)(i * 31 / 7);
	}
	ends[0].drop_every = 7;
	for (unsigned i = 1; i <= 5; i++) {
		check_ok(sctp_send(ends[0].sctp, ends[0].channel, bytes, SCTP_MESSAGE_MAX));
		run(ends, 20000);
		assert_int_equal(ends[1].messages, i);
		assert_int_equal(ends[1].last_size, SCTP_MESSAGE_MAX);
		assert_memory_equal(ends[1].last, bytes, SCTP_MESSAGE_MAX);
	}
	/* Each packet fits into a DTLS record in a datagram of 1200 bytes. */
	assert_true(ends[0].longest > 1000 && ends[0].longest <= DTLS_DATA_MAX);
	check_status(sctp_send(ends[0].sctp, ends[0].channel, bytes, SCTP_MESSAGE_MAX + 1),
		STATUS_TOO_LARGE);
	mem_freep(&bytes);
}

static void a_peer_that_does_not_keep_up(void **state)
{
	struct end *ends = *state;
	uint8_t *bytes = mem_alloc(SCTP_MESSAGE_MAX);
	enum status status = STATUS_OK;
	unsigned sent = 0;
	open_reliable(ends);
	ends[0].drop_every = 1; /* nothing gets through */
	while (status == STATUS_OK && sent < 1000) {
		status = sctp_send(ends[0].sctp, ends[0].channel, bytes, SCTP_MESSAGE_MAX);
		sent++;
	}
	check_status(status, STATUS_LIMITED);
	assert_true(sent * (size_t)SCTP_MESSAGE_MAX <= 2 * (size_t)SCTP_BACKLOG_MAX);
	mem_freep(&bytes);
}

static void what_is_refused_comes_later(void **state)
{
	struct end *ends = *state;
	open_reliable(ends);
	ends[1].refuses = true;
	check_ok(sctp_send(ends[0].sctp, ends[0].channel, (const uint8_t *)"later", 5));
	/* The other direction flows. */
	check_ok(sctp_send(ends[1].sctp, ends[1].channel, (const uint8_t *)"now", 3));
	run(ends, 1000);
	assert_int_equal(ends[0].messages, 1);
	assert_int_equal(ends[1].messages, 0);
	/* What comes after it shows the sender that it is missing. */
	ends[1].refuses = false;
	for (int i = 0; i < 4; i++) {
		check_ok(sctp_send(ends[0].sctp, ends[0].channel, (const uint8_t *)"more", 4));
		run(ends, 300);
	}
	assert_int_equal(ends[1].messages, 5);
	assert_memory_equal(ends[1].last, "more", 4);
}

static void an_association_that_ends_closes_its_channels(void **state)
{
	struct end *ends = *state;
	open_reliable(ends);
	sctp_free(&ends[0].sctp); /* aborts */
	deliver(&ends[0]);
	assert_int_equal(ends[1].closed_count, 1);
	check_status(sctp_send(ends[1].sctp, ends[1].channel, NULL, 0), STATUS_UNAVAILABLE);
}

static void lossy_channels_do_not_repeat(void **state)
{
	struct end *ends = *state;
	check_ok(sctp_channel_open(ends[0].sctp, STR("_lossy"), true, true));
	run(ends, 200);
	assert_int_equal(ends[0].open_count, 1);
	ends[0].drop_every = 1;
	check_ok(sctp_send(ends[0].sctp, ends[0].channel, (const uint8_t *)"lost", 4));
	run(ends, 20);
	ends[0].drop_every = 0;
	check_ok(sctp_send(ends[0].sctp, ends[0].channel, (const uint8_t *)"came", 4));
	run(ends, 5000);
	assert_int_equal(ends[1].messages, 1);
	assert_memory_equal(ends[1].last, "came", 4);
}

static void the_number_of_channels_is_bounded(void **state)
{
	struct end *ends = *state;
	for (int i = 0; i < SCTP_MAX_CHANNELS; i++) {
		check_ok(sctp_channel_open(ends[0].sctp, STR("x"), false, false));
	}
	check_status(sctp_channel_open(ends[0].sctp, STR("x"), false, false), STATUS_TOO_LARGE);
	run(ends, 200);
	assert_int_equal(ends[1].open_count, SCTP_MAX_CHANNELS);
	check_status(sctp_channel_open(ends[1].sctp, STR("x"), false, false), STATUS_TOO_LARGE);
}

static void noise_does_no_harm(void **state)
{
	struct end *ends = *state;
	uint8_t noise[200];
	open_reliable(ends);
	uint32_t random = 7;
	for (int i = 0; i < 2000; i++) {
		size_t n = noise_fill(&random, noise, sizeof(noise));
		sctp_handle(ends[1].sctp, noise, n);
	}
	check_ok(sctp_send(ends[0].sctp, ends[0].channel, (const uint8_t *)"still", 5));
	run(ends, 100);
	assert_int_equal(ends[1].messages, 1);
}

int main(void)
{
#define ENDS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ENDS(messages_go_both_ways),
		ENDS(long_messages_arrive_whole_in_spite_of_loss),
		ENDS(a_peer_that_does_not_keep_up),
		ENDS(what_is_refused_comes_later),
		ENDS(an_association_that_ends_closes_its_channels),
		ENDS(lossy_channels_do_not_repeat),
		ENDS(the_number_of_channels_is_bounded),
		ENDS(noise_does_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
