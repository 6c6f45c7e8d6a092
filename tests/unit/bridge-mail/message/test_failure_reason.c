/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/failure_reason.h"

#include "tests/unit/check.h"

static void test_reasons(void **state)
{
	static const struct {
		const char *said;
		const char *english;
	} rows[] = {
		{"550 5.1.1 <jean@x>: Recipient address rejected", "the address does not exist"},
		{"550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
			"the address does not exist"},
		{"552 5.2.2 The email account is over quota", "the mailbox is full"},
		{"Sorry, no mailbox here by that name. (#5.1.1)", "the address does not exist"},
		{"Unrouteable address", "the address's domain does not exist or takes no mail"},
		{"550 5.7.26 unauthenticated",
			"the recipient's server takes it for unwanted or does "
			"not allow it"},
		{"552 5.3.4 too big", "the message is too large"},
		{"450 4.4.1 connection timed out", "the recipient's server does not answer"},
		{"550 no", "the recipient's server refused it"},
		{"", "the recipient's server refused it"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(failure_reason(str_c(rows[i].said))->english, rows[i].english);
}

static void test_status(void **state)
{
	(void)state;
	check_str(failure_status(STR("x 5.1.1 y")), "5.1.1");
	check_str(failure_status(STR("(#4.2.2)")), "4.2.2");
	check_str(failure_status(STR("from 15.1.1.1 at 10.5.1.1")), "");
	check_str(failure_status(STR("5.1")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
