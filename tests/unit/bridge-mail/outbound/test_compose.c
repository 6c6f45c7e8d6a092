/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "bridge-mail/message/headers.h"
#include "bridge-mail/outbound/compose.h"
#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/outbound/transfer_encoding.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

#define MAX ((size_t)1024 * 1024)

static const struct mail_address jean = {STR_INIT("Jean Dupont"), STR_INIT("jean@orange.example")};

static const struct str parent = STR_INIT("1@orange.example");

static struct compose_mail simple(void)
{
	return (struct compose_mail){
		.from = {STR("Camille \xe2\x80\x94 Voirie"), STR("voirie@ville.example")},
		.to = &jean,
		.to_count = 1,
		.subject = STR("Trou"),
		.is_reply = true,
		.date_ms = INT64_C(1795284000123),
		.message_id = STR("pv1.a.b.c@ville.example"),
		.in_reply_to = STR("1@orange.example"),
		.references = &parent,
		.reference_count = 1,
		.loop_value = STR("seal"),
		.text = STR("Bonjour.\n"),
	};
}

/* What holds of every mail: short lines of ASCII that end with CR LF. */
static void check_lines(struct str mail)
{
	size_t line = 0;
	assert_true(str_ends(mail, STR("\r\n")));
	for (size_t i = 0; i < mail.n; i++) {
		char c = mail.p[i];
		assert_true((unsigned char)c < 0x80);
		if (c == '\r')
			assert_true(mail.p[i + 1] == '\n');
		if (c == '\n') {
			assert_true(mail.p[i - 1] == '\r');
			line = 0;
		} else {
			assert_true(++line <= 998);
		}
	}
}

static struct str header_of(struct arena *arena, const struct buf *mail, const char *name)
{
	struct headers headers;
	headers_read(arena, buf_str(mail), &headers);
	assert_true(headers_count(&headers, name) <= 1);
	return headers_find(&headers, name);
}

static void test_a_whole_mail(void **state)
{
	struct compose_mail mail = simple();
	BUF_SCOPE(out, MAX);
	(void)state;
	check_ok(compose_write(&mail, &out));
	check_str(buf_str(&out),
		"From: =?UTF-8?B?Q2FtaWxsZSDigJQgVm9pcmll?= <voirie@ville.example>\r\n"
		"To: \"Jean Dupont\" <jean@orange.example>\r\n"
		"Subject: Re: Trou\r\n"
		"Date: Sat, 21 Nov 2026 18:00:00 +0000\r\n"
		"Message-ID: <pv1.a.b.c@ville.example>\r\n"
		"In-Reply-To: <1@orange.example>\r\n"
		"References: <1@orange.example>\r\n"
		"X-Parvis-Loop: seal\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n"
		"Bonjour.\r\n");
}

static void test_the_same_twice(void **state)
{
	struct compose_file file = {STR("a.bin"), STR("application/pdf"), STR("bytes")};
	struct compose_mail mail = simple();
	BUF_SCOPE(one, MAX);
	BUF_SCOPE(two, MAX);
	(void)state;
	mail.html = STR("<b>Bonjour</b>");
	mail.files = &file;
	mail.file_count = 1;
	check_ok(compose_write(&mail, &one));
	check_ok(compose_write(&mail, &two));
	assert_true(str_eq(buf_str(&one), buf_str(&two)));
	check_lines(buf_str(&one));
}

