/* SPDX-License-Identifier: Apache-2.0 */
/* What the report counts, on mails few enough to count by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge-mail/report/counts.h"
#include "bridge-mail/report/print.h"
#include "bridge-mail/report/source.h"
#include "bridge-mail/report/words.h"
#include "common/base/fs.h"
#include "tests/unit/check.h"

static struct mail_address who(const char *address)
{
	return (struct mail_address){.address = str_c(address)};
}

/* An address "<letter><number>@x.example" whose place is from `low` to below `high`. */
static struct str find_at(char out[32], char letter, int low, int high)
{
	for (int i = 0;; i++) {
		(void)snprintf(out, 32, "%c%d@x.example", letter, i);
		int place = report_place(str_c(out));
		if (place >= low && place < high)
			return str_c(out);
	}
}

static struct report_mail mail_of(int64_t thread, int64_t day, struct str author,
	const struct mail_addresses *to, const struct mail_addresses *cc)
{
	return (struct report_mail){
		.thread_id = thread,
		.day = day,
		.author = author,
		.to = to,
		.cc = cc,
		.mailbox = STR("voirie@x.example"),
		.raw_bytes = 1000,
		.part_bytes = 100,
		.text_bytes = 200,
		.shown_bytes = 50,
		.words = 40,
		.folded_words = 30,
		.lost_words = 2,
		.files = 1,
		.file_bytes = 500,
		.new_file_bytes = 500,
	};
}

static void check_share(const struct report_share *share, const struct report_share *expected)
{
	assert_int_equal(share->invitations, expected->invitations);
	assert_int_equal(share->digests, expected->digests);
	assert_int_equal(share->mails_in, expected->mails_in);
	assert_int_equal(share->mime_out, expected->mime_out);
	assert_int_equal(share->mime_in, expected->mime_in);
	assert_int_equal(share->notices_mail, expected->notices_mail);
	assert_int_equal(share->notices_chat, expected->notices_chat);
}

/*
 * Day 1: low writes to middle, copy to high (and the mailbox, and middle again). Day 1: middle
 * answers to low. Day 2: high answers to low, twice; low's mail of day 1 comes a second time.
 */
static void test_thread(void **state)
{
	(void)state;
	char names[3][32];
	struct str low = find_at(names[0], 'l', 0, 20);
	struct str middle = find_at(names[1], 'm', 20, 50);
	struct str high = find_at(names[2], 'h', 50, 100);
	struct mail_address to1[] = {who(names[1]), who("Voirie@x.example"), who(names[1])};
	struct mail_address cc1[] = {who(names[2]), who(names[1]), who(names[0])};
	struct mail_address to2[] = {who(names[0])};
	struct mail_addresses none = {0}, first = {to1, 3}, copies = {cc1, 3}, back = {to2, 1};
	struct report_model *model = report_model_new(1000);
	struct report_mail mail = mail_of(1, 1, low, &first, &copies);
	report_model_add(model, &mail);
	struct report_mail again = mail;
	mail = mail_of(1, 1, middle, &back, &none);
	mail.new_file_bytes = 0;
	report_model_add(model, &mail);
	mail = mail_of(1, 2, high, &back, &none);
	report_model_add(model, &mail);
	report_model_add(model, &mail);
	again.duplicate = true;
	report_model_add(model, &again);

	const struct report_counts *c = report_model_counts(model);
	assert_int_equal(c->mails, 5);
	assert_int_equal(c->duplicates, 1);
	assert_int_equal(c->threads, 1);
	assert_int_equal(c->people, 3);
	assert_int_equal(c->copies, 2 + 1 + 1 + 1 + 2);
	assert_int_equal(c->mime_copies, 7000);
	assert_int_equal(c->mime_single, 4000);
	assert_int_equal(c->text_copies, 1400);
	assert_int_equal(c->text_single, 800);
	assert_int_equal(c->file_copies, 3500);
	assert_int_equal(c->file_single, 2000);
	assert_int_equal(c->stored_files, 1500);
	assert_int_equal(c->shown, 200);
	assert_int_equal(c->words, 160);
	assert_int_equal(c->folded_words, 120);
	assert_int_equal(c->lost_words, 8);
	/* All on mail. Mail 1 invites middle and high; mail 2 makes a digest for low and for high;
	 * mails 3 and 4 one for low and for middle. */
	check_share(&c->shares[0], &(struct report_share){.invitations = 2,
					   .digests = 4,
					   .mails_in = 5,
					   .mime_out = 6 * 1000 + (2 + 2 + 4) * 100,
					   .mime_in = 5000,
					   .notices_mail = 6});
	/* High is in chat: told of mails 1 and 2. */
	check_share(&c->shares[1], &(struct report_share){.invitations = 1,
					   .digests = 3,
					   .mails_in = 3,
					   .mime_out = 4 * 1000 + (1 + 1 + 4) * 100,
					   .mime_in = 3000,
					   .notices_mail = 4,
					   .notices_chat = 2});
	/* Only low is on mail. */
	check_share(&c->shares[2], &(struct report_share){.digests = 2,
					   .mails_in = 2,
					   .mime_out = 2 * 1000 + (1 + 2) * 100,
					   .mime_in = 2000,
					   .notices_mail = 2,
					   .notices_chat = 1 + 1 + 1 + 2});
	check_share(&c->shares[3], &(struct report_share){.notices_chat = 8});
	report_model_free(&model);
}

