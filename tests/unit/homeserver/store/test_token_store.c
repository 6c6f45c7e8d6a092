/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/token_store.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

#define CAMILLE STR("@camille:here")
#define PHONE	STR("PHONE")

struct fixture {
	char path[64];
	struct db *db;
	struct db_writer *writer;
	struct arena *arena;
};

static enum status make_account(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	bool created;
	(void)arg;
	const struct account account = {.user_id = CAMILLE, .created_ts = 1};
	enum status status = account_create(tx, &account);
	return status != STATUS_OK ? status
				   : device_ensure(tx, CAMILLE, PHONE, STR("Phone"), &created);
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->path, sizeof(f->path), "/tmp/parvis-tokens-XXXXXX");
	int fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
	check_ok(db_open(f->path, false, &f->db));
	check_ok(db_migrate(f->db, homeserver_migrations, homeserver_migrations_count));
	check_ok(db_writer_start(f->path, f, &f->writer));
	check_ok(db_write(f->writer, make_account, NULL));
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(&f->arena);
	db_writer_stop(&f->writer);
	db_close(&f->db);
	unlink(f->path);
	free(f);
	return 0;
}

static enum status add_pair(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return token_add_pair(tx, arg);
}

static void give(struct fixture *f, const char *access, const char *refresh, const char *replaces)
{
	struct token_pair pair = {
		.user_id = CAMILLE,
		.device_id = PHONE,
		.access = str_c(access),
		.refresh = str_c(refresh),
		.expires_ts = refresh == NULL ? 0 : 5000,
		.replaces = str_c(replaces),
	};
	check_ok(db_write(f->writer, add_pair, &pair));
}

static enum status use_access(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return token_used(tx, str_c(arg));
}

static enum status use_refresh(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return token_refresh_used(tx, str_c(arg));
}

static enum status access_of(struct fixture *f, const char *token, struct token_owner *out)
{
	return token_find_access(f->db, f->arena, str_c(token), out);
}

static bool lives(struct fixture *f, const char *access)
{
	struct token_owner owner;
	return access_of(f, access, &owner) == STATUS_OK;
}

static bool refresh_lives(struct fixture *f, const char *refresh)
{
	struct token_owner owner;
	return token_find_refresh(f->db, f->arena, str_c(refresh), &owner) == STATUS_OK;
}

static void a_token_knows_its_owner(void **state)
{
	struct fixture *f = *state;
	struct token_owner owner;
	give(f, "a1", NULL, NULL);
	check_ok(access_of(f, "a1", &owner));
	check_str(owner.user_id, "@camille:here");
	check_str(owner.device_id, "PHONE");
	assert_int_equal(owner.expires_ts, 0);
	assert_false(owner.first_use);
	check_status(access_of(f, "a2", &owner), STATUS_NOT_FOUND);
	check_status(access_of(f, "", &owner), STATUS_NOT_FOUND);
	assert_false(refresh_lives(f, "a1"));
}

static void the_old_pair_dies_with_the_first_use_of_the_new_token(void **state)
{
	struct fixture *f = *state;
	struct token_owner owner;
	char a2[] = "a2";
	give(f, "a1", "r1", NULL);
	give(f, "a2", "r2", "r1");
	assert_true(lives(f, "a1") && refresh_lives(f, "r1"));
	check_ok(access_of(f, "a2", &owner));
	assert_true(owner.first_use);
	assert_int_equal(owner.expires_ts, 5000);
	check_ok(db_write(f->writer, use_access, a2));
	assert_false(lives(f, "a1") || refresh_lives(f, "r1"));
	assert_true(lives(f, "a2") && refresh_lives(f, "r2"));
	check_ok(access_of(f, "a2", &owner));
	assert_false(owner.first_use);
	check_ok(db_write(f->writer, use_access, a2));
	assert_true(lives(f, "a2") && refresh_lives(f, "r2"));
}

static void it_dies_with_the_first_use_of_the_new_refresh_token_too(void **state)
{
	struct fixture *f = *state;
	char r2[] = "r2";
	give(f, "a1", "r1", NULL);
	give(f, "a2", "r2", "r1");
	check_ok(db_write(f->writer, use_refresh, r2));
	assert_false(lives(f, "a1") || refresh_lives(f, "r1"));
	give(f, "a3", "r3", "r2");
	assert_true(lives(f, "a2") && refresh_lives(f, "r2") && lives(f, "a3"));
}

static void a_lost_answer_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	give(f, "a1", "r1", NULL);
	give(f, "lost", "lost refresh", "r1");
	give(f, "a2", "r2", "r1");
	assert_false(lives(f, "lost") || refresh_lives(f, "lost refresh"));
	assert_true(lives(f, "a1") && refresh_lives(f, "r1") && lives(f, "a2"));
}

static enum status drop_device(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	return device_delete(tx, CAMILLE, PHONE);
}

static void a_device_takes_its_tokens_along(void **state)
{
	struct fixture *f = *state;
	give(f, "a1", "r1", NULL);
	check_ok(db_write(f->writer, drop_device, NULL));
	assert_false(lives(f, "a1") || refresh_lives(f, "r1"));
	check_status(db_write(f->writer, drop_device, NULL), STATUS_NOT_FOUND);
}

static enum status deactivate(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	return account_deactivate(tx, CAMILLE);
}

static void a_deactivated_account_has_none(void **state)
{
	struct fixture *f = *state;
	give(f, "a1", "r1", NULL);
	check_ok(db_write(f->writer, deactivate, NULL));
	assert_false(lives(f, "a1") || refresh_lives(f, "r1"));
	check_status(account_exists(f->db, CAMILLE), STATUS_NOT_FOUND);
	check_status(db_write(f->writer, make_account, NULL), STATUS_EXISTS);
}

struct short_token {
	enum token_purpose purpose;
	const char *token;
	int64_t expires_ts;
	int64_t now;
};

static enum status add_short(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct short_token *t = arg;
	return token_add_short(tx, t->purpose, str_c(t->token), CAMILLE, t->expires_ts, t->now);
}

static enum status take_short(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct short_token *t = arg;
	struct str user_id;
	return token_take_short(tx, t->purpose, str_c(t->token), t->now, &user_id);
}

static void short_tokens_are_for_one_purpose_and_a_time(void **state)
{
	struct fixture *f = *state;
	struct str user_id;
	struct short_token login = {TOKEN_LOGIN, "l1", 2000, 1000};
	struct short_token openid = {TOKEN_OPENID, "o1", 2000, 1000};
	check_ok(db_write(f->writer, add_short, &login));
	check_ok(db_write(f->writer, add_short, &openid));
	check_ok(token_find_short(f->db, f->arena, TOKEN_OPENID, STR("o1"), 2000, &user_id));
	check_str(user_id, "@camille:here");
	check_status(token_find_short(f->db, f->arena, TOKEN_LOGIN, STR("o1"), 2000, &user_id),
		STATUS_NOT_FOUND);
	check_status(token_find_short(f->db, f->arena, TOKEN_OPENID, STR("o1"), 2001, &user_id),
		STATUS_NOT_FOUND);
	check_ok(db_write(f->writer, take_short, &login));
	check_status(db_write(f->writer, take_short, &login), STATUS_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_knows_its_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_old_pair_dies_with_the_first_use_of_the_new_token, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			it_dies_with_the_first_use_of_the_new_refresh_token_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_lost_answer_leaves_nothing_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_device_takes_its_tokens_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_deactivated_account_has_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			short_tokens_are_for_one_purpose_and_a_time, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
