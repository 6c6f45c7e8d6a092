/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/store.h"
#include "bridge-mail/thread/choose.h"
#include "bridge-mail/thread/relate.h"
#include "bridge-mail/thread/token.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

#define NOW   INT64_C(1795165200000)
#define DAY   (INT64_C(24) * 3600 * 1000)
#define TOKEN "00ff00ff00ff00ff"

static const struct str secret = STR_INIT("secret");

struct fixture {
	char dir[64];
	char db_path[80];
	struct db_writer *writer;
	struct db *db;
	struct arena *arena;
	int64_t voirie, mairie; /* mailboxes */
	int64_t old, pothole;	/* threads of voirie */
	int64_t elsewhere;	/* a thread of mairie */
};

static enum status add_thread(struct db_tx *tx, int64_t mailbox, const char *token,
	const char *subject, int64_t at, int64_t *out) REQUIRES(on_writer)
{
	struct thread thread = {
		.mailbox_id = mailbox,
		.token = str_c(token),
		.subject = str_c(subject),
		.base_subject = str_c(subject),
		.thread_index =
			str_c(token).p[0] == '0' ? STR("abcdefghijklmnopqrstuv") : STR_EMPTY,
		.created_at = at,
		.last_at = at,
	};
	enum status status = threads_add(tx, &thread, out);
	struct participant jean = {.address = STR("jean@orange.example"),
		.name = STR("Jean"),
		.role = PARTICIPANT_SENDER};
	return status == STATUS_OK ? participant_put(tx, *out, &jean) : status;
}

static enum status add_message(struct db_tx *tx, int64_t mailbox, int64_t thread, const char *id,
	bool seen) REQUIRES(on_writer)
{
	struct message_row row = {.mailbox_id = mailbox,
		.message_id = str_c(id),
		.thread_id = thread,
		.seen = seen,
		.at = NOW};
	return messages_put(tx, &row);
}

static enum status fill(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	check_ok(mailboxes_put(tx, STR("voirie@ville.example"), STR("Voirie"), &f->voirie));
	check_ok(mailboxes_put(tx, STR("mairie@ville.example"), STR("Mairie"), &f->mairie));
	check_ok(add_thread(tx, f->voirie, "1old", "facture", NOW - 40 * DAY, &f->old));
	check_ok(add_thread(tx, f->voirie, TOKEN, "nid de poule", NOW - 2 * DAY, &f->pothole));
	check_ok(add_thread(tx, f->mairie, "2else", "nid de poule", NOW - DAY, &f->elsewhere));
	check_ok(add_message(tx, f->voirie, f->pothole, "seen@x", true));
	check_ok(add_message(tx, f->voirie, f->pothole, "ghost@x", false));
	check_ok(add_message(tx, f->voirie, f->old, "old@x", true));
	check_ok(add_message(tx, f->mairie, f->elsewhere, "else@x", true));
	return STATUS_OK;
}

static int setup(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->dir, sizeof(f->dir), "/tmp/parvis-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->db_path, sizeof(f->db_path), "%s/bridge.db", f->dir);
	check_ok(store_open(f->dir, f->db_path, NULL, &f->writer));
	check_ok(db_write(f->writer, fill, f));
	check_ok(db_open(f->db_path, true, &f->db));
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	db_close(&f->db);
	db_writer_stop(&f->writer);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	arena_free(&f->arena);
	free(f);
	return 0;
}

struct expected {
	enum choose_reason reason;
	int64_t thread_id;
};

static struct expected choose(struct fixture *f, const struct mail *mail)
{
	struct subject subject;
	struct thread thread = {0};
	struct expected got;
	subject_read(f->arena, mail->subject, &subject);
	struct choose_query query = {.mail = mail,
		.subject = &subject,
		.mailbox_id = f->voirie,
		.secret = secret,
		.now = NOW};
	check_ok(choose_thread(f->db, &query, f->arena, &got.reason, &thread));
	got.thread_id = thread.thread_id;
	return got;
}

static void check_choice(
	struct fixture *f, const struct mail *mail, enum choose_reason reason, int64_t thread_id)
{
	struct expected got = choose(f, mail);
	assert_string_equal(choose_reason_name(got.reason), choose_reason_name(reason));
	assert_int_equal(got.thread_id, thread_id);
}

static struct mail a_mail(void)
{
	return (struct mail){
		.message_id = STR("new@x"),
		.subject = STR("Autre chose"),
		.from = {.address = STR("Jean@orange.example")},
	};
}

static void test_new(void **state)
{
	struct mail mail = a_mail();
	check_choice(*state, &mail, CHOSEN_NEW, 0);
	/* Known already, and seen: another mail under the same id starts its own thread. */
	mail.message_id = STR("seen@x");
	check_choice(*state, &mail, CHOSEN_NEW, 0);
}

