/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "config/appservice.h"
#include "tests/unit/check.h"

#define TOKENS "id: a\nas_token: b\nhs_token: c\n"

/* Reads the text by way of a file; on failure `why` has the line. */
static enum status load(
	const char *yaml, struct config_appservice **out, char why[CONFIG_ERROR_MAX])
{
	char path[] = "/tmp/parvis-test.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	check_ok(fs_write_all(fd, str_c(yaml)));
	close(fd);
	enum status status = config_appservice_load(path, out, why);
	unlink(path);
	return status;
}

static void test_good(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct config_appservice *a = NULL;
	(void)state;
	check_ok(load("# ours\nid: mail\nurl: http://127.0.0.1:8009\nas_token: one\n"
		      "hs_token: two\nsender_localpart: courriel\nrate_limited: false\n"
		      "namespaces:\n  users:\n    - exclusive: true\n      regex: '@mail_.*:x'\n"
		      "  aliases: []\n",
		&a, why));
	assert_string_equal(a->id, "mail");
	assert_string_equal(a->url, "http://127.0.0.1:8009");
	assert_string_equal(a->as_token, "one");
	assert_string_equal(a->hs_token, "two");
	assert_string_equal(a->sender_localpart, "courriel");
	config_appservice_free(&a);
	assert_null(a);
	check_ok(load(TOKENS "url: null\nsender_localpart: d\n", &a, why));
	assert_null(a->url);
	config_appservice_free(&a);
}

static void test_bad(void **state)
{
	static const char *const texts[] = {
		"",
		"text",
		TOKENS,
		TOKENS "sender_localpart: \"\"\n",
		TOKENS "sender_localpart: \"a:b\"\n",
		TOKENS "sender_localpart: [a]\n",
		"id: a\nas_token: \"\"\nhs_token: c\nsender_localpart: d\n",
		"id: &x a\nas_token: *x\nhs_token: c\nsender_localpart: d\n",
		"id: {\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char why[CONFIG_ERROR_MAX] = "";
		struct config_appservice *a = NULL;
		if (load(texts[i], &a, why) != STATUS_INVALID)
			fail_msg("taken: %s", texts[i]);
		assert_null(a);
		assert_true(strlen(why) > 20);
		assert_null(strchr(why, '\n'));
	}
}

static void test_no_file(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct config_appservice *a = NULL;
	(void)state;
	check_status(config_appservice_load("/nowhere/r.yaml", &a, why), STATUS_NOT_FOUND);
	assert_non_null(strstr(why, "/nowhere/r.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
