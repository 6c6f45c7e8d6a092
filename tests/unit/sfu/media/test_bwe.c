/* SPDX-License-Identifier: Apache-2.0 */
/* The estimate over a link that is made of numbers: a rate, a queue, a delay, losses. */
#include "tests/unit/check.h"

#include "sfu/media/bwe.h"
#include "sfu/media/probe.h"

#define SECOND	    1000000
#define STEP_US	    5000
#define FEEDBACK_US 50000
#define DELAY_US    25000 /* one way */
#define QUEUE_US    500000
#define PACKET	    1000
#define IN_FLIGHT   4096
#define PEERS_CLOCK INT64_C(777000000)

struct flight {
	int64_t sent_us, arrives_us; /* at the receiver; -1: lost */
	unsigned bytes;
	uint8_t probe;
};

struct link {
	struct bwe bwe;
	struct probe probe;
	uint64_t bps;	     /* that get through */
	uint64_t others_bps; /* of them, that somebody else takes */
	uint64_t media_bps;  /* the most that we have to send */
	unsigned loss;	     /* of 1000 */
	unsigned jitter_us;
	uint32_t seed;
	int64_t now_us, free_us, fed_us;
	double owed; /* bytes to send */
	struct flight flights[IN_FLIGHT];
	unsigned head, tail;
	uint64_t delivered;
	int64_t worst_queue_us;
};

static uint32_t draw(struct link *l)
{
	l->seed = l->seed * 1664525u + 1013904223u;
	return l->seed >> 8;
}

static void open_link(struct link *l, uint64_t bps, uint64_t media_bps)
{
	memset(l, 0, sizeof(*l));
	bwe_init(&l->bwe);
	l->bps = bps;
	l->media_bps = media_bps;
	l->seed = 7;
	l->now_us = l->free_us = l->fed_us = SECOND;
}

static void put(struct link *l, unsigned bytes)
{
	struct flight *f = &l->flights[l->head++ % IN_FLIGHT];
	int64_t starts = l->free_us > l->now_us ? l->free_us : l->now_us;
	uint64_t rate = l->bps - l->others_bps;
	*f = (struct flight){.sent_us = l->now_us, .arrives_us = -1, .bytes = bytes};
	f->probe = probe_sent(&l->probe, bytes);
	bwe_sent(&l->bwe, bytes, l->now_us);
	int64_t queued = starts - l->now_us;
	l->worst_queue_us = queued > l->worst_queue_us ? queued : l->worst_queue_us;
	if (queued > QUEUE_US) {
		return;
	}
	l->free_us = starts + (int64_t)((uint64_t)bytes * 8 * SECOND / rate);
	if (draw(l) % 1000 >= l->loss) {
		unsigned jitter = l->jitter_us == 0 ? 0 : draw(l) % l->jitter_us;
		f->arrives_us = l->free_us + DELAY_US + jitter;
	}
}

static void feed(struct link *l)
{
	int64_t heard = l->now_us - DELAY_US;
	bool any = false;
	while (l->tail != l->head) {
		struct flight *f = &l->flights[l->tail % IN_FLIGHT];
		if (f->arrives_us > heard ||
			(f->arrives_us < 0 && f->sent_us + SECOND / 4 > heard)) {
			break;
		}
		if (f->arrives_us < 0) {
			bwe_lost(&l->bwe);
		} else {
			int64_t at = f->arrives_us + PEERS_CLOCK;
			bwe_arrived(&l->bwe, f->bytes, f->sent_us, at);
			probe_arrived(&l->probe, f->probe, f->bytes, f->sent_us, at);
			l->delivered += f->bytes;
		}
		l->tail++;
		any = true;
	}
	if (any) {
		bwe_told(&l->bwe, 2 * DELAY_US, l->now_us);
	}
}

static void step(struct link *l)
{
	uint64_t bps = l->bwe.bitrate < l->media_bps ? l->bwe.bitrate : l->media_bps;
	uint64_t answer;
	l->now_us += STEP_US;
	l->owed += (double)bps / 8 * STEP_US / SECOND;
	for (; l->owed >= PACKET; l->owed -= PACKET) {
		put(l, PACKET);
	}
	for (size_t due = probe_due(&l->probe, l->now_us); due > 0;) {
		unsigned n = due < PACKET ? (unsigned)due : PACKET;
		put(l, n);
		due -= n;
	}
	if (l->now_us - l->fed_us >= FEEDBACK_US) {
		l->fed_us = l->now_us;
		feed(l);
	}
	if (probe_answer(&l->probe, 2 * DELAY_US, l->now_us, &answer) && answer > 0) {
		bwe_probed(&l->bwe, answer, l->now_us);
	}
}