static void test_token_wins(void **state)
{
	struct fixture *f = *state;
	struct mail mail = a_mail();
	const struct str refs[] = {
		token_message_id(f->arena, secret, STR(TOKEN), STR("$e"), STR("ville.example")),
		STR("old@x"),
	};
	const struct str parent[] = {STR("old@x")};
	mail.references = (struct mail_ids){refs, 2};
	mail.in_reply_to = (struct mail_ids){parent, 1};
	check_choice(f, &mail, CHOSEN_BY_TOKEN, f->pothole);
	/* Of another mailbox: counts for nothing. */
	const struct str foreign[] = {
		token_message_id(f->arena, secret, STR("2else"), STR("$e"), STR("ville.example"))};
	mail.references = (struct mail_ids){foreign, 1};
	check_choice(f, &mail, CHOSEN_BY_REPLY, f->old);
	const struct str forged[] = {token_message_id(
		f->arena, STR("guess"), STR(TOKEN), STR("$e"), STR("ville.example"))};
	mail.in_reply_to = (struct mail_ids){forged, 1};
	mail.references = (struct mail_ids){forged, 1};
	check_choice(f, &mail, CHOSEN_NEW, 0);
}

static void test_parent_that_comes_late(void **state)
{
	struct fixture *f = *state;
	struct mail mail = a_mail();
	mail.message_id = STR("ghost@x");
	check_choice(f, &mail, CHOSEN_BY_GHOST, f->pothole);
}

static void test_in_reply_to(void **state)
{
	struct fixture *f = *state;
	struct mail mail = a_mail();
	const struct str parent[] = {STR("unknown@x"), STR("seen@x")};
	mail.in_reply_to = (struct mail_ids){parent, 2};
	check_choice(f, &mail, CHOSEN_BY_REPLY, f->pothole);
	const struct str foreign[] = {STR("else@x")};
	mail.in_reply_to = (struct mail_ids){foreign, 1};
	check_choice(f, &mail, CHOSEN_NEW, 0);
}

static void test_references_need_the_subject(void **state)
{
	struct fixture *f = *state;
	struct mail mail = a_mail();
	const struct str refs[] = {STR("seen@x"), STR("old@x"), STR("unknown@x")};
	mail.references = (struct mail_ids){refs, 3};
	check_choice(f, &mail, CHOSEN_NEW, 0);
	mail.subject = STR("Re: Nid de poule");
	check_choice(f, &mail, CHOSEN_BY_REFERENCE, f->pothole);
	mail.subject = STR("Re: Facture");
	check_choice(f, &mail, CHOSEN_BY_REFERENCE, f->old);
}

static void test_thread_index(void **state)
{
	struct fixture *f = *state;
	struct mail mail = a_mail();
	mail.thread_index = STR("abcdefghijklmnopqrstuv12345");
	check_choice(f, &mail, CHOSEN_BY_INDEX, f->pothole);
	mail.thread_index = STR("abcdefghijklmnopqrstuX12345");
	check_choice(f, &mail, CHOSEN_NEW, 0);
}

static void test_subject(void **state)
{
	struct fixture *f = *state;
	struct mail mail = a_mail();
	mail.subject = STR("R\xc3\xa9 : Nid de poule");
	check_choice(f, &mail, CHOSEN_BY_SUBJECT, f->pothole);
	mail.subject = STR("Nid de poule"); /* no prefix of an answer */
	check_choice(f, &mail, CHOSEN_NEW, 0);
	mail.subject = STR("TR: Nid de poule");
	check_choice(f, &mail, CHOSEN_NEW, 0);
	mail.subject = STR("Re: Facture"); /* forty days ago */
	check_choice(f, &mail, CHOSEN_NEW, 0);
	mail.subject = STR("Re: Nid de poule");
	mail.from.address = STR("eve@x.example"); /* takes no part */
	check_choice(f, &mail, CHOSEN_NEW, 0);
	const struct mail_address cc[] = {{.address = STR("jean@orange.example")}};
	mail.cc = (struct mail_addresses){cc, 1};
	check_choice(f, &mail, CHOSEN_BY_SUBJECT, f->pothole);
	mail.flags = MAIL_LIST;
	check_choice(f, &mail, CHOSEN_NEW, 0);
}

static void check_related(struct fixture *f, const struct mail *mail, size_t expected)
{
	int64_t list[RELATE_MAX];
	size_t count;
	struct subject subject;
	subject_read(f->arena, mail->subject, &subject);
	struct choose_query query = {.mail = mail,
		.subject = &subject,
		.mailbox_id = f->voirie,
		.secret = secret,
		.now = NOW};
	check_ok(relate_threads(f->db, &query, f->pothole, f->arena, list, &count));
	assert_int_equal(count, expected);
	if (expected > 0)
		assert_int_equal(list[0], f->old);
}

/* Waited for in one thread, it answers another. */
static void test_related(void **state)
{
	struct fixture *f = *state;
	const struct str parents[] = {STR("old@x"), STR("else@x")};
	struct mail mail = a_mail();
	mail.message_id = STR("ghost@x");
	check_related(f, &mail, 0);
	mail.references = (struct mail_ids){parents, 2};
	mail.subject = STR("Re: Autre");
	check_related(f, &mail, 0);
	mail.subject = STR("Re: Facture");
	check_related(f, &mail, 1);
	mail.references = (struct mail_ids){0};
	mail.in_reply_to = (struct mail_ids){parents, 2};
	mail.subject = STR("Autre");
	check_related(f, &mail, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new),
		TEST(test_token_wins),
		TEST(test_parent_that_comes_late),
		TEST(test_in_reply_to),
		TEST(test_references_need_the_subject),
		TEST(test_thread_index),
		TEST(test_subject),
		TEST(test_related),
	};
	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
