/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/headers.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/message/mail_kind.h"
#include "bridge-mail/message/references.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static void test_headers(void **state)
{
	static const char text[] = "From: a@b\r\nSubject: one\r\n\ttwo\n three\r\nnot a header\r\n"
				   "X Y: no\r\nSubject: second\r\nEmpty:\r\n\r\nBody: x\r\n";
	struct headers headers;
	ARENA_SCOPE(arena);
	(void)state;
	headers_read(arena, STR(text), &headers);
	assert_int_equal(headers.count, 4);
	check_str(headers_find(&headers, "subject"), "one two three");
	assert_int_equal(headers_count(&headers, "SUBJECT"), 2);
	assert_true(headers_has(&headers, "empty"));
	assert_false(headers_has(&headers, "body"));
	check_str(str_skip(STR(text), headers.body_at), "Body: x\r\n");
}

static void test_headers_without_body(void **state)
{
	struct headers headers;
	ARENA_SCOPE(arena);
	(void)state;
	headers_read(arena, STR("A: b"), &headers);
	check_str(headers_find(&headers, "A"), "b");
	assert_int_equal(headers.body_at, 4);
	headers_read(arena, STR_EMPTY, &headers);
	assert_int_equal(headers.count, 0);
}

static void check_ids(const char *header, size_t max, const char *expected)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(text, 4096);
	struct mail_ids ids = references_read(arena, str_c(header), max);
	for (size_t i = 0; i < ids.count; i++)
		buf_printf(&text, "%s%.*s", i == 0 ? "" : " ", STR_FMT(ids.items[i]));
	check_str(buf_str(&text), expected);
}

static void test_references(void **state)
{
	(void)state;
	check_ids("<a@b> <c@d>", 10, "a@b c@d");
	check_ids("<a@b><c@d>,<a@b>", 10, "a@b c@d");
	check_ids("Your message of Monday <a@\r\n b> \"x\"", 10, "a@b");
	check_ids("<nothing> <x <good@id> <open@id", 10, "good@id");
	check_ids("<1@protonmail.internalid> <c@d>", 10, "c@d");
	check_ids("<1@a> <2@a> <3@a> <4@a> <5@a>", 3, "1@a 4@a 5@a");
	check_ids("", 3, "");
	check_ids("<\xff@a> <b@c>", 3, "b@c");
}

static void test_message_id(void **state)
{
	ARENA_SCOPE(arena);
	(void)state;
	check_str(references_message_id(arena, STR(" <a@b> (x)")), "a@b");
	check_str(references_message_id(arena, STR("bare@id")), "bare@id");
	check_str(references_message_id(arena, STR("none")), "");
}

static void test_kind(void **state)
{
	static const struct {
		const char *text;
		unsigned flags;
	} rows[] = {
		{"Subject: x\n", 0},
		{"Auto-Submitted: no\n", 0},
		{"Auto-Submitted: auto-replied (vacation)\n", MAIL_AUTO_SUBMITTED},
		{"auto-submitted: auto-generated; x=y\n", MAIL_AUTO_SUBMITTED},
		{"X-Autoreply: yes\n", MAIL_AUTO_SUBMITTED},
		{"X-Auto-Response-Suppress: DR, OOF\n", MAIL_ANSWERS_UNWANTED},
		{"X-Auto-Response-Suppress: all\n", MAIL_ANSWERS_UNWANTED},
		{"X-Auto-Response-Suppress: DR, RN\n", 0},
		{"Precedence: bulk\n", MAIL_BULK},
		{"List-Id: <x.y>\n", MAIL_LIST},
		{"X-Spam-Flag: YES\n", MAIL_SPAM},
		{"X-Spam-Status: Yes, score=9.1\n", MAIL_SPAM},
		{"X-Spam-Status: No, score=0.1\n", 0},
		{"X-MS-Exchange-Organization-SCL: 6\n", MAIL_SPAM},
		{"X-MS-Exchange-Organization-SCL: -1\n", 0},
		{"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n",
			MAIL_DELIVERY_REPORT},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct headers headers;
		ARENA_SCOPE(arena);
		headers_read(arena, str_c(rows[i].text), &headers);
		assert_int_equal(mail_kind_flags(&headers), rows[i].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_headers_without_body),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_message_id),
		cmocka_unit_test(test_kind),
	};
	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