/* No value can add a header or end the headers. */
static void test_header_injection(void **state)
{
	static const struct str evil = STR_INIT("x\r\nBcc: victim@x\r\n\r\nbody\0\n y\rz\xc2\x85"
						"end");
	const struct mail_address to[] = {
		{evil, STR_INIT("jean@orange.example")},
		{STR_INIT(""), STR_INIT("a@b>\r\nBcc: victim@x")},
		{STR_INIT(""), STR_INIT("a@b, c@d")},
	};
	const struct str ids[] = {STR_INIT("a@b>\r\nBcc: victim@x\r\nX: <c@d"), STR_INIT("e@f")};
	struct compose_file file = {evil, STR("text/html\r\nBcc: v@x"), STR("bytes")};
	struct compose_mail mail = simple();
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, MAX);
	(void)state;
	mail.from.name = evil;
	mail.to = to;
	mail.to_count = ARRAY_LEN(to);
	mail.cc = to;
	mail.cc_count = ARRAY_LEN(to);
	mail.subject = evil;
	mail.in_reply_to = ids[0];
	mail.references = ids;
	mail.reference_count = ARRAY_LEN(ids);
	mail.loop_value = evil;
	mail.thread_index = STR("0123456789012345678901234567");
	mail.files = &file;
	mail.file_count = 1;
	check_ok(compose_write(&mail, &out));
	check_lines(buf_str(&out));
	assert_true(str_find(buf_str(&out), STR("\r\nBcc")) < 0);
	assert_true(str_find(buf_str(&out), STR("\r\nX:")) < 0);
	assert_int_equal(header_of(arena, &out, "bcc").n, 0);
	assert_int_equal(header_of(arena, &out, "In-Reply-To").n, 0);
	check_str(header_of(arena, &out, "References"), "<e@f>");
	check_str(header_of(arena, &out, "Date"), "Sat, 21 Nov 2026 18:00:00 +0000");
	/* The parts are where they should be: the headers did not end early. */
	assert_true(str_starts(header_of(arena, &out, "Content-Type"), STR("multipart/mixed;")));
}

static void test_long_subjects(void **state)
{
	static const char *const pieces[] = {"mot ", "\xc3\xa9", "x", "\xf0\x9f\x9a\xa7 ", "  "};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct compose_mail mail = simple();
		ARENA_SCOPE(arena);
		BUF_SCOPE(subject, MAX);
		BUF_SCOPE(out, MAX);
		while (subject.n < 900)
			buf_append_c(&subject, pieces[i]);
		mail.subject = buf_str(&subject);
		check_ok(compose_write(&mail, &out));
		check_lines(buf_str(&out));
		struct str rest = buf_str(&out), line;
		while (str_cut(&rest, '\n', &line))
			assert_true(line.n <= 78 + 1);
		assert_true(header_of(arena, &out, "Subject").n > 2);
	}
}