static void run(struct link *l, int64_t us, bool probing)
{
	for (int64_t end = l->now_us + us; l->now_us < end;) {
		step(l);
		if (probing && !bwe_congested(&l->bwe, l->now_us) &&
			l->bwe.bitrate < l->media_bps && probe_may_start(&l->probe, l->now_us)) {
			probe_start(&l->probe, l->bwe.bitrate * 2, l->now_us);
		}
	}
}

static void a_good_link_is_left_alone(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 20000000, 1500000);
	run(&l, 20 * SECOND, false);
	assert_true(l.bwe.bitrate >= BWE_START_BPS);
	assert_int_equal(l.bwe.decreased_us, 0);
}

static void a_narrow_link_is_found(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 1000000, 5000000);
	run(&l, 5 * SECOND, false);
	assert_true(l.bwe.bitrate < 1100000);
	uint64_t before = l.delivered;
	l.worst_queue_us = 0;
	run(&l, 20 * SECOND, false);
	assert_true(l.bwe.bitrate > 600000 && l.bwe.bitrate < 1150000);
	/* Most of it is used, and what is sent does not wait long. */
	assert_true((l.delivered - before) * 8 / 20 > 650000);
	assert_true(l.worst_queue_us < 250000);
}

static void a_cut_shows_within_a_second_and_a_half(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 5000000, 2000000);
	run(&l, 5 * SECOND, false);
	assert_true(l.bwe.bitrate >= 2000000);
	l.bps = 300000;
	run(&l, 3 * SECOND / 2, false);
	assert_true(l.bwe.bitrate < 330000);
	run(&l, 10 * SECOND, false);
	assert_true(l.bwe.bitrate > 150000 && l.bwe.bitrate < 350000);
}

static void probes_bring_it_back(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 5000000, 2000000);
	run(&l, 3 * SECOND, false);
	l.bps = 300000;
	run(&l, 10 * SECOND, true);
	assert_true(l.bwe.bitrate < 400000);
	l.bps = 5000000;
	run(&l, 12 * SECOND, true);
	assert_true(l.bwe.bitrate > 1700000);
}

static void chance_losses_are_borne(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 20000000, 1500000);
	l.loss = 50;
	run(&l, 30 * SECOND, false);
	assert_true(l.bwe.bitrate >= 1500000);
	assert_false(bwe_congested(&l.bwe, l.now_us));
}

static void heavy_losses_are_not(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 20000000, 1500000);
	l.loss = 300;
	run(&l, 10 * SECOND, false);
	assert_true(l.bwe.bitrate < 700000);
}

static void jitter_is_no_queue(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 20000000, 1500000);
	l.jitter_us = 15000;
	run(&l, 30 * SECOND, false);
	assert_true(l.bwe.bitrate >= 1200000);
}

static void who_shares_a_link_makes_room(void **state)
{
	static struct link l;
	(void)state;
	open_link(&l, 3000000, 2500000);
	run(&l, 5 * SECOND, false);
	l.others_bps = 2000000;
	run(&l, 5 * SECOND, false);
	assert_true(l.bwe.bitrate < 1150000);
	l.others_bps = 0;
	run(&l, 15 * SECOND, true);
	assert_true(l.bwe.bitrate > 1800000);
}

static void the_peers_own_estimate_stands_in(void **state)
{
	struct bwe b;
	(void)state;
	bwe_init(&b);
	assert_false(b.informed);
	bwe_remb(&b, 400000);
	assert_true(b.informed);
	assert_int_equal(b.bitrate, 400000);
	bwe_remb(&b, UINT64_MAX);
	assert_int_equal(b.bitrate, BWE_MAX_BPS);
	bwe_remb(&b, 0);
	assert_int_equal(b.bitrate, BWE_MIN_BPS);
	/* Better feedback is believed rather. */
	bwe_arrived(&b, 1000, SECOND, SECOND);
	bwe_told(&b, 50000, 2 * SECOND);
	bwe_remb(&b, 9000000);
	assert_true(b.bitrate < 9000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_link_is_left_alone),
		cmocka_unit_test(a_narrow_link_is_found),
		cmocka_unit_test(a_cut_shows_within_a_second_and_a_half),
		cmocka_unit_test(probes_bring_it_back),
		cmocka_unit_test(chance_losses_are_borne),
		cmocka_unit_test(heavy_losses_are_not),
		cmocka_unit_test(jitter_is_no_queue),
		cmocka_unit_test(who_shares_a_link_makes_room),
		cmocka_unit_test(the_peers_own_estimate_stands_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
