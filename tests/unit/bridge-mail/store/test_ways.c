/* SPDX-License-Identifier: Apache-2.0 */
/* Rows about the ways in and out: folders at providers, verdicts, automatic answers, priorities. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/store/automatic.h"
#include "bridge-mail/store/imap.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/store/store.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/store/verdicts.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

#define ACCOUNT STR("voirie@imap.example:993")
#define FOLDER	STR("INBOX")

struct fixture {
	char dir[64];
	char db_path[80];
	struct db_writer *writer;
	struct db *db;
	struct arena *arena;
	int64_t mailbox;
	int64_t thread;
	int64_t mail;
	struct imap_folder folder;
};

static enum status fill(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	struct thread thread = {.token = STR("t"), .subject = STR("S"), .base_subject = STR("s")};
	check_ok(mailboxes_put(tx, STR("voirie@ville.example"), STR("V"), &f->mailbox));
	thread.mailbox_id = f->mailbox;
	struct mail_recipient to = {f->mailbox, STR("voirie@ville.example")};
	struct mail_receipt receipt = {
		.content_hash = STR("h"), .via = "imap", .recipients = &to, .recipient_count = 1};
	check_ok(mail_add(tx, &receipt, &f->mail));
	return threads_add(tx, &thread, &f->thread);
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

static enum status put_folder(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	return imap_folder_put(tx, ACCOUNT, FOLDER, &f->folder, &f->folder.folder_id);
}

static enum status add_mails(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	check_ok(imap_mail_add(tx, &f->folder, 7, f->mail, IMAP_MAIL_KEPT, STR_EMPTY));
	check_ok(imap_mail_add(tx, &f->folder, 5, f->mail, IMAP_MAIL_KEPT, STR_EMPTY));
	check_ok(imap_mail_add(tx, &f->folder, 8, 0, IMAP_MAIL_PASSED, STR("a draft")));
	check_status(imap_mail_add(tx, &f->folder, 5, f->mail, IMAP_MAIL_KEPT, STR_EMPTY),
		STATUS_EXISTS);
	return STATUS_OK;
}

static enum status set_done(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct fixture *f = arg;
	check_ok(imap_mail_done(tx, &f->folder, 5));
	return imap_mail_done(tx, &f->folder, 8);
}

static void test_imap(void **state)
{
	struct fixture *f = *state;
	struct imap_folder found;
	int64_t uids[2];
	size_t count;
	check_status(imap_folder_find(f->db, ACCOUNT, FOLDER, &found), STATUS_NOT_FOUND);
	f->folder = (struct imap_folder){
		.uid_validity = 3, .next_uid = 1, .since = 99, .existing_to = 4};
	check_ok(db_write(f->writer, put_folder, f));
	check_ok(db_write(f->writer, add_mails, f));
	check_ok(imap_folder_find(f->db, ACCOUNT, FOLDER, &found));
	assert_int_equal(found.next_uid, 9);
	assert_int_equal(found.existing_to, 4);
	check_ok(imap_mails_kept(f->db, &found, uids, 2, &count));
	assert_int_equal(count, 2);
	assert_int_equal(uids[0], 5);
	assert_int_equal(uids[1], 7);
	check_ok(db_write(f->writer, set_done, f));
	check_ok(imap_mails_kept(f->db, &found, uids, 2, &count));
	assert_int_equal(count, 1);
	assert_int_equal(uids[0], 7);

	/* Under new numbers the old ones mean nothing. */
	f->folder = (struct imap_folder){
		.uid_validity = 4, .next_uid = 1, .since = 99, .renumbered = true};
	check_ok(db_write(f->writer, put_folder, f));
	check_ok(imap_folder_find(f->db, ACCOUNT, FOLDER, &found));
	assert_int_equal(found.uid_validity, 4);
	assert_int_equal(found.next_uid, 1);
	assert_true(found.renumbered);
	check_ok(imap_mails_kept(f->db, &found, uids, 2, &count));
	assert_int_equal(count, 0);
	check_ok(db_write(f->writer, add_mails, f));
}

static enum status put_verdicts(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct fixture *f = arg;
	struct verdict one = {
		VERDICT_FAILED, VERDICT_OURS, STR("ville.example"), STR("no signature")};
	struct verdict two = {VERDICT_VERIFIED, 0, STR_EMPTY, STR_EMPTY};
	check_ok(verdict_put(tx, f->mail, &one));
	return verdict_put(tx, f->mail, &two);
}

static void test_verdicts(void **state)
{
	struct fixture *f = *state;
	struct verdict verdict;
	check_status(verdict_get(f->db, f->mail, f->arena, &verdict), STATUS_NOT_FOUND);
	check_ok(db_write(f->writer, put_verdicts, f));
	check_ok(verdict_get(f->db, f->mail, f->arena, &verdict));
	assert_int_equal(verdict.state, VERDICT_FAILED);
	assert_int_equal(verdict.flags, VERDICT_OURS);
	check_str(verdict.domain, "ville.example");
	check_str(verdict.reason, "no signature");
}

static enum status take_answers(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	check_ok(automatic_take(tx, STR("a@x"), "hello", 1000, 500));
	check_status(automatic_take(tx, STR("a@x"), "hello", 1499, 500), STATUS_LIMITED);
	check_ok(automatic_take(tx, STR("b@x"), "hello", 1499, 500));
	check_ok(automatic_take(tx, STR("a@x"), "other", 1499, 500));
	check_ok(automatic_take(tx, STR("a@x"), "hello", 1500, 500));
	return STATUS_OK;
}

static void test_automatic(void **state)
{
	struct fixture *f = *state;
	check_ok(db_write(f->writer, take_answers, f));
}

static enum status add_digest(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct fixture *f = arg;
	const struct str to = STR_INIT("a@x");
	struct outgoing_mail digest = {.thread_id = f->thread,
		.event_id = STR("$digest"),
		.message_id = STR("m@x"),
		.content_hash = STR("h"),
		.created_at = 1,
		.priority = OUTGOING_OF_PROGRAM};
	int64_t id;
	return outgoing_add(tx, &digest, &to, 1, &id);
}

static void test_priority(void **state)
{
	struct fixture *f = *state;
	struct outgoing_recipient r;
	check_ok(db_write(f->writer, add_digest, f));
	check_status(outgoing_next(f->db, OUTGOING_OF_PERSON, f->arena, &r), STATUS_NOT_FOUND);
	check_ok(outgoing_next(f->db, OUTGOING_OF_PROGRAM, f->arena, &r));
	assert_int_equal(r.mail.priority, OUTGOING_OF_PROGRAM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_imap),
		TEST(test_verdicts),
		TEST(test_automatic),
		TEST(test_priority),
	};
	return cmocka_run_group_tests_name("ways", tests, NULL, NULL);
}
