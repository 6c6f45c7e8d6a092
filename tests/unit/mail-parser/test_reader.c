/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/mail-parser/reader.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

struct fixture {
	char dir[64];
	int folder_fd;
	struct arena *arena;
	struct read_mail mail;
};

static int setup(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->dir, sizeof(f->dir), "/tmp/parvis-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->folder_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->arena = arena_new();
	read_mail_init(&f->mail, f->arena, f->folder_fd);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	read_mail_release(&f->mail);
	arena_free(&f->arena);
	close(f->folder_fd);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static enum status parse_bytes(struct fixture *f, struct str text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/mail", f->dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	enum status status = read_mail_parse(&f->mail, fd);
	close(fd);
	return status;
}

static void parse(struct fixture *f, const char *text)
{
	check_ok(parse_bytes(f, str_c(text)));
}

static void check_address(
	const struct read_addresses *list, size_t i, const char *name, const char *address)
{
	assert_true(i < list->count);
	check_str(list->items[i].name, name);
	check_str(list->items[i].address, address);
}

static void test_addresses(void **state)
{
	struct fixture *f = *state;
	parse(f, "From: =?iso-8859-1?Q?Fran=E7ois?= \"Le Grand\" <F.Grand@Orange.EXAMPLE>\n"
		 "Reply-To: <r@x.example>\n"
		 "To: \"Voirie, Ville\" <voirie@ville.example>, a@b.example (Anne),\n"
		 " Elus: b@c.example, \"D\" <d@e.example>;, VOIRIE@ville.example\n"
		 "Cc: undisclosed-recipients:;, broken@, =?utf-8?b?w4lsaXNl?= <elise@x.example>\n"
		 "\nx\n");
	check_address(&f->mail.from, 0, "Fran\xc3\xa7ois Le Grand", "F.Grand@orange.example");
	check_address(&f->mail.reply_to, 0, "", "r@x.example");
	assert_int_equal(f->mail.to.count, 4);
	check_address(&f->mail.to, 0, "Voirie, Ville", "voirie@ville.example");
	check_address(&f->mail.to, 1, "Anne", "a@b.example");
	check_address(&f->mail.to, 2, "", "b@c.example");
	check_address(&f->mail.to, 3, "D", "d@e.example");
	assert_int_equal(f->mail.cc.count, 1);
	check_address(&f->mail.cc, 0, "\xc3\x89lise", "elise@x.example");
}

static void test_text_and_charsets(void **state)
{
	static const struct {
		const char *type;
		const char *body;
		const char *text;
	} rows[] = {
		{"text/plain; charset=utf-8", "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
		{"text/plain; charset=iso-8859-1", "\xe9t\xe9 \x80",
			"\xc3\xa9t\xc3\xa9 \xe2\x82\xac"},
		{"text/plain", "\xe9t\xe9", "\xc3\xa9t\xc3\xa9"},
		{"text/plain; charset=nonsense", "\xe9t\xe9", "\xc3\xa9t\xc3\xa9"},
		{"text/plain; charset=\"utf-8//TRANSLIT\"", "\xe9", "\xc3\xa9"},
		{"text/plain; charset=utf-8", "a\xffz", "a\xef\xbf\xbdz"},
		{"text/plain; charset=utf-8", "a\x01\x02\r\nb\rc", "a\nb\nc"},
		{"text/plain; charset=utf-8; format=flowed", "a \nb\n> c \n> d\n e",
			"a b\n> c d\ne\n"},
		{"text/plain; charset=utf-8; format=flowed; delsp=yes", "a \nb\n-- \nc",
			"ab\n-- \nc\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		void *one = NULL;
		char text[1024];
		setup(&one);
		struct fixture *f = one;
		snprintf(text, sizeof(text), "From: a@b.c\nContent-Type: %s\n\n%s", rows[i].type,
			rows[i].body);
		parse(f, text);
		check_str(buf_str(&f->mail.text), rows[i].text);
		teardown(&one);
	}
}

static void test_alternative_and_attachment(void **state)
{
	struct fixture *f = *state;
	parse(f, "From: a@b.c\nSubject: =?utf-8?Q?=C3=A9t=C3=A9=0A?=\n"
		 "Content-Type: multipart/mixed; boundary=M\n\n"
		 "--M\nContent-Type: multipart/alternative; boundary=A\n\n"
		 "--A\nContent-Type: text/plain\n\ntexte\n"
		 "--A\nContent-Type: multipart/related; boundary=R\n\n"
		 "--R\nContent-Type: text/html\n\n<p>texte</p>\n"
		 "--R\nContent-Type: image/png\nContent-ID: <logo@x>\n"
		 "Content-Transfer-Encoding: base64\n\naGVsbG8=\n--R--\n--A--\n"
		 "--M\nContent-Type: text/plain; name=notes.txt\n"
		 "Content-Disposition: attachment\n\nnotes\n"
		 "--M\nContent-Type: message/rfc822\n\nSubject: dedans\n\nx\n--M--\n");
	check_str(f->mail.subject, "\xc3\xa9t\xc3\xa9");
	check_str(buf_str(&f->mail.text), "texte");
	check_str(buf_str(&f->mail.html), "<html><body><p>texte</p></body></html>");
	assert_int_equal(f->mail.attachment_count, 3);
	check_str(f->mail.attachments[0].content_id, "logo@x");
	assert_true(f->mail.attachments[0].inline_part);
	assert_int_equal(f->mail.attachments[0].size, 5);
	check_str(f->mail.attachments[1].name, "notes.txt");
	assert_false(f->mail.attachments[1].inline_part);
	check_str(f->mail.attachments[2].name, "dedans.eml");
	check_str(f->mail.attachments[2].content_type, "message/rfc822");
}

static void test_text_around_a_picture(void **state)
{
	struct fixture *f = *state;
	parse(f, "From: a@b.c\nContent-Type: multipart/mixed; boundary=M\n\n"
		 "--M\nContent-Type: text/plain\n\navant\n"
		 "--M\nContent-Type: image/png\n\nx\n"
		 "--M\nContent-Type: text/html\n\n<b>apr\xc3\xa8s</b>\n--M--\n");
	check_str(buf_str(&f->mail.text), "");
	check_str(buf_str(&f->mail.html),
		"<html><body><div>avant</div><b>apr\xc3\xa8s</b></body></html>");
	assert_int_equal(f->mail.attachment_count, 1);
}

static void test_kinds(void **state)
{
	struct fixture *f = *state;
	parse(f, "From: a@b.c\nContent-Type: multipart/signed; boundary=S\n\n"
		 "--S\n\nx\n--S\nContent-Type: application/pgp-signature\n\ny\n--S--\n");
	assert_int_equal(f->mail.flags, MAIL_SIGNED);
	assert_int_equal(f->mail.attachment_count, 0);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	BUF_SCOPE(text, 4 << 20);
	buf_append_c(&text, "From: a@b.c\nContent-Type: multipart/mixed; boundary=M\n\n");
	for (int i = 0; i < 100000; i++)
		buf_append_c(&text, "--M\nContent-Type: x/y\n\nz\n");
	check_ok(parse_bytes(f, buf_str(&text)));
	assert_true((f->mail.flags & MAIL_CUT) != 0);
	assert_int_equal(f->mail.attachment_count, MAIL_MAX_ATTACHMENTS);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	BUF_SCOPE(text, 4 << 20);
	buf_append_c(&text, "From: a@b.c\nContent-Type: text/plain; ");
	for (int i = 0; i < 71; i++)
		buf_append_byte(&text, 'a');
	buf_append_c(&text, "=\"\xc3\xa9\"\n\nx\n");
	check_status(parse_bytes(f, buf_str(&text)), STATUS_INVALID);
	check_status(parse_bytes(f, STR("")), STATUS_INVALID);
	buf_clear(&text);
	buf_append_c(&text, "X: ");
	for (int i = 0; i < 300000; i++)
		buf_append_byte(&text, 'x');
	check_status(parse_bytes(f, buf_str(&text)), STATUS_INVALID);
}

static void test_result_is_json(void **state)
{
	struct fixture *f = *state;
	BUF_SCOPE(out, 1 << 20);
	parse(f, "From: a@b.c\n\n\"x\"\n");
	read_mail_write(&f->mail, &out);
	check_ok(buf_status(&out));
	check_str(buf_str(&out),
		"{\"from\":[{\"name\":\"\",\"address\":\"a@b.c\"}],\"reply_to\":[],\"to\":[],"
		"\"cc\":[],\"subject\":\"\",\"topic\":\"\",\"date\":0,\"text\":\"\\\"x\\\"\\n\","
		"\"html\":\"\",\"flags\":0,\"reports\":[],\"returned_id\":\"\","
		"\"attachments\":[]}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_addresses),
		cmocka_unit_test(test_text_and_charsets),
		TEST(test_alternative_and_attachment),
		TEST(test_text_around_a_picture),
		TEST(test_kinds),
		TEST(test_limits),
		TEST(test_refused),
		TEST(test_result_is_json),
	};
	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
