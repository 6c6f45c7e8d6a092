/* SPDX-License-Identifier: Apache-2.0 */
/* Dependency descriptors, written bit by bit, and the layers that are chosen by them. */
#include "tests/unit/check.h"

#include "sfu/media/dependency.h"
#include "sfu/media/rewrite.h"

struct writer {
	uint8_t bytes[128];
	size_t at; /* bits */
};

static void put(struct writer *w, unsigned bits, uint32_t value)
{
	for (unsigned i = bits; i-- > 0; w->at++) {
		w->bytes[w->at / 8] |= (uint8_t)((value >> i & 1u) << (7 - w->at % 8));
	}
}

static size_t size_of(const struct writer *w)
{
	return (w->at + 7) / 8;
}

/*
 * Two spatial and two temporal layers. Targets: 0 and 1 the lower layer, slow and fast; 2 and 3
 * with the upper one. In `key` mode the upper layer needs the lower one in keyframes only, for
 * which there are templates of their own (0 and 1).
 */
static void put_structure(struct writer *w, unsigned id_offset, bool key)
{
	static const uint8_t layers[] = {0, 2, 0, 1, 2, 1}; /* next_layer_idc behind each */
	static const uint8_t full[6][4] = {
		{2, 2, 2, 2}, {0, 0, 2, 2}, {2, 2, 3, 3}, {0, 1, 0, 3}, {0, 0, 3, 3}, {0, 0, 0, 1}};
	static const uint8_t keyed[6][4] = {
		{2, 2, 2, 2}, {0, 0, 2, 2}, {2, 2, 0, 0}, {0, 1, 0, 0}, {0, 0, 3, 2}, {0, 0, 0, 1}};
	/* Layers in their order: S0 (key), S0, S0T1, S1 (key), S1, S1T1. */
	static const uint8_t order[6] = {0, 2, 3, 1, 4, 5};
	(void)layers;
	put(w, 6, id_offset);
	put(w, 5, 3); /* four targets */
	put(w, 2, 0);
	put(w, 2, 1);
	put(w, 2, 2);
	put(w, 2, 0);
	put(w, 2, 1);
	put(w, 2, 3);
	for (int i = 0; i < 6; i++) {
		for (int t = 0; t < 4; t++) {
			put(w, 2, key ? keyed[order[i]][t] : full[order[i]][t]);
		}
	}
	for (int i = 0; i < 6; i++) {
		put(w, 5, 0x10u | 1u); /* one reference, two frames back */
		put(w, 1, 0);
	}
	put(w, 2, 0); /* no chains: ns(5) of 0 */
	put(w, 1, 1); /* resolutions */
	for (int i = 0; i < 2; i++) {
		put(w, 16, 319);
		put(w, 16, 179);
	}
}

enum templates { S0_KEY, S0, S0_FAST, S1_KEY, S1, S1_FAST };

static size_t describe(
	struct writer *w, unsigned template, uint16_t number, bool structure, bool key)
{
	memset(w, 0, sizeof(*w));
	put(w, 2, 3); /* one packet: start and end */
	put(w, 6, (template + 60) % 64);
	put(w, 16, number);
	if (structure) {
		put(w, 5, 0x10);
		put_structure(w, 60, key);
	}
	return size_of(w);
}

struct stream {
	struct dependency_structure structure;
	struct layer_selector selector;
	uint16_t number;
	bool key;
};

/* Sends a frame; 0: left out, 1: forwarded, 2: forwarded as the last of its picture. */
static int frame(struct stream *s, unsigned template, int spatial, int temporal)
{
	struct writer w;
	struct dependency_descriptor d;
	size_t n = describe(&w, template, s->number++, template == S0_KEY, s->key);
	check_ok(dependency_parse(w.bytes, n, &s->structure, &d));
	struct layer_verdict v =
		layers_select(&s->selector, &d.frame, (struct layer_wish){spatial, temporal});
	return v.forward ? (v.last ? 2 : 1) : 0;
}

