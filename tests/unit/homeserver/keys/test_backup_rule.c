/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "homeserver/keys/backup_rule.h"
#include "tests/unit/check.h"

static struct backup_key key_of(const char *text)
{
	/* "v" or "-", first index, forwarded count: one digit each */
	return (struct backup_key){.is_verified = text[0] == 'v',
		.first_message_index = text[1] - '0',
		.forwarded_count = text[2] - '0'};
}

static void test_which_is_kept(void **state)
{
	static const struct {
		const char *now;
		const char *before;
		bool better;
	} cases[] = {
		{"v99", "-00", true},
		{"-00", "v99", false},
		{"-45", "-54", true},
		{"-54", "-45", false},
		{"v54", "v55", true},
		{"v55", "v54", false},
		{"v55", "v55", false},
		{"-55", "-55", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct backup_key now = key_of(cases[i].now);
		struct backup_key before = key_of(cases[i].before);
		if (backup_key_is_better(&now, &before) != cases[i].better)
			fail_msg("%s after %s", cases[i].now, cases[i].before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
