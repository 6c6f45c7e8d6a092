/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/smtp.h"
#include "tests/unit/check.h"

/* What came out of a conversation: replies, and the mails with their envelopes. */
struct outcome {
	struct buf replies;
	struct buf mail; /* being received */
	struct buf log;	 /* "from>to,to:text|" for each mail stored */
	unsigned stored;
	unsigned dropped;
	bool closed;
};

static int64_t mailbox_of(void *context, struct str address)
{
	(void)context;
	if (str_eq_nocase(address, STR("voirie@ville.example")))
		return 1;
	if (str_eq_nocase(address, STR("mairie@ville.example")))
		return 2;
	return str_eq(address, STR("déchets@ville.example")) ? 3 : 0;
}

static void note_mail(struct smtp_session *s, struct outcome *o)
{
	size_t count;
	const struct smtp_recipient *list = smtp_recipients(s, &count);
	buf_append(&o->log, smtp_mail_from(s));
	for (size_t i = 0; i < count; i++)
		buf_printf(&o->log, "%c%s", i == 0 ? '>' : ',', list[i].address);
	buf_append_byte(&o->log, ':');
	buf_append(&o->log, buf_str(&o->mail));
	buf_append_byte(&o->log, '|');
}

static void feed(struct smtp_session *s, struct str input, struct outcome *o)
{
	struct str bytes;
	while (!o->closed) {
		switch (smtp_step(s, &input, &bytes)) {
		case SMTP_MORE:
			buf_append(&o->replies, buf_str(smtp_replies(s)));
			buf_clear(smtp_replies(s));
			return;
		case SMTP_FLUSH:
			buf_append(&o->replies, buf_str(smtp_replies(s)));
			buf_clear(smtp_replies(s));
			break;
		case SMTP_WRITE:
			buf_append(&o->mail, bytes);
			break;
		case SMTP_STORE:
			note_mail(s, o);
			buf_clear(&o->mail);
			smtp_stored(s, STATUS_OK, ++o->stored);
			break;
		case SMTP_DROP:
			buf_clear(&o->mail);
			o->dropped++;
			break;
		case SMTP_CLOSE:
			buf_append(&o->replies, buf_str(smtp_replies(s)));
			o->closed = true;
			break;
		}
	}
}

static void outcome_init(struct outcome *o)
{
	*o = (struct outcome){0};
	buf_init(&o->replies, 1 << 20);
	buf_init(&o->mail, 1 << 20);
	buf_init(&o->log, 1 << 20);
}

static void outcome_release(struct outcome *o)
{
	buf_release(&o->replies);
	buf_release(&o->mail);
	buf_release(&o->log);
}

/* The whole conversation in pieces of `piece` bytes. */
static void talk_in_pieces(
	enum smtp_mode mode, struct str text, size_t piece, int64_t max_bytes, struct outcome *o)
{
	struct smtp_config config = {.mode = mode,
		.host_name = "ville.example",
		.max_bytes = max_bytes,
		.mailbox_of = mailbox_of};
	struct smtp_session *s = smtp_new(&config);
	outcome_init(o);
	for (size_t i = 0; i < text.n; i += piece)
		feed(s, str_slice(text, i, piece), o);
	smtp_free(&s);
}

static void talk(const char *text, struct outcome *o)
{
	talk_in_pieces(SMTP_MODE_SMTP, str_c(text), 1 << 20, 1000, o);
}

/* The reply codes alone: "220 250 ...", one for each final line. */
static const char *codes(struct outcome *o)
{
	static char text[4096];
	size_t n = 0;
	struct str rest = buf_str(&o->replies), line;
	while (str_cut(&rest, '\n', &line) && n + 5 < sizeof(text)) {
		if (line.n < 4 || line.p[3] != ' ')
			continue;
		memcpy(text + n, line.p, 4);
		n += 4;
	}
	text[n == 0 ? 0 : n - 1] = '\0';
	return text;
}

#define ENVELOPE \
	"EHLO client\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<voirie@ville.example>\r\nDATA\r\n"

static void test_one_mail(void **state)
{
	(void)state;
	struct outcome o;
	talk(ENVELOPE "Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n", &o);
	assert_string_equal(codes(&o), "220 250 250 250 354 250 221");
	assert_string_equal(
		o.log.p, "a@b.example>voirie@ville.example:Subject: x\r\n\r\nhello\r\n|");
	assert_true(o.closed);
	outcome_release(&o);
}

