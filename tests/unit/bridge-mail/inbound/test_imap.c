/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the IMAP client that need no server. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/inbound/imap_reader.h"
#include "bridge-mail/inbound/imap_recipients.h"
#include "bridge-mail/inbound/imap_response.h"
#include "bridge-mail/inbound/imap_sign_in.h"
#include "bridge-mail/inbound/imap_url.h"
#include "bridge-mail/inbound/imap_watch.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/store.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static void test_reader(void **state)
{
	static const char text[] =
		"* 1 FETCH (UID 7 BODY[] {5}\r\na)\r\nb X {3}\r\nc\r\n)\r\nA1 OK {3}x\r\n";
	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct imap_reader reader;
		BUF_SCOPE(body, 100);
		BUF_SCOPE(responses, 1000);
		imap_reader_init(&reader);
		for (size_t i = 0; i < sizeof(text) - 1; i += piece) {
			struct str input = str_slice(STR(text), i, piece), bytes;
			enum imap_read read;
			while ((read = imap_reader_step(&reader, &input, &bytes)) !=
				IMAP_READ_MORE) {
				assert_int_not_equal(read, IMAP_READ_ERROR);
				if (read == IMAP_READ_BODY_START)
					assert_int_equal(reader.body_size, 5);
				if (read == IMAP_READ_BODY)
					buf_append(&body, bytes);
				if (read == IMAP_READ_RESPONSE)
					buf_printf(&responses, "[%.*s]", STR_FMT(bytes));
			}
		}
		check_str(buf_str(&body), "a)\r\nb");
		check_str(buf_str(&responses),
			"[* 1 FETCH (UID 7 BODY[] {0}\r\n X {3}\r\nc\r\n)][A1 OK {3}x]");
		imap_reader_release(&reader);
	}
}

static enum imap_read last_step(struct str text)
{
	struct imap_reader reader;
	struct str bytes;
	enum imap_read read;
	imap_reader_init(&reader);
	do
		read = imap_reader_step(&reader, &text, &bytes);
	while (read != IMAP_READ_MORE && read != IMAP_READ_ERROR);
	imap_reader_release(&reader);
	return read;
}

static void test_reader_limits(void **state)
{
	(void)state;
	assert_int_equal(last_step(STR("* X {65536}\r\n")), IMAP_READ_MORE);
	assert_int_equal(last_step(STR("* X {65537}\r\n")), IMAP_READ_ERROR);
	assert_int_equal(last_step(STR("* 1 FETCH (BODY[] {2147483648}\r\n")), IMAP_READ_MORE);
	assert_int_equal(last_step(STR("* 1 FETCH (BODY[] {2147483649}\r\n")), IMAP_READ_ERROR);
	assert_int_equal(last_step(STR("* X {99999999999999999999}\r\n")), IMAP_READ_MORE);
	/* two mails in one response */
	assert_int_equal(
		last_step(STR("* 1 FETCH (BODY[] {1}\r\na BODY[] {1}\r\nb)\r\n")), IMAP_READ_ERROR);
	char *line = mem_alloc(IMAP_TEXT_MAX + 2);
	memset(line, 'x', IMAP_TEXT_MAX + 1);
	assert_int_equal(last_step(str_n(line, IMAP_TEXT_MAX)), IMAP_READ_MORE);
	assert_int_equal(last_step(str_n(line, IMAP_TEXT_MAX + 1)), IMAP_READ_ERROR);
	free(line);
}