static void open_stream(struct stream *s, bool key)
{
	memset(s, 0, sizeof(*s));
	s->key = key;
	layers_init(&s->selector);
}

static void a_structure_is_read(void **state)
{
	struct writer w;
	struct dependency_structure structure = {.known = false};
	struct dependency_descriptor d;
	(void)state;
	size_t n = describe(&w, S1, 7, false, false);
	check_status(dependency_parse(w.bytes, n, &structure, &d), STATUS_NOT_FOUND);
	n = describe(&w, S0_KEY, 8, true, false);
	check_ok(dependency_parse(w.bytes, n, &structure, &d));
	assert_true(d.has_structure && d.frame.keyframe && d.frame.start && d.frame.end);
	assert_int_equal(d.frame.number, 8);
	assert_int_equal(structure.spatial_count, 2);
	assert_int_equal(structure.template_count, 6);
	assert_int_equal(structure.targets.count, 4);
	assert_int_equal(structure.targets.spatial[1], 0);
	assert_int_equal(structure.targets.temporal[1], 1);
	assert_int_equal(structure.targets.spatial[3], 1);
	assert_int_equal(structure.targets.temporal[2], 0);
	/* Cut off anywhere it is refused, and what was known stays. */
	for (size_t cut = 0; cut + 1 < n; cut++) {
		if (cut != 3) {
			check_status(
				dependency_parse(w.bytes, cut, &structure, &d), STATUS_INVALID);
		}
	}
	n = describe(&w, S1_FAST, 9, false, false);
	check_ok(dependency_parse(w.bytes, n, &structure, &d));
	assert_int_equal(d.frame.spatial, 1);
	assert_int_equal(d.frame.temporal, 1);
	assert_false(d.frame.keyframe);
	n = describe(&w, 20, 10, false, false); /* a template that is not there */
	check_status(dependency_parse(w.bytes, n, &structure, &d), STATUS_INVALID);
}

static void nothing_before_a_keyframe(void **state)
{
	struct stream s;
	struct writer w;
	struct dependency_descriptor d;
	(void)state;
	open_stream(&s, false);
	size_t n = describe(&w, S0_KEY, 100, true, false);
	check_ok(dependency_parse(w.bytes, n, &s.structure, &d));
	assert_int_equal(frame(&s, S0, 1, 1), 0);
	assert_int_equal(frame(&s, S1, 1, 1), 0);
	assert_true(layers_want_keyframe(&s.selector, (struct layer_wish){0, 0}, 2));
	assert_int_equal(frame(&s, S0_KEY, 1, 1), 1);
	assert_int_equal(frame(&s, S1_KEY, 1, 1), 2);
}

static void layers_go_down_at_once_and_up_with_a_keyframe(void **state)
{
	struct stream s;
	(void)state;
	open_stream(&s, false);
	assert_int_equal(frame(&s, S0_KEY, 1, 1), 1);
	assert_int_equal(frame(&s, S1_KEY, 1, 1), 2);
	assert_int_equal(frame(&s, S0, 1, 1), 1);
	assert_int_equal(frame(&s, S1, 1, 1), 2);
	/* Down: the lower layer is whole. */
	assert_int_equal(frame(&s, S0, 0, 1), 2);
	assert_int_equal(frame(&s, S1, 0, 1), 0);
	/* Up again: not before a keyframe. */
	assert_int_equal(frame(&s, S0, 1, 1), 2);
	assert_int_equal(frame(&s, S1, 1, 1), 0);
	assert_true(layers_want_keyframe(&s.selector, (struct layer_wish){1, 1}, 2));
	assert_false(layers_want_keyframe(&s.selector, (struct layer_wish){1, 1}, 1));
	assert_int_equal(frame(&s, S0_KEY, 1, 1), 1);
	assert_int_equal(frame(&s, S1_KEY, 1, 1), 2);
}

