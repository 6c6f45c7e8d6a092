/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdio.h>

#include "sfu/transport/ice.h"
#include "sfu/transport/wire.h"

static const struct ice_credentials ours = {.ufrag = "ourufrag", .pwd = "our-password-of-24-bytes"};
static const struct ice_credentials later = {
	.ufrag = "newufrag", .pwd = "new-password-of-24-bytes"};

static struct path path_of(const char *ip, uint16_t port)
{
	struct path p;
	memset(&p, 0, sizeof(p));
	check_ok(address_parse(ip, port, &p.remote));
	return p;
}

/* A check as a browser sends it. */
static enum ice_verdict check_as(struct ice *ice, const char *username, const char *pwd, bool use,
	const struct path *path, int64_t now_ms, struct ice_result *result)
{
	uint8_t bytes[STUN_REQUEST_MAX];
	uint8_t transaction[STUN_TRANSACTION_BYTES] = {1, 2, 3};
	struct stun_message message;
	struct stun_request request = {.transaction = transaction,
		.username = str_c(username),
		.password = str_c(pwd),
		.use_candidate = use};
	size_t n = stun_write_request(&request, bytes);
	check_ok(stun_parse(bytes, n, &message));
	return ice_handle(ice, &message, path, now_ms, result);
}

static enum ice_verdict check_good(struct ice *ice, bool use, const struct path *path, int64_t now)
{
	struct ice_result result;
	return check_as(ice, "ourufrag:them", ours.pwd, use, path, now, &result);
}

static void a_good_check_opens_a_path(void **state)
{
	struct ice ice;
	struct path a = path_of("192.0.2.1", 1000);
	struct ice_result result;
	struct stun_message reply;
	(void)state;
	ice_init(&ice, &ours, "");
	assert_null(ice_selected(&ice));
	assert_int_equal(
		check_as(&ice, "ourufrag:them", ours.pwd, false, &a, 5, &result), ICE_NEW_PATH);
	check_ok(stun_parse(result.reply, result.reply_size, &reply));
	assert_int_equal(reply.class, STUN_SUCCESS);
	assert_true(ice_knows(&ice, &a));
	assert_true(path_eq(ice_selected(&ice), &a));
	assert_int_equal(check_good(&ice, false, &a, 6), ICE_ACCEPT);
}

static void what_is_not_proven_gets_no_answer(void **state)
{
	struct ice ice;
	struct path a = path_of("192.0.2.1", 1000);
	struct ice_result result;
	(void)state;
	ice_init(&ice, &ours, "them");
	static const struct {
		const char *username, *pwd;
	} wrong[] = {{"ourufrag:them", "our-password-of-24-bytez"}, {"otherufr:them", ours.pwd},
		{"ourufrag:other", ours.pwd}, {"ourufrag", ours.pwd}, {":", ours.pwd},
		{"", ours.pwd}, {"ourufrag:them", ""}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
			check_as(&ice, wrong[i].username, wrong[i].pwd, true, &a, 1, &result),
			ICE_DROP);
		assert_int_equal(result.reply_size, 0);
	}
	assert_null(ice_selected(&ice));
	assert_int_equal(check_good(&ice, true, &a, 1), ICE_NEW_PATH);
}

static void the_nomination_counts(void **state)
{
	struct ice ice;
	struct path a = path_of("192.0.2.1", 1000), b = path_of("2001:db8::1", 2000);
	(void)state;
	ice_init(&ice, &ours, "");
	check_good(&ice, true, &a, 1);
	check_good(&ice, false, &b, 2);
	assert_true(path_eq(ice_selected(&ice), &a));
	/* The peer moves to another network. */
	check_good(&ice, true, &b, 3);
	assert_true(path_eq(ice_selected(&ice), &b));
}

static void paths_are_bounded_and_the_selected_one_stays(void **state)
{
	struct ice ice;
	struct path first = path_of("192.0.2.1", 1);
	struct ice_result result;
	(void)state;
	ice_init(&ice, &ours, "");
	check_good(&ice, true, &first, 0);
	for (uint16_t i = 2; i <= ICE_MAX_PATHS; i++) {
		struct path p = path_of("192.0.2.1", i);
		check_good(&ice, false, &p, i);
	}
	struct path more = path_of("192.0.2.1", 999);
	assert_int_equal(
		check_as(&ice, "ourufrag:x", ours.pwd, false, &more, 99, &result), ICE_NEW_PATH);
	assert_true(result.evicted);
	assert_int_equal(result.evicted_path.remote.port, 2); /* the one silent longest */
	assert_true(path_eq(ice_selected(&ice), &first));
	assert_int_equal(ice.path_count, ICE_MAX_PATHS);
}