static void test_responses(void **state)
{
	ARENA_SCOPE(arena);
	struct imap_response r;
	(void)state;
	check_ok(imap_response_read(arena, STR("A12 NO [TRYCREATE] no such folder"), &r));
	assert_int_equal(r.kind, IMAP_TAGGED);
	assert_int_equal(r.condition, IMAP_NO);
	check_str(r.tag, "A12");
	check_str(r.code, "TRYCREATE");
	check_str(r.text, "no such folder");
	check_ok(imap_response_read(arena, STR("* bye see you"), &r));
	assert_int_equal(r.kind, IMAP_CONDITION);
	assert_int_equal(r.condition, IMAP_BYE);
	check_ok(imap_response_read(arena, STR("+ idling"), &r));
	assert_int_equal(r.kind, IMAP_CONTINUE);
	check_ok(imap_response_read(arena, STR("* 23 EXISTS"), &r));
	assert_int_equal(r.kind, IMAP_EXISTS);
	assert_int_equal(r.number, 23);
	check_ok(imap_response_read(arena,
		STR("* 3 FETCH (FLAGS (\\Seen \\draft $x) MODSEQ (12) ENVELOPE (\"a)\" (NIL "
		    "(\"b\")) {2}\r\n)( NIL) RFC822.SIZE 4711 UID 9)"),
		&r));
	assert_int_equal(r.kind, IMAP_FETCH);
	assert_int_equal(r.uid, 9);
	assert_int_equal(r.size, 4711);
	assert_int_equal(r.flags, IMAP_FLAG_SEEN | IMAP_FLAG_DRAFT);
	assert_int_equal(r.body, IMAP_BODY_NONE);
	check_ok(imap_response_read(arena, STR("* 3 FETCH (BODY[] \"a\\\"b\" UID 9)"), &r));
	assert_int_equal(r.body, IMAP_BODY_QUOTED);
	check_str(r.text, "a\"b");
	check_ok(imap_response_read(arena, STR("* 3 FETCH (UID 9 BODY[] NIL)"), &r));
	assert_int_equal(r.body, IMAP_BODY_NIL);
	check_ok(imap_response_read(arena, STR("* SEARCH 3 5 4294967295"), &r));
	int64_t n = 0, sum = 0;
	while (imap_next_number(&r.text, &n))
		sum += n;
	assert_int_equal(sum, INT64_C(4294967303));
	check_ok(imap_response_read(arena, STR("* LIST (\\Noselect) \"/\" x"), &r));
	assert_int_equal(r.kind, IMAP_OTHER);
	static const char *const wrong[] = {"", "A1", "A1 BYE x", "* 1 FETCH", "* 1 FETCH (",
		"* 1 FETCH (UID", "* 1 FETCH (UID )", "* 1 FETCH (X \"a)", "* 1 FETCH (X ((a)",
		"* 1 FETCH (X {9}\r\na)"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		check_status(imap_response_read(arena, str_c(wrong[i]), &r), STATUS_INVALID);
	char deep[512] = "* 1 FETCH (X ";
	memset(deep + strlen(deep), '(', 300);
	check_status(imap_response_read(arena, str_c(deep), &r), STATUS_INVALID);
	unsigned can = imap_capabilities(STR("IMAP4rev1 idle AUTH=PLAIN LOGINDISABLED X"));
	assert_int_equal(can, IMAP_CAN_IDLE | IMAP_CAN_PLAIN | IMAP_CAN_NO_LOGIN);
}

static void check_folder(const char *name, const char *expected)
{
	ARENA_SCOPE(arena);
	struct str quoted;
	check_ok(imap_quote_folder(arena, str_c(name), &quoted));
	check_str(quoted, expected);
}

static void test_quoting(void **state)
{
	ARENA_SCOPE(arena);
	struct str quoted;
	(void)state;
	check_ok(imap_quote(arena, STR("a\"b\\c"), &quoted));
	check_str(quoted, "\"a\\\"b\\\\c\"");
	check_status(imap_quote(arena, STR("a\r\nb"), &quoted), STATUS_INVALID);
	check_folder("INBOX", "\"INBOX\"");
	check_folder("Trait\xc3\xa9s & co", "\"Trait&AOk-s &- co\"");
	/* RFC 3501, 5.1.3 */
	check_folder("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		"\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
	check_folder("\xf0\x9f\x93\xac", "\"&2D3c7A-\"");
	check_status(imap_quote_folder(arena, STR("\xff"), &quoted), STATUS_INVALID);
}

static void test_urls(void **state)
{
	struct imap_url url;
	(void)state;
	check_ok(imap_url_read("imaps://imap.example/", &url));
	assert_string_equal(url.host, "imap.example");
	assert_int_equal(url.port, 993);
	assert_true(url.tls);
	assert_false(url.loopback);
	check_ok(imap_url_read("imap://[::1]:1143", &url));
	assert_string_equal(url.host, "::1");
	assert_int_equal(url.port, 1143);
	assert_true(url.loopback);
	static const char *const wrong[] = {"imaps://", "imap://x:0", "imap://x:65536",
		"imap://x:y", "imap://[::1", "imap://u@x", "imap://x/INBOX", "smtp://x"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		check_status(imap_url_read(wrong[i], &url), STATUS_INVALID);
}

static void test_sign_in(void **state)
{
	static char user[] = "voirie", none[] = "";
	char path[] = "/tmp/parvis-test.XXXXXX", command[] = "echo jeton; echo more";
	FD_SCOPE int fd = mkstemp(path);
	ARENA_SCOPE(arena);
	struct imap_sign_in step;
	char why[CONFIG_ERROR_MAX] = "";
	struct config_imap config = {
		.user = user, .password_file = path, .token_file = none, .token_command = none};
	(void)state;
	assert_true(fd >= 0);
	check_ok(fs_write_all(fd, STR("se\"cret\n")));
	check_ok(imap_sign_in_make(&config, IMAP_CAN_PLAIN | IMAP_CAN_SASL_IR, arena, &step, why));
	check_str(step.command, "AUTHENTICATE PLAIN AHZvaXJpZQBzZSJjcmV0");
	imap_sign_in_wipe(&step);
	check_ok(imap_sign_in_make(&config, IMAP_CAN_PLAIN, arena, &step, why));
	check_str(step.command, "AUTHENTICATE PLAIN");
	check_str(step.answer, "AHZvaXJpZQBzZSJjcmV0\r\n");
	check_ok(imap_sign_in_make(&config, 0, arena, &step, why));
	check_str(step.command, "LOGIN \"voirie\" \"se\\\"cret\"");
	check_status(
		imap_sign_in_make(&config, IMAP_CAN_NO_LOGIN, arena, &step, why), STATUS_DENIED);
	config.password_file = none;
	config.token_command = command;
	check_ok(
		imap_sign_in_make(&config, IMAP_CAN_XOAUTH2 | IMAP_CAN_SASL_IR, arena, &step, why));
	check_str(
		step.command, "AUTHENTICATE XOAUTH2 dXNlcj12b2lyaWUBYXV0aD1CZWFyZXIgamV0b24BAQ==");
	check_status(imap_sign_in_make(&config, IMAP_CAN_PLAIN, arena, &step, why), STATUS_DENIED);
	static char failing[] = "echo secret; exit 3";
	config.token_command = failing;
	check_status(
		imap_sign_in_make(&config, IMAP_CAN_XOAUTH2, arena, &step, why), STATUS_DENIED);
	assert_string_equal(why, "the command echo secret; exit 3 gave no token");
	unlink(path);
}

static void test_delays(void **state)
{
	(void)state;
	assert_int_equal(imap_watch_delay(1, false), 1000);
	assert_int_equal(imap_watch_delay(3, false), 4000);
	assert_int_equal(imap_watch_delay(1000, false), 300000);
	assert_int_equal(imap_watch_delay(1, true), 1000);
	assert_int_equal(imap_watch_delay(2, true), 30000);
	assert_int_equal(imap_watch_delay(3, true), 60000);
	assert_int_equal(imap_watch_delay(1000, true), 900000);
}

static enum status put_mailboxes(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int64_t id;
	(void)arg;
	check_ok(mailboxes_put(tx, STR("voirie@ville.example"), STR("V"), &id));
	return mailboxes_put(tx, STR("mairie@ville.example"), STR("M"), &id);
}

static void check_for(const struct recipients *ours, const char *text, const char *from,
	const char *first, const char *second)
{
	ARENA_SCOPE(arena);
	struct headers headers;
	struct imap_envelope e;
	headers_read(arena, str_c(text), &headers);
	imap_recipients_read(arena, &headers, ours, STR("voirie@ville.example"), &e);
	check_str(e.mail_from, from);
	assert_int_equal(e.count, second == NULL ? 1 : 2);
	check_str(e.recipients[0].address, first);
	if (second != NULL)
		check_str(e.recipients[1].address, second);
}

static void test_recipients(void **state)
{
	static char voirie[] = "voirie@ville.example", mairie[] = "mairie@ville.example";
	struct config_mailbox mailboxes[] = {{.address = voirie}, {.address = mairie}};
	struct config_bridge_mail config = {.mailboxes = mailboxes, .mailboxes_count = 2};
	char dir[] = "/tmp/parvis-test.XXXXXX", path[64], command[64];
	struct db_writer *writer = NULL;
	struct recipients *ours = NULL;
	struct db *db = NULL;
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/bridge.db", dir);
	check_ok(store_open(dir, path, NULL, &writer));
	check_ok(db_write(writer, put_mailboxes, NULL));
	check_ok(db_open(path, true, &db));
	check_ok(recipients_new(db, &config, &ours));
	check_for(ours,
		"Return-Path: <a@x>\nTo: MAIRIE@ville.example, b@x\nCc: voirie@ville.example\n\n",
		"a@x", "MAIRIE@ville.example", "voirie@ville.example");
	check_for(ours, "Return-Path: <>\nTo: x@y\nDelivered-To: mairie@ville.example\n\n", "",
		"mairie@ville.example", NULL);
	check_for(ours,
		"From: \"voirie@ville.example\" (mairie@ville.example) <c@x>\nTo: "
		"\"mairie@ville.example\" <d@x>\n\n",
		"c@x", "voirie@ville.example", NULL);
	check_for(ours, "To: voirie@ville.example\nX-Original-To: mairie+42@ville.example\n\n",
		"unknown@invalid", "mairie+42@ville.example", NULL);
	check_for(ours, "", "unknown@invalid", "voirie@ville.example", NULL);
	check_for(ours, "To: ((((\"\\\nCc: \"unended\n\n", "unknown@invalid",
		"voirie@ville.example", NULL);
	recipients_free(&ours);
	db_close(&db);
	db_writer_stop(&writer);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_limits),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_sign_in),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_recipients),
	};
	return cmocka_run_group_tests_name("imap", tests, NULL, NULL);
}