static void what_was_left_out_is_no_way_down(void **state)
{
	struct stream s;
	(void)state;
	open_stream(&s, true);
	assert_int_equal(frame(&s, S0_KEY, 1, 1), 1);
	assert_int_equal(frame(&s, S1_KEY, 1, 1), 2);
	assert_int_equal(frame(&s, S0, 1, 1), 0); /* between keyframes the layers are apart */
	assert_int_equal(frame(&s, S1, 1, 1), 2);
	assert_int_equal(frame(&s, S0, 0, 1), 0); /* what it refers to was not forwarded */
	assert_int_equal(frame(&s, S1, 0, 1), 2); /* rather the greater picture than none */
	assert_true(layers_want_keyframe(&s.selector, (struct layer_wish){0, 1}, 2));
	assert_int_equal(frame(&s, S0_KEY, 0, 1), 2);
	assert_int_equal(frame(&s, S1_KEY, 0, 1), 0);
	assert_int_equal(frame(&s, S0, 0, 1), 2);
}

static void frames_go_slower_and_faster(void **state)
{
	struct stream s;
	(void)state;
	open_stream(&s, false);
	assert_int_equal(frame(&s, S0_KEY, 0, 0), 2);
	assert_int_equal(frame(&s, S0_FAST, 0, 0), 0);
	assert_int_equal(frame(&s, S0, 0, 0), 2);
	assert_int_equal(frame(&s, S0, 0, 1), 2); /* a switch for the faster target */
	assert_int_equal(frame(&s, S0_FAST, 0, 1), 2);
	assert_int_equal(frame(&s, S0, 0, 0), 2);
	assert_int_equal(frame(&s, S0_FAST, 0, 0), 0);
}

/* --- what is left out leaves no gap ----------------------------------------------------------- */

static struct rewrite_input at(uint64_t sequence)
{
	return (struct rewrite_input){.sequence = sequence, .timestamp = 1000, .now_us = 1};
}

static void numbers_move_up(void **state)
{
	static struct rewriter r;
	struct rewrite_input in = at(1000);
	struct rewrite_output out, late;
	(void)state;
	rewrite_init(&r, 50, 0);
	rewrite_switch(&r, 0, &in, 1);
	assert_true(rewrite_map(&r, &in, &out));
	uint16_t first = out.sequence;
	in = at(1001);
	assert_false(rewrite_leave_out(&r, &in, &out));
	in = at(1004); /* 1002 and 1003 are late */
	assert_true(rewrite_map(&r, &in, &out));
	assert_int_equal((uint16_t)(out.sequence - first), 3);
	in = at(1005);
	assert_false(rewrite_leave_out(&r, &in, &out));
	in = at(1006);
	assert_true(rewrite_map(&r, &in, &out));
	assert_int_equal((uint16_t)(out.sequence - first), 4);
	/* One of the late ones is forwarded in its place, the other's is filled. */
	in = at(1002);
	assert_true(rewrite_map(&r, &in, &late));
	assert_int_equal((uint16_t)(late.sequence - first), 1);
	in = at(1003);
	assert_true(rewrite_leave_out(&r, &in, &late));
	assert_int_equal((uint16_t)(late.sequence - first), 2);
	assert_int_equal(late.sent->source, 0);
	in = at(1007 + REWRITE_WINDOW);
	assert_true(rewrite_map(&r, &in, &out));
	in = at(1003);
	assert_false(rewrite_map(&r, &in, &out)); /* nobody knows its place any more */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_structure_is_read),
		cmocka_unit_test(nothing_before_a_keyframe),
		cmocka_unit_test(layers_go_down_at_once_and_up_with_a_keyframe),
		cmocka_unit_test(what_was_left_out_is_no_way_down),
		cmocka_unit_test(frames_go_slower_and_faster),
		cmocka_unit_test(numbers_move_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