static void test_encoded_words_hold_whole_characters(void **state)
{
	BUF_SCOPE(out, MAX);
	(void)state;
	/* The 36th byte of this text is the middle of a character. */
	header_text(&out, "Subject",
		STR("x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
		    "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		    "\xc3\xa9"));
	check_str(buf_str(&out),
		"Subject: =?UTF-8?B?eMOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6k=?=\r\n"
		" =?UTF-8?B?w6nDqcOp?=\r\n");
	buf_clear(&out);
	/* What would be read as an encoded word is encoded itself. */
	header_text(&out, "Subject", STR("=?utf-8?q?x?="));
	check_str(buf_str(&out), "Subject: =?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=\r\n");
	buf_clear(&out);
	header_text(&out, "Subject", STR("bad \xff bytes"));
	check_str(buf_str(&out), "Subject: bad ? bytes\r\n");
}

static void test_display_names(void **state)
{
	const struct mail_address list[] = {
		{STR_INIT("Dupont, Jean \"Jo\\\""), STR_INIT("a@b")},
		{STR_INIT(""), STR_INIT("c@d")},
	};
	BUF_SCOPE(out, MAX);
	(void)state;
	header_addresses(&out, "To", list, 2);
	check_str(buf_str(&out), "To: \"Dupont, Jean \\\"Jo\\\\\\\"\" <a@b>,\r\n <c@d>\r\n");
	buf_clear(&out);
	header_addresses(&out, "Cc", list, 0);
	check_str(buf_str(&out), "");
}

static void test_addresses(void **state)
{
	static const char *const good[] = {
		"a@b", "jean.dupont+x@orange.example", "o'b=c@x-y.z", "ren\xc3\xa9@x"};
	static const char *const bad[] = {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a..b@c",
		".a@b", "a.@b", "a@b.", "<a@b>", "a@b>", "a@b,c@d", "a@b\r\nX", "\"a\"@b",
		"a@[1.2.3.4]", "a@b\x7f", "a@\xff"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(header_address_ok(str_c(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (header_address_ok(str_c(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(header_address_ok(STR("a\0@b")));
}

static void test_nobody_to_write_to(void **state)
{
	const struct mail_address nobody = {STR_INIT("x"), STR_INIT("no address")};
	struct compose_mail mail = simple();
	BUF_SCOPE(out, MAX);
	(void)state;
	mail.to = &nobody;
	check_status(compose_write(&mail, &out), STATUS_INVALID);
	mail.to_count = 0;
	check_status(compose_write(&mail, &out), STATUS_INVALID);
}

static void test_references(void **state)
{
	struct compose_mail mail = simple();
	struct str ids[50];
	char texts[50][8];
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, MAX);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		snprintf(texts[i], sizeof(texts[i]), "%zu@x", i);
		ids[i] = str_c(texts[i]);
	}
	mail.references = ids;
	mail.reference_count = ARRAY_LEN(ids);
	check_ok(compose_write(&mail, &out));
	struct str value = header_of(arena, &out, "References");
	assert_true(str_starts(value, STR("<0@x> <31@x>")));
	assert_true(str_ends(value, STR("<48@x> <49@x>")));
}

static void test_quoted_printable(void **state)
{
	static const struct {
		struct str text;
		const char *encoded;
	} rows[] = {
		{STR_INIT(""), ""},
		{STR_INIT("a"), "a\r\n"},
		{STR_INIT("a\nb\r\nc\rd\n"), "a\r\nb\r\nc\r\nd\r\n"},
		{STR_INIT("\n\n"), "\r\n\r\n"},
		{STR_INIT(".\n..x"), "=2E\r\n=2E.x\r\n"},
		{STR_INIT("1=2 \n"), "1=3D2=20\r\n"},
		{STR_INIT("\xc3\xa9\t"), "=C3=A9=09\r\n"},
		{STR_INIT("a\0b\x1b"), "ab\r\n"},
		{STR_INIT("123456789012345678901234567890123456789012345678901234567890"
			  "12345678901234567"),
			"123456789012345678901234567890123456789012345678901234567890"
			"123456789012345=\r\n67\r\n"},
		{STR_INIT("12345678901234567890123456789012345678901234567890123456789012345678901"
			  "234\xc3\xa9"),
			"12345678901234567890123456789012345678901234567890123456789012345678901"
			"234=\r\n=C3=A9\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		BUF_SCOPE(out, MAX);
		transfer_quoted_printable(&out, rows[i].text);
		check_str(buf_str(&out), rows[i].encoded);
	}
}

static void test_parameters(void **state)
{
	BUF_SCOPE(out, MAX);
	(void)state;
	header_parameter(&out, "name", STR("plan (1).pdf"));
	check_str(buf_str(&out), ";\r\n name=\"plan (1).pdf\"");
	buf_clear(&out);
	header_parameter(&out, "name", STR("\xc3\xa9t\xc3\xa9\".pdf"));
	check_str(buf_str(&out), ";\r\n name*0*=UTF-8''%C3%A9t%C3%A9%22.pdf");
	buf_clear(&out);
	BUF_SCOPE(name, MAX);
	while (name.n < 150)
		buf_append_c(&name, "\xc3\xa9");
	header_parameter(&out, "name", buf_str(&name));
	assert_true(str_find(buf_str(&out), STR("\r\n name*1*=%")) > 0);
	struct str rest = buf_str(&out), line;
	while (str_cut(&rest, '\n', &line))
		assert_true(line.n <= 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_mail),
		cmocka_unit_test(test_the_same_twice),
		cmocka_unit_test(test_header_injection),
		cmocka_unit_test(test_long_subjects),
		cmocka_unit_test(test_encoded_words_hold_whole_characters),
		cmocka_unit_test(test_display_names),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_nobody_to_write_to),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_quoted_printable),
		cmocka_unit_test(test_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