static void a_restart_keeps_the_old_until_the_new_speaks(void **state)
{
	struct ice ice;
	struct path a = path_of("192.0.2.1", 1000), b = path_of("198.51.100.2", 2000);
	struct ice_result result;
	(void)state;
	ice_init(&ice, &ours, "them");
	check_good(&ice, true, &a, 1);
	ice_restart(&ice, &later, "them2");
	assert_int_equal(check_good(&ice, true, &a, 2), ICE_ACCEPT);
	assert_true(path_eq(ice_selected(&ice), &a));
	assert_int_equal(
		check_as(&ice, "newufrag:them2", later.pwd, true, &b, 3, &result), ICE_NEW_PATH);
	assert_true(result.restarted);
	assert_true(path_eq(ice_selected(&ice), &b));
	assert_int_equal(check_good(&ice, true, &a, 4), ICE_DROP);
}

static void consent_runs_out(void **state)
{
	struct ice ice;
	struct path a = path_of("192.0.2.1", 1000), b = path_of("192.0.2.1", 2000), gone;
	(void)state;
	ice_init(&ice, &ours, "");
	check_good(&ice, true, &a, 0);
	check_good(&ice, false, &b, 1000);
	assert_false(ice_expire(&ice, ICE_CONSENT_MS - 1, &gone));
	/* The nominated path falls silent: the other one takes its place. */
	assert_true(ice_expire(&ice, ICE_CONSENT_MS, &gone));
	assert_true(path_eq(&gone, &a));
	assert_true(path_eq(ice_selected(&ice), &b));
	assert_false(ice_expire(&ice, ICE_CONSENT_MS, &gone));
	/* Any proven path will do now, and the next nomination counts. */
	check_good(&ice, false, &a, ICE_CONSENT_MS);
	assert_true(path_eq(ice_selected(&ice), &a));
	ice_forget(&ice, &b);
	assert_true(path_eq(ice_selected(&ice), &a));
	ice_forget(&ice, &a);
	assert_null(ice_selected(&ice));
	assert_int_equal(ice.path_count, 0);
	assert_int_equal(check_good(&ice, true, &b, ICE_CONSENT_MS), ICE_NEW_PATH);
	assert_true(path_eq(ice_selected(&ice), &b));
}

static void no_answer_is_longer_than_its_question(void **state)
{
	struct ice ice;
	struct path a = path_of("2001:db8::1", 1000);
	struct ice_result result;
	struct stun_message message;
	uint8_t bytes[STUN_REQUEST_MAX];
	uint8_t transaction[STUN_TRANSACTION_BYTES] = {0};
	struct stun_request request = {.transaction = transaction,
		.username = STR("ourufrag:x"),
		.password = str_c(ours.pwd)};
	(void)state;
	ice_init(&ice, &ours, "");
	check_ok(stun_parse(bytes, stun_write_request(&request, bytes), &message));
	message.size = 75; /* as if the attributes of ICE were missing */
	assert_int_equal(ice_handle(&ice, &message, &a, 1, &result), ICE_DROP);
	assert_int_equal(result.reply_size, 0);
	assert_null(ice_selected(&ice));
}

static void roles_and_attributes(void **state)
{
	struct ice ice;
	struct path a = path_of("192.0.2.1", 1000);
	struct ice_result result;
	struct stun_message message, reply;
	uint8_t bytes[STUN_REQUEST_MAX];
	uint8_t transaction[STUN_TRANSACTION_BYTES] = {0};
	struct stun_request request = {.transaction = transaction,
		.username = STR("ourufrag:x"),
		.password = str_c(ours.pwd)};
	(void)state;
	ice_init(&ice, &ours, "");
	size_t n = stun_write_request(&request, bytes);
	check_ok(stun_parse(bytes, n, &message));
	message.ice_controlled = true;
	assert_int_equal(ice_handle(&ice, &message, &a, 1, &result), ICE_REFUSE);
	check_ok(stun_parse(result.reply, result.reply_size, &reply));
	assert_int_equal(reply.class, STUN_ERROR);
	message.ice_controlled = false;
	message.unknown_attribute = 0x7000;
	assert_int_equal(ice_handle(&ice, &message, &a, 1, &result), ICE_REFUSE);
	message.unknown_attribute = 0;
	message.class = STUN_INDICATION;
	assert_int_equal(ice_handle(&ice, &message, &a, 1, &result), ICE_DROP);
	assert_null(ice_selected(&ice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_check_opens_a_path),
		cmocka_unit_test(what_is_not_proven_gets_no_answer),
		cmocka_unit_test(the_nomination_counts),
		cmocka_unit_test(paths_are_bounded_and_the_selected_one_stays),
		cmocka_unit_test(a_restart_keeps_the_old_until_the_new_speaks),
		cmocka_unit_test(consent_runs_out),
		cmocka_unit_test(no_answer_is_longer_than_its_question),
		cmocka_unit_test(roles_and_attributes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
