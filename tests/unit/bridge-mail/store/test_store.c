/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge-mail/store/ghosts.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/store/posts.h"
#include "bridge-mail/store/store.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/store/transactions.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

struct fixture {
	char dir[64];
	char db_path[80];
	struct db_writer *writer;
	struct db *db;
	struct arena *arena;
	int64_t mailbox;
	int64_t thread;
};

static enum status fill(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	struct thread thread = {.token = STR("t"), .subject = STR("S"), .base_subject = STR("s")};
	check_ok(mailboxes_put(tx, STR("voirie@ville.example"), STR("V"), &f->mailbox));
	check_ok(mailboxes_put(tx, STR("voirie@ville.example"), STR("Voirie"), &f->mailbox));
	thread.mailbox_id = f->mailbox;
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

static void test_mailboxes(void **state)
{
	struct fixture *f = *state;
	struct mailbox_row row;
	check_ok(mailboxes_find(f->db, STR("VOIRIE@ville.example"), f->arena, &row));
	assert_int_equal(row.mailbox_id, f->mailbox);
	check_str(row.name, "Voirie");
	assert_null(row.space_id.p);
	check_status(mailboxes_find(f->db, STR("x@y"), f->arena, &row), STATUS_NOT_FOUND);
}

static enum status add_deliveries(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	int64_t mail_id;
	struct mail_recipient to[] = {
		{f->mailbox, STR("voirie@ville.example")}, {f->mailbox, STR("voirie+x@v.example")}};
	struct mail_receipt receipt = {
		.content_hash = STR("h"), .via = "smtp", .recipients = to, .recipient_count = 2};
	for (int i = 0; i < 3; i++)
		check_ok(mail_add(tx, &receipt, &mail_id));
	check_ok(delivery_set_thread(tx, 1, f->thread, STR("id@x"), STR("key")));
	check_status(delivery_set_thread(tx, 2, f->thread, STR("id@x"), STR("key")), STATUS_EXISTS);
	return delivery_set_thread(tx, 3, f->thread, STR("id@x"), STR("other"));
}

static enum status finish_deliveries(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	check_ok(delivery_finish(tx, 1, DELIVERY_POSTED, STR_EMPTY));
	check_ok(delivery_finish(tx, 2, DELIVERY_DUPLICATE, STR("same as 1")));
	return delivery_retry(tx, 3, 99, STR("away"));
}

static void test_deliveries(void **state)
{
	struct fixture *f = *state;
	struct delivery d;
	int64_t other, open;
	check_ok(db_write(f->writer, add_deliveries, f));
	/* Two recipients of one mailbox make one delivery. */
	check_ok(deliveries_open_count(f->db, &open));
	assert_int_equal(open, 3);
	check_ok(delivery_next(f->db, 0, f->arena, &d));
	assert_int_equal(d.delivery_id, 1);
	assert_int_equal(d.state, DELIVERY_THREADED);
	check_str(d.mail_from, "");
	check_ok(delivery_find_same(f->db, f->mailbox, STR("id@x"), STR("key"), &other));
	assert_int_equal(other, 1);
	check_ok(db_write(f->writer, finish_deliveries, f));
	check_ok(delivery_next(f->db, 0, f->arena, &d));
	assert_int_equal(d.delivery_id, 3);
	assert_int_equal(d.attempts, 1);
	assert_int_equal(d.next_try_at, 99);
}

static enum status add_messages(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	struct message_row ghost = {.mailbox_id = f->mailbox,
		.message_id = STR("a@x"),
		.thread_id = f->thread,
		.at = 1};
	struct message_row seen = ghost;
	seen.seen = true;
	seen.sender = STR("jean@x");
	seen.refs = STR("r@x");
	seen.at = 5;
	struct message_row again = seen;
	again.sender = STR("eve@x");
	struct message_row ours = seen;
	ours.message_id = STR("b@x");
	ours.outgoing = true;
	ours.at = 9;
	check_ok(messages_put(tx, &ghost));
	check_ok(messages_put(tx, &seen));
	check_ok(messages_put(tx, &again));
	check_ok(messages_put(tx, &ghost));
	return messages_put(tx, &ours);
}

static void test_messages(void **state)
{
	struct fixture *f = *state;
	struct message_row row;
	check_ok(db_write(f->writer, add_messages, f));
	check_ok(messages_find(f->db, f->mailbox, STR("a@x"), f->arena, &row));
	assert_true(row.seen);
	check_str(row.sender, "jean@x");
	check_str(row.refs, "r@x");
	check_ok(messages_last_received(f->db, f->thread, f->arena, &row));
	check_str(row.message_id, "a@x");
	check_ok(messages_last(f->db, f->thread, f->arena, &row));
	check_str(row.message_id, "b@x");
}

static enum status add_participants(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	struct participant p = {.address = STR("jean@x"), .role = PARTICIPANT_CC};
	check_ok(participant_put(tx, f->thread, &p));
	p.name = STR("Jean");
	p.reply_to = STR("autre@x");
	p.role = PARTICIPANT_SENDER;
	check_ok(participant_put(tx, f->thread, &p));
	p.name = STR_EMPTY;
	p.reply_to = STR("non@x");
	p.role = PARTICIPANT_TO;
	check_ok(participant_put(tx, f->thread, &p));
	for (int i = 0; i < THREAD_MAX_PARTICIPANTS + 10; i++) {
		p.address = arena_printf(tx->arena, "z%d@x", i);
		check_ok(participant_put(tx, f->thread, &p));
	}
	return STATUS_OK;
}

static void test_participants(void **state)
{
	struct fixture *f = *state;
	struct participant *list;
	size_t count;
	check_ok(db_write(f->writer, add_participants, f));
	check_ok(participants_of(f->db, f->thread, f->arena, &list, &count));
	assert_int_equal(count, THREAD_MAX_PARTICIPANTS);
	check_str(list[0].address, "jean@x");
	check_str(list[0].name, "Jean");
	check_str(list[0].reply_to, "autre@x");
	assert_int_equal(list[0].role, PARTICIPANT_SENDER);
}

static enum status add_outgoing(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	const struct str to[] = {STR_INIT("a@x"), STR_INIT("b@x"), STR_INIT("a@x")};
	struct outgoing_mail mail = {.thread_id = f->thread,
		.event_id = STR("$e"),
		.message_id = STR("m@x"),
		.content_hash = STR("h"),
		.created_at = 5};
	int64_t id;
	check_ok(outgoing_add(tx, &mail, to, 3, &id));
	check_status(outgoing_add(tx, &mail, to, 3, &id), STATUS_EXISTS);
	check_ok(outgoing_set(tx, 1, STR("a@x"), OUTGOING_SENDING, 0, 6, STR("")));
	return outgoing_set(tx, 1, STR("b@x"), OUTGOING_SENT, 0, 7, STR("250 ok"));
}

static enum status end_unclear(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	return outgoing_set(tx, 1, STR("a@x"), OUTGOING_UNCLEAR, 90, 8, STR("no answer"));
}

static enum status set_told(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	return outgoing_set_told(tx, 1, STR("b@x"));
}

static enum status add_second_outgoing(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	const struct str to[] = {STR_INIT("a@x"), STR_INIT("c@x")};
	struct outgoing_mail mail = {.thread_id = f->thread,
		.event_id = STR("$f"),
		.message_id = STR("n@x"),
		.content_hash = STR("i"),
		.created_at = 9};
	int64_t id;
	return outgoing_add(tx, &mail, to, 2, &id);
}

static enum status send_to_c(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	return outgoing_set(tx, 2, STR("c@x"), OUTGOING_SENT, 0, 10, STR("250 ok"));
}

static void test_outgoing(void **state)
{
	struct fixture *f = *state;
	struct outgoing_recipient r;
	int64_t sent;
	check_ok(db_write(f->writer, add_outgoing, f));
	check_status(outgoing_next(f->db, OUTGOING_OF_PERSON, f->arena, &r), STATUS_NOT_FOUND);
	check_ok(outgoing_next_sending(f->db, f->arena, &r));
	check_str(r.address, "a@x");
	assert_int_equal(r.attempts, 0);
	check_ok(db_write(f->writer, end_unclear, f));
	check_status(outgoing_next_sending(f->db, f->arena, &r), STATUS_NOT_FOUND);
	check_ok(outgoing_next(f->db, OUTGOING_OF_PERSON, f->arena, &r));
	assert_int_equal(r.state, OUTGOING_UNCLEAR);
	assert_int_equal(r.attempts, 1);
	check_str(r.last_reply, "no answer");
	check_ok(outgoing_sent_at(f->db, 1, &sent));
	assert_int_equal(sent, 7);
	check_status(outgoing_sent_at(f->db, 2, &sent), STATUS_NOT_FOUND);
	check_ok(outgoing_next_untold(f->db, f->arena, &r));
	check_str(r.address, "b@x");
	check_ok(db_write(f->writer, set_told, f));
	check_status(outgoing_next_untold(f->db, f->arena, &r), STATUS_NOT_FOUND);
}

/* A later mail of the thread to the same address waits for the earlier one, to another not. */
static void test_outgoing_order(void **state)
{
	struct fixture *f = *state;
	struct outgoing_recipient r;
	check_ok(db_write(f->writer, add_outgoing, f));
	check_ok(db_write(f->writer, end_unclear, f));
	check_ok(db_write(f->writer, add_second_outgoing, f));
	check_ok(outgoing_next(f->db, OUTGOING_OF_PERSON, f->arena, &r));
	check_str(r.address, "c@x");
	assert_int_equal(r.mail.outgoing_id, 2);
	check_ok(db_write(f->writer, send_to_c, f));
	check_ok(outgoing_next(f->db, OUTGOING_OF_PERSON, f->arena, &r));
	check_str(r.address, "a@x");
	assert_int_equal(r.mail.outgoing_id, 1);
}

static enum status add_transactions(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct room_event_row events[] = {
		{.event_id = STR("$1"), .room_id = STR("!r"), .json = STR("{}")},
		{.event_id = STR("$2"), .room_id = STR("!r"), .json = STR("{}")},
	};
	(void)arg;
	check_ok(transaction_add(tx, STR("t1"), 1, events, 2));
	check_ok(transaction_add(tx, STR("t2"), 2, events, 2));
	return transaction_add(tx, STR("t1"), 3, events, 2);
}

static enum status keep_transactions(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct room_event_row event = {
		.event_id = STR("$1"), .room_id = STR("!r"), .json = STR("{}")};
	(void)arg;
	check_ok(transaction_add(tx, STR("t1"), 1, &event, 1));
	check_ok(room_event_done(tx, 1));
	return transactions_prune(tx, 5);
}

static void test_transactions(void **state)
{
	struct fixture *f = *state;
	struct room_event_row row;
	/* A transaction taken before rolls back whatever its change has done. */
	check_status(db_write(f->writer, add_transactions, NULL), STATUS_EXISTS);
	check_status(room_event_next(f->db, f->arena, &row), STATUS_NOT_FOUND);
	check_ok(db_write(f->writer, keep_transactions, NULL));
	check_status(room_event_next(f->db, f->arena, &row), STATUS_NOT_FOUND);
}

static void test_mail_files(void **state)
{
	struct fixture *f = *state;
	char hash[MAIL_HASH_CHARS + 1], again[MAIL_HASH_CHARS + 1];
	const char *path = NULL;
	struct mail_spool *spool = NULL;
	check_ok(mail_file_put(f->dir, STR("hello"), hash));
	assert_string_equal(
		hash, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	check_ok(mail_spool_new(f->dir, &spool));
	check_ok(mail_spool_append(spool, STR("hel")));
	check_ok(mail_spool_append(spool, STR("lo")));
	check_ok(mail_spool_keep(spool, again));
	mail_spool_free(&spool);
	assert_string_equal(hash, again);
	check_ok(mail_file_path(f->dir, str_c(hash), f->arena, &path));
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 0777, 0600);
	check_status(
		mail_file_path(f->dir, STR("../../etc/passwd"), f->arena, &path), STATUS_INVALID);
	/* What a crash leaves is gone at the next start. */
	check_ok(mail_spool_new(f->dir, &spool));
	check_ok(mail_spool_append(spool, STR("half")));
	mail_files_sweep(f->dir);
	char command[128];
	snprintf(command, sizeof(command), "test -z \"$(ls %s/tmp)\"", f->dir);
	assert_int_equal(system(command), 0);
	mail_spool_free(&spool);
}

/* Whole tables may be read only where they have a row for each mailbox of the configuration. A
 * partial index is as small as what is open. */
static bool plan_is_fine(struct str detail)
{
	if (!str_starts(detail, STR("SCAN ")))
		return true;
	return str_find(detail, STR("USING INDEX deliveries_open")) >= 0 ||
	       str_find(detail, STR("USING COVERING INDEX deliveries_open")) >= 0 ||
	       str_find(detail, STR("USING INDEX room_events_waiting")) >= 0 ||
	       str_find(detail, STR("USING INDEX outgoing_due")) >= 0 ||
	       str_find(detail, STR("USING INDEX outgoing_untold")) >= 0 ||
	       str_find(detail, STR("USING INDEX outgoing_reported")) >= 0 ||
	       str_find(detail, STR("USING INDEX outgoing_failed")) >= 0 ||
	       str_find(detail, STR("USING INDEX orders_open")) >= 0 ||
	       /* from its end, as far as the rate per hour */
	       str_find(detail, STR("USING INDEX outgoing_sent")) >= 0 ||
	       str_find(detail, STR("CONSTANT ROW")) >= 0 ||
	       str_eq(detail, STR("SCAN sqlite_schema")) ||
	       str_starts(detail, STR("SCAN mailboxes"));
}

static void test_query_plans(void **state)
{
	struct fixture *f = *state;
	const struct db_sql *list = NULL;
	size_t count = db_sql_all(&list);
	assert_true(count > 30);
	struct db_sql *plans = ARENA_ARRAY(f->arena, struct db_sql, count);
	for (size_t i = 0; i < count; i++) {
		plans[i].text = arena_printf(f->arena, "EXPLAIN QUERY PLAN %s", list[i].text).p;
		DB_QUERY(q, f->db, &plans[i]);
		while (db_step(q) == DB_ROW)
			if (!plan_is_fine(db_col_str(q, 3)))
				fail_msg("%.*s: %s", STR_FMT(db_col_str(q, 3)), list[i].text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mailboxes),
		TEST(test_deliveries),
		TEST(test_messages),
		TEST(test_participants),
		TEST(test_outgoing),
		TEST(test_outgoing_order),
		TEST(test_transactions),
		TEST(test_mail_files),
		TEST(test_query_plans),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