static void test_any_cut_gives_the_same(void **state)
{
	(void)state;
	static const char text[] =
		ENVELOPE "..dot\r\n.a\r\n.\rb\r\n\r\r\nend\r\n.\r\nRSET\r\nQUIT\r\n";
	struct outcome whole;
	talk(text, &whole);
	for (size_t piece = 1; piece < 20; piece++) {
		struct outcome o;
		talk_in_pieces(SMTP_MODE_SMTP, STR(text), piece, 1000, &o);
		assert_string_equal(o.replies.p, whole.replies.p);
		assert_string_equal(o.log.p, whole.log.p);
		outcome_release(&o);
	}
	assert_non_null(strstr(whole.log.p, ":.dot\r\na\r\n\rb\r\n\r\r\nend\r\n|"));
	outcome_release(&whole);
}

static void test_second_mail_forgets_the_first(void **state)
{
	(void)state;
	struct outcome o;
	talk(ENVELOPE "one\r\n.\r\nMAIL FROM:<c@d.example>\r\nRCPT TO:<mairie@ville.example>\r\n"
		      "DATA\r\ntwo\r\n.\r\n",
		&o);
	assert_int_equal(o.stored, 2);
	assert_string_equal(o.log.p, "a@b.example>voirie@ville.example:one\r\n|"
				     "c@d.example>mairie@ville.example:two\r\n|");
	outcome_release(&o);
}

static void test_smuggling_stays_content(void **state)
{
	(void)state;
	static const char *const ends[] = {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n",
		"\r\n.\r", "\n\n.\r\r\n", "\r\n.\r\r\n"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct outcome o;
		BUF_SCOPE(text, 4096);
		buf_printf(&text,
			ENVELOPE "one%sMAIL FROM:<evil@x.example>\r\n"
				 "RCPT TO:<mairie@ville.example>\r\nDATA\r\ntwo\r\n.\r\n",
			ends[i]);
		talk(text.p, &o);
		assert_int_equal(o.stored, 1);
		assert_non_null(strstr(o.log.p, "MAIL FROM:<evil@x.example>"));
		outcome_release(&o);
	}
}

static void test_null_sender_and_unknown_recipient(void **state)
{
	(void)state;
	struct outcome o;
	talk("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@ville.example>\r\nDATA\r\n"
	     "RCPT TO:<VOIRIE@Ville.Example>\r\nDATA\r\nx\r\n.\r\n",
		&o);
	assert_string_equal(codes(&o), "220 250 250 550 503 250 354 250");
	assert_non_null(strstr(o.replies.p, "550 5.1.1"));
	assert_string_equal(o.log.p, ">VOIRIE@Ville.Example:x\r\n|");
	outcome_release(&o);
}

static void test_order_of_commands(void **state)
{
	(void)state;
	struct outcome o;
	talk("MAIL FROM:<a@b.example>\r\nEHLO c\r\nRCPT TO:<voirie@ville.example>\r\nDATA\r\n"
	     "MAIL FROM:<a@b.example>\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nLHLO c\r\nWHAT\r\n",
		&o);
	assert_string_equal(codes(&o), "220 503 250 503 503 250 503 250 500 500");
	outcome_release(&o);
}

static void test_lmtp_answers_each_recipient(void **state)
{
	(void)state;
	struct outcome o;
	talk_in_pieces(SMTP_MODE_LMTP,
		STR("EHLO c\r\nLHLO c\r\nMAIL FROM:<a@b.example>\r\n"
		    "RCPT TO:<voirie@ville.example>\r\nRCPT TO:<no@ville.example>\r\n"
		    "RCPT TO:<mairie@ville.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"),
		7, 1000, &o);
	assert_string_equal(codes(&o), "220 500 250 250 250 550 250 354 250 250 221");
	assert_string_equal(
		o.log.p, "a@b.example>voirie@ville.example,mairie@ville.example:x\r\n|");
	outcome_release(&o);
}

static void test_size(void **state)
{
	(void)state;
	struct outcome o;
	BUF_SCOPE(text, 8192);
	buf_append_c(&text, "EHLO c\r\nMAIL FROM:<a@b.example> SIZE=1001\r\n"
			    "MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME\r\n"
			    "RCPT TO:<voirie@ville.example>\r\nDATA\r\n");
	for (int i = 0; i < 200; i++)
		buf_append_c(&text, "0123456789\r\n");
	buf_append_c(&text, ".\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<voirie@ville.example>\r\n"
			    "DATA\r\nsmall\r\n.\r\n");
	talk_in_pieces(SMTP_MODE_SMTP, buf_str(&text), 100, 1000, &o);
	assert_string_equal(codes(&o), "220 250 552 250 250 354 552 250 250 354 250");
	assert_int_equal(o.stored, 1);
	assert_int_equal(o.dropped, 1);
	assert_string_equal(o.log.p, "a@b.example>voirie@ville.example:small\r\n|");
	outcome_release(&o);
}

