/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/token.h"
#include "bridge-mail/trust/loops.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static const struct str secret = STR_INIT("secret");

static struct mail a_mail(void)
{
	return (struct mail){
		.message_id = STR("one@orange.example"),
		.from = {.address = STR("jean@orange.example")},
		.subject = STR("Nid de poule"),
	};
}

static void test_ours(void **state)
{
	struct mail mail = a_mail();
	ARENA_SCOPE(arena);
	(void)state;
	assert_int_equal(loops_judge(secret, &mail), LOOP_NONE);
	mail.loop_header = STR("made up");
	assert_int_equal(loops_judge(secret, &mail), LOOP_NONE);
	mail.loop_header = token_loop_header(arena, secret, mail.message_id);
	assert_int_equal(loops_judge(secret, &mail), LOOP_OURS);
	mail.loop_header = STR_EMPTY;
	mail.message_id = token_message_id(
		arena, secret, STR("00ff00ff00ff00ff"), STR("$e"), STR("ville.example"));
	assert_int_equal(loops_judge(secret, &mail), LOOP_OURS);
}

static void test_hops(void **state)
{
	struct mail mail = a_mail();
	(void)state;
	mail.received_count = LOOPS_MAX_HOPS;
	assert_int_equal(loops_judge(secret, &mail), LOOP_NONE);
	mail.received_count++;
	assert_int_equal(loops_judge(secret, &mail), LOOP_HOPS);
}

static void test_automatic(void **state)
{
	static const char *const subjects[] = {"R\xc3\xa9ponse automatique : Nid de poule",
		"ABSENCE DU BUREAU", "R\xc3\x89PONSE AUTOMATIQUE",
		"Absente du bureau (cong\xc3\xa9)", "Automatic reply: x", "Auto: absent",
		"Out of the office until Monday", "Abwesenheitsnotiz: Urlaub",
		"automatische antwort: x"};
	static const char *const senders[] = {"MAILER-DAEMON@x.example", "noreply@x.example",
		"ne-pas-repondre@impots.example", "owner-liste@x.example",
		"liste-request@x.example"};
	static const unsigned flags[] = {
		MAIL_AUTO_SUBMITTED, MAIL_BULK, MAIL_LIST, MAIL_DELIVERY_REPORT};
	struct mail mail = a_mail();
	(void)state;
	assert_false(loops_is_automatic(&mail, STR("jean@orange.example")));
	assert_true(loops_is_automatic(&mail, STR("")));
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		mail = a_mail();
		mail.subject = str_c(subjects[i]);
		assert_true(loops_is_automatic(&mail, STR("jean@orange.example")));
	}
	for (size_t i = 0; i < ARRAY_LEN(senders); i++) {
		mail = a_mail();
		mail.from.address = str_c(senders[i]);
		assert_true(loops_is_automatic(&mail, STR("jean@orange.example")));
	}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		mail = a_mail();
		mail.flags = flags[i];
		assert_true(loops_is_automatic(&mail, STR("jean@orange.example")));
	}
}

/* What stands near, and is a person's. */
static void test_persons(void **state)
{
	static const char *const subjects[] = {"Absence de r\xc3\xa9ponse", "Absence du maire",
		"Autorisation", "Re: Out of office supplies", "Automatisches Tor"};
	static const char *const senders[] = {"noreplyer@x.example", "owner@x.example"};
	struct mail mail = a_mail();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		mail = a_mail();
		mail.subject = str_c(subjects[i]);
		assert_false(loops_is_automatic(&mail, STR("jean@orange.example")));
	}
	for (size_t i = 0; i < ARRAY_LEN(senders); i++) {
		mail = a_mail();
		mail.from.address = str_c(senders[i]);
		assert_false(loops_is_automatic(&mail, STR("jean@orange.example")));
	}
}

static void test_may_answer(void **state)
{
	const struct str jean = STR_INIT("jean@orange.example");
	const struct str ours[] = {STR_INIT("voirie@ville.example"), STR_INIT("v@ville.example")};
	const struct mail_address to = {.address = STR_INIT("V@ville.example")};
	struct mail mail = a_mail();
	(void)state;
	assert_int_equal(loops_may_answer(&mail, jean, ours, 2), LOOPS_NOT_ADDRESSED);
	mail.cc = (struct mail_addresses){&to, 1};
	assert_int_equal(loops_may_answer(&mail, jean, ours, 2), LOOPS_ANSWER);
	assert_int_equal(loops_may_answer(&mail, STR(""), ours, 2), LOOPS_AUTOMATIC);
	assert_int_equal(
		loops_may_answer(&mail, STR("bounces@x.example"), ours, 2), LOOPS_AUTOMATIC);
	assert_int_equal(loops_may_answer(&mail, ours[0], ours, 2), LOOPS_LOOP);
	mail.flags = MAIL_ANSWERS_UNWANTED;
	assert_int_equal(loops_may_answer(&mail, jean, ours, 2), LOOPS_UNWANTED);
	mail.flags = MAIL_LIST;
	assert_int_equal(loops_may_answer(&mail, jean, ours, 2), LOOPS_AUTOMATIC);
	mail.flags = 0;
	mail.loop_header = STR("of another bridge");
	assert_int_equal(loops_may_answer(&mail, jean, ours, 2), LOOPS_LOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_automatic),
		cmocka_unit_test(test_persons),
		cmocka_unit_test(test_may_answer),
	};
	return cmocka_run_group_tests_name("loops", tests, NULL, NULL);
}
