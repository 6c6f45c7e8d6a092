/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/report.h"

#include "common/base/buf.h"

#include "tests/unit/check.h"

static void test_groups(void **state)
{
	ARENA_SCOPE(arena);
	struct mail_report items[4];
	size_t count = 0;
	(void)state;
	report_read(arena,
		STR("Reporting-MTA: dns; mx\r\n\r\n"
		    "Final-Recipient: RFC822; <Jean@orange.example>\r\n"
		    "Action: failed\r\nStatus: 5.1.1\r\n"
		    "Diagnostic-Code: smtp; 550 5.1.1\r\n\t unknown  user\r\n"
		    "\r\n"
		    "original-recipient: rfc822;eve@x\r\nAction: delayed"),
		items, 4, &count);
	assert_int_equal(count, 2);
	check_str(items[0].recipient, "Jean@orange.example");
	check_str(items[0].action, "failed");
	check_str(items[0].status, "5.1.1");
	check_str(items[0].said, "550 5.1.1 unknown user");
	check_str(items[1].original, "eve@x");
	check_str(items[1].action, "delayed");
}

static void test_limits(void **state)
{
	ARENA_SCOPE(arena);
	struct mail_report items[1];
	size_t count = 0;
	BUF_SCOPE(text, 100000);
	(void)state;
	buf_append_c(&text, "Final-Recipient: a@b\nDiagnostic-Code: \xff");
	for (int i = 0; i < 5000; i++)
		buf_append_c(&text, "x ");
	buf_append_c(&text, "\n\nFinal-Recipient: c@d\n");
	report_read(arena, buf_str(&text), items, 1, &count);
	assert_int_equal(count, 1);
	assert_true(items[0].said.n <= 998 && str_is_utf8(items[0].said));
	report_read(arena, STR(""), items, 1, &count);
	assert_int_equal(count, 0);
}

static void test_returned_id(void **state)
{
	ARENA_SCOPE(arena);
	(void)state;
	check_str(report_returned_id(arena, STR("From: a\r\nmessage-id:\r\n <pv1.a@b>\r\n\r\nx")),
		"pv1.a@b");
	check_str(report_returned_id(arena, STR("From: a\n\nMessage-ID: <no@b>\n")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_returned_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