static void test_bounce_comes_by_mail_whoever_is_in_chat(void **state)
{
	(void)state;
	struct mail_addresses none = {0};
	struct report_model *model = report_model_new(1000);
	struct report_mail mail = mail_of(1, 1, STR_EMPTY, &none, &none);
	mail.bounce = true;
	report_model_add(model, &mail);
	const struct report_counts *c = report_model_counts(model);
	assert_int_equal(c->bounces, 1);
	for (size_t i = 0; i < REPORT_SHARES; i++)
		assert_int_equal(c->shares[i].mails_in, 1);
	report_model_free(&model);
}

static void test_words(void **state)
{
	(void)state;
	struct report_memory *memory = report_memory_new();
	struct report_words words;
	struct str first = STR("un deux trois quatre cinq six");
	report_words_count(memory, 1, first, first, &words);
	assert_int_equal(words.all, 6);
	assert_int_equal(words.folded, 0);
	/* Wrapped and indented otherwise, it is the same quotation. */
	report_words_count(memory, 1,
		STR("sept huit neuf\n> un deux trois\n> quatre cinq six\nParti de mon bureau"),
		STR("sept huit neuf"), &words);
	assert_int_equal(words.all, 13);
	assert_int_equal(words.folded, 10);
	assert_int_equal(words.lost, 4);
	/* What another thread has said counts for nothing. */
	report_words_count(memory, 2, STR("dix onze douze un deux trois quatre cinq six"),
		STR("dix onze douze"), &words);
	assert_int_equal(words.folded, 6);
	assert_int_equal(words.lost, 6);
	report_memory_free(&memory);
}

static void test_mbox(void **state)
{
	(void)state;
	char path[] = "/tmp/parvis-test.XXXXXX";
	int fd = mkstemp(path);
	check_ok(fs_write_all(fd, STR("From a Thu Jan  1 00:00:00 2026\nSubject: 1\n\n>From here\n"
				      "From inside\n\nFrom b Thu Jan  1 00:00:00 2026\nSubject: 2\n"
				      "\n>>From there\n")));
	close(fd);
	struct report_source *source = NULL;
	BUF_SCOPE(mail, 1024);
	check_ok(report_source_open(path, &source));
	check_ok(report_source_next(source, &mail));
	check_str(buf_str(&mail), "Subject: 1\n\nFrom here\nFrom inside\n\n");
	check_ok(report_source_next(source, &mail));
	check_str(buf_str(&mail), "Subject: 2\n\n>From there\n");
	assert_int_equal(report_source_next(source, &mail), STATUS_NOT_FOUND);
	report_source_close(&source);
	unlink(path);
	assert_int_equal(report_source_open(path, &source), STATUS_NOT_FOUND);
}

static void test_print(void **state)
{
	(void)state;
	struct report_counts counts = {.mails = 1234567, .copies = 200};
	counts.shares[1] = (struct report_share){.invitations = 20, .digests = 30};
	BUF_SCOPE(text, 1 << 16);
	report_print_text(&counts, REPORT_FRENCH, &text);
	buf_append_byte(&text, '\0');
	assert_non_null(strstr(text.p, "1 234 567"));
	assert_non_null(strstr(text.p, "(-75 %)"));
	buf_clear(&text);
	report_print_svg(&counts, REPORT_ENGLISH, &text);
	buf_append_byte(&text, '\0');
	assert_non_null(
		strstr(text.p, "<title id=\"title\">Mails delivered, before and after</title>"));
	assert_non_null(strstr(text.p, "With 50 % of the people still on mail: 50."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_bounce_comes_by_mail_whoever_is_in_chat),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_mbox),
		cmocka_unit_test(test_print),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
