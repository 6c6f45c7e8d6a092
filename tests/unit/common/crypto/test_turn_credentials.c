/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/crypto/turn_credentials.h"

/* As `openssl dgst -sha1 -hmac` has it. */
static void the_password_is_the_names_hmac(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct turn_credentials c =
		turn_credentials_make(arena, STR("north"), STR("@anna:ville.example"), 1800000000);
	check_str(c.username, "1800000000:@anna:ville.example");
	check_str(c.password, "T9iTbnnPo4SbjpcDj1iLQuOo5Q0=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_password_is_the_names_hmac),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
