/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of rooms that were there before them; connections and their states. */
#include <stdio.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/store/sliding_store.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

DB_SQL(sql_test_name, "INSERT INTO names (id, name) VALUES (?1, ?2)");
DB_SQL(sql_test_room, "INSERT INTO rooms (id, room_id, version) VALUES (?1, ?2, '12')");
DB_SQL(sql_test_event,
	"INSERT INTO events (position, event_id, room, type, state_key, sender, origin_server_ts, "
	"depth, json) VALUES (?1, '$' || ?1, ?2, ?3, ?4, 9, 0, 0, ?5)");
DB_SQL(sql_test_state, "INSERT INTO current_state (room, type, state_key, event, changed) "
		       "SELECT room, type, state_key, position, position FROM events "
		       "WHERE position = ?1");
DB_SQL(sql_test_member, "INSERT INTO memberships (room, user, membership, position, joined_since) "
			"VALUES (?1, 9, 2, ?2, ?2)");
DB_SQL(sql_test_device, "INSERT INTO devices (user_id, device_id) VALUES ('@a:h', ?1)");
DB_SQL(sql_test_device_gone, "DELETE FROM devices WHERE user_id = '@a:h' AND device_id = ?1");

enum { EMPTY = 1, CREATE, NAME, ENCRYPTION, MESSAGE, TOPIC };

struct fixture {
	char path[64];
	struct db *db;
	struct arena *arena;
	struct db_tx tx;
};

static void migrate_to(struct fixture *f, int number)
{
	size_t count = 0;

	while (count < homeserver_migrations_count && homeserver_migrations[count].number <= number)
		count++;
	check_ok(db_migrate(f->db, homeserver_migrations, count));
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);

	(void)snprintf(f->path, sizeof(f->path), "/tmp/parvis-sliding-%d.db", (int)getpid());
	(void)unlink(f->path);
	check_ok(db_open(f->path, false, &f->db));
	f->arena = arena_new();
	f->tx = (struct db_tx){.db = f->db, .arena = f->arena};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct fixture *f = *state;

	db_close(&f->db);
	arena_free(&f->arena);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char path[80];

		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	mem_freep(&f);
	return 0;
}

static void run(struct fixture *f, const struct db_sql *sql, int64_t number, const char *text)
{
	DB_QUERY(q, f->db, sql);

	if (number != 0)
		db_bind_int(q, 1, number);
	if (text != NULL)
		db_bind_c_str(q, number != 0 ? 2 : 1, text);
	check_ok(db_run(q));
}

static void event_add(struct fixture *f, int64_t position, int64_t room, int64_t type,
	bool is_state, const char *json)
{
	{
		DB_QUERY(q, f->db, &sql_test_event);
		db_bind_int(q, 1, position);
		db_bind_int(q, 2, room);
		db_bind_int(q, 3, type);
		if (is_state)
			db_bind_int(q, 4, EMPTY);
		else
			db_bind_null(q, 4);
		db_bind_c_str(q, 5, json);
		check_ok(db_run(q));
	}
	if (is_state)
		run(f, &sql_test_state, position, NULL);
}

static void member_add(struct fixture *f, int64_t room, int64_t position)
{
	DB_QUERY(q, f->db, &sql_test_member);
	db_bind_int(q, 1, room);
	db_bind_int(q, 2, position);
	check_ok(db_run(q));
}

static void rooms_that_were_there_get_a_digest(void **state)
{
	static const char *const names[] = {"", "m.room.create", "m.room.name", "m.room.encryption",
		"m.room.message", "m.room.topic"};
	struct fixture *f = *state;
	struct sliding_places places;

	migrate_to(f, 8);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		run(f, &sql_test_name, (int64_t)i + 1, names[i]);
	run(f, &sql_test_name, 9, "@a:h");
	run(f, &sql_test_room, 1, "!one");
	run(f, &sql_test_room, 2, "!two");
	event_add(f, 1, 1, CREATE, true, "{\"content\":{\"type\":\"m.space\"}}");
	event_add(f, 2, 1, NAME, true, "{\"content\":{\"name\":\"Voirie\"}}");
	event_add(f, 3, 1, MESSAGE, false, "{\"content\":{}}");
	event_add(f, 4, 1, TOPIC, true, "{\"content\":{}}");
	event_add(f, 5, 2, CREATE, true, "{\"content\":{\"type\":[7]}}");
	event_add(f, 6, 2, ENCRYPTION, true, "{\"content\":{}}");
	member_add(f, 1, 2);
	member_add(f, 2, 5);
	migrate_to(f, 1000);
	check_ok(sliding_store_rooms(f->db, f->arena, STR("@a:h"), &places));
	assert_int_equal(places.count, 2);
	check_str(places.items[0].type, "m.space");
	check_str(places.items[0].name, "Voirie");
	assert_int_equal(places.items[0].bump, 3);
	assert_int_equal(places.items[0].row.last_position, 4);
	assert_false(places.items[0].encrypted);
	assert_null(places.items[1].type.p);
	assert_null(places.items[1].name.p);
	assert_int_equal(places.items[1].bump, 5);
	assert_true(places.items[1].encrypted);
}