static void test_long_line(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
		struct outcome o;
		BUF_SCOPE(text, 16384);
		buf_append_c(&text, "EHLO c\r\nMAIL FROM:<");
		for (int i = 0; i < 5000; i++)
			buf_append_byte(&text, 'a');
		buf_append_c(&text, "@b.example>\r\nNOOP\r\n");
		talk_in_pieces(SMTP_MODE_SMTP, buf_str(&text), piece, 1000, &o);
		assert_string_equal(codes(&o), "220 250 500 250");
		outcome_release(&o);
	}
}

static void test_what_ends_a_connection(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"EHLO c\nMAIL FROM:<a@b.example>\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c\r\n",
		"X\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nEHLO c\r\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct outcome o;
		talk(texts[i], &o);
		assert_true(o.closed);
		assert_non_null(strstr(o.replies.p, "421 "));
		assert_null(strstr(o.replies.p, "250"));
		outcome_release(&o);
	}
}

static void test_paths(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		const char *code;
	} rows[] = {
		{"MAIL FROM:<a@b.example>", "250"},
		{"MAIL FROM: <a@b.example>", "250"},
		{"mail from:<@relay.example,@other.example:a@b.example>", "250"},
		{"MAIL FROM:<\"a b>c\"@b.example>", "250"},
		{"MAIL FROM:a@b.example", "501"},
		{"MAIL FROM:<a@b.example", "501"},
		{"MAIL FROM:<a b@b.example>", "501"},
		{"MAIL FROM:<a@>", "501"},
		{"MAIL FROM:<a@b@c>", "501"},
		{"MAIL TO:<a@b.example>", "501"},
		{"MAIL FROM:<a@b.example> SIZE=x", "501"},
		{"MAIL FROM:<a@b.example> FOO=1", "555"},
		{"MAIL FROM:<h\xc3\xa9@b.example>", "553"},
		{"MAIL FROM:<h\xc3\xa9@b.example> SMTPUTF8", "250"},
		{"MAIL FROM:<h\xe9@b.example> SMTPUTF8", "501"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o;
		BUF_SCOPE(text, 4096);
		buf_printf(&text, "EHLO c\r\n%s\r\n", rows[i].line);
		talk(text.p, &o);
		assert_string_equal(codes(&o) + 8, rows[i].code);
		outcome_release(&o);
	}
}

static void test_too_many_recipients(void **state)
{
	(void)state;
	struct outcome o;
	BUF_SCOPE(text, 65536);
	buf_append_c(&text, "EHLO c\r\nMAIL FROM:<a@b.example>\r\n");
	for (int i = 0; i < SMTP_MAX_RECIPIENTS + 1; i++)
		buf_append_c(&text, "RCPT TO:<voirie@ville.example>\r\n");
	talk(text.p, &o);
	assert_non_null(strstr(o.replies.p, "452 4.5.3"));
	outcome_release(&o);
}

static void test_failure_to_store(void **state)
{
	(void)state;
	struct smtp_config config = {
		.host_name = "ville.example", .max_bytes = 1000, .mailbox_of = mailbox_of};
	struct smtp_session *s = smtp_new(&config);
	struct str input = STR(ENVELOPE "x\r\n.\r\n"), bytes;
	enum smtp_action action;
	while ((action = smtp_step(s, &input, &bytes)) != SMTP_STORE)
		assert_true(action == SMTP_WRITE || action == SMTP_FLUSH);
	smtp_stored(s, STATUS_IO, 0);
	assert_non_null(strstr(smtp_replies(s)->p, "\r\n451 4.3.0"));
	assert_int_equal(smtp_step(s, &input, &bytes), SMTP_MORE);
	smtp_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_mail),
		cmocka_unit_test(test_any_cut_gives_the_same),
		cmocka_unit_test(test_second_mail_forgets_the_first),
		cmocka_unit_test(test_smuggling_stays_content),
		cmocka_unit_test(test_null_sender_and_unknown_recipient),
		cmocka_unit_test(test_order_of_commands),
		cmocka_unit_test(test_lmtp_answers_each_recipient),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_what_ends_a_connection),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_too_many_recipients),
		cmocka_unit_test(test_failure_to_store),
	};
	return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