static enum status load(struct fixture *f, const struct sliding_key *key, int64_t id)
{
	struct sliding_stored stored;

	return sliding_store_load(f->db, f->arena, key, id, &stored);
}

static void states_go_once_the_next_is_used(void **state) NO_THREAD_CHECK
{
	struct fixture *f = *state;
	const struct sliding_key key = {STR("@a:h"), STR("D"), STR("c")};
	const struct sliding_key other = {STR("@a:h"), STR("D"), STR("")};
	int64_t connection, first, id, last = 0;

	migrate_to(f, 1000);
	run(f, &sql_test_device, 0, "D");
	check_ok(sliding_store_connect(&f->tx, &key, 1, &connection));
	check_ok(sliding_store_add(&f->tx, connection, 0, 10, STR("one"), &first));
	check_ok(load(f, &key, first));
	check_status(load(f, &other, first), STATUS_NOT_FOUND);
	for (int i = 0; i < SLIDING_SIBLINGS_MAX + 2; i++) {
		check_ok(sliding_store_add(&f->tx, connection, first, 11, STR("two"), &id));
		assert_true(id > last);
		last = id;
	}
	check_ok(load(f, &key, first));
	check_ok(load(f, &key, last));
	check_ok(load(f, &key, last - SLIDING_SIBLINGS_MAX + 1));
	check_status(load(f, &key, last - SLIDING_SIBLINGS_MAX), STATUS_NOT_FOUND);
	check_ok(sliding_store_add(&f->tx, connection, last, 12, STR("three"), &id));
	check_ok(load(f, &key, last));
	check_status(load(f, &key, first), STATUS_NOT_FOUND);
	/* A new beginning, and the old numbers mean nothing. */
	check_ok(sliding_store_connect(&f->tx, &key, 2, &connection));
	check_status(load(f, &key, id), STATUS_NOT_FOUND);
	check_ok(sliding_store_add(&f->tx, connection, 0, 13, STR("four"), &last));
	assert_true(last > id);
	/* The device goes, and all with it. */
	run(f, &sql_test_device_gone, 0, "D");
	check_status(load(f, &key, last), STATUS_NOT_FOUND);
	check_status(sliding_store_add(&f->tx, connection, last, 14, STR("five"), &id),
		STATUS_NOT_FOUND);
}

static void old_and_many_connections_go(void **state) NO_THREAD_CHECK
{
	struct fixture *f = *state;
	struct sliding_key key = {STR("@a:h"), STR_EMPTY, STR("0")};
	int64_t connection, ids[SLIDING_CONNECTIONS_MAX + 2];

	migrate_to(f, 1000);
	for (int i = 0; i < SLIDING_CONNECTIONS_MAX + 2; i++) {
		key.conn_id = arena_printf(f->arena, "%d", i);
		check_ok(sliding_store_connect(&f->tx, &key, i + 1, &connection));
		check_ok(sliding_store_add(&f->tx, connection, 0, 1, STR("s"), &ids[i]));
	}
	key.conn_id = STR("1");
	check_status(load(f, &key, ids[1]), STATUS_NOT_FOUND);
	key.conn_id = STR("2");
	check_ok(load(f, &key, ids[2]));
	key.conn_id = STR("new");
	check_ok(sliding_store_connect(&f->tx, &key, SLIDING_KEEP_MS + 8, &connection));
	key.conn_id = STR("6");
	check_status(load(f, &key, ids[6]), STATUS_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			rooms_that_were_there_get_a_digest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(states_go_once_the_next_is_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(old_and_many_connections_go, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
