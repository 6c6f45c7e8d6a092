/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and signatures, with the vectors of the specification ("Cryptographic Test Vectors"). */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/event_refs.h"
#include "homeserver/room/redact.h"
#include "homeserver/room/signing.h"
#include "tests/unit/check.h"

#define SEED_LINE "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\n"

/* The vectors were made for the first room versions. */
#define FIRST room_version_find(STR("1"))

static struct signing_key *load_key(struct str text)
{
	char path[] = "/tmp/parvis-key-XXXXXX";
	struct signing_key *key = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	check_ok(fs_write_all(fd, text));
	close(fd);
	check_ok(signing_key_load(path, &key));
	unlink(path);
	return key;
}

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json;

	check_ok(json_parse(arena, str_c(text), &json, NULL));
	return json;
}

static void check_vector(
	const char *unhashed, const char *hashed, const char *hash, const char *signature)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(pruned, EVENT_MAX_BYTES);
	struct signing_key *key = load_key(STR(SEED_LINE));
	struct str content_hash;

	check_ok(event_content_hash(arena, FIRST, parse(arena, unhashed), &content_hash));
	check_str(content_hash, hash);
	assert_true(event_content_hash_matches(arena, FIRST, parse(arena, hashed)));
	check_ok(redact_for_hash(FIRST, parse(arena, hashed), &pruned));
	check_str(signing_sign(key, arena, buf_str(&pruned)), signature);
	check_str(signing_key_id(key), "ed25519:1");
	signing_key_free(&key);
}

static void minimal_event(void **state)
{
	(void)state;
	check_vector("{\"room_id\":\"!x:domain\",\"sender\":\"@a:domain\",\"origin\":\"domain\","
		     "\"origin_server_ts\":1000000,\"signatures\":{},\"hashes\":{},\"type\":\"X\","
		     "\"content\":{},\"prev_events\":[],\"auth_events\":[],\"depth\":3,"
		     "\"unsigned\":{\"age_ts\":1000000}}",
		"{\"room_id\":\"!x:domain\",\"sender\":\"@a:domain\",\"origin\":\"domain\","
		"\"origin_server_ts\":1000000,\"signatures\":{},\"hashes\":{\"sha256\":"
		"\"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos\"},\"type\":\"X\",\"content\":{},"
		"\"prev_events\":[],\"auth_events\":[],\"depth\":3}",
		"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos",
		"KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+"
		"lYAg");
}

static void event_with_redactable_content(void **state)
{
	(void)state;
	check_vector("{\"content\":{\"body\":\"Here is the message content\"},\"event_id\":"
		     "\"$0:domain\",\"origin\":\"domain\",\"origin_server_ts\":1000000,\"type\":"
		     "\"m.room.message\",\"room_id\":\"!r:domain\",\"sender\":\"@u:domain\","
		     "\"signatures\":{},\"unsigned\":{\"age_ts\":1000000}}",
		"{\"content\":{\"body\":\"Here is the message "
		"content\"},\"event_id\":\"$0:domain\","
		"\"hashes\":{\"sha256\":\"onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g\"},"
		"\"origin\":\"domain\",\"origin_server_ts\":1000000,\"type\":\"m.room.message\","
		"\"room_id\":\"!r:domain\",\"sender\":\"@u:domain\"}",
		"onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g",
		"Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPd"
		"hzBA");
}

/* What event_build() writes in one go must be what the general functions make of it. */
static void built_events_agree_with_the_rules(void **state)
{
	static struct str prev[] = {STR_INIT("$prev")},
			  cited[] = {STR_INIT("$one"), STR_INIT("$two")},
			  hashes[] = {STR_INIT("h1"), STR_INIT("h2")};
	size_t count;
	const struct room_version *versions = room_version_all(&count);
	ARENA_SCOPE(arena);
	struct signing_key *key = load_key(STR(SEED_LINE));

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool given = versions[i].event_id_form == EVENT_ID_GIVEN;
		struct event_parts parts = {
			.version = &versions[i],
			.room_id = STR("!room:domain"),
			.sender = STR("@\xc3\xa9lise:domain"),
			.type = STR("m.room.member"),
			.state_key = STR("@bob:domain"),
			.content =
				parse(arena, "{\"reason\":\"z\",\"membership\":\"invite\","
					     "\"third_party_invite\":{\"signed\":{\"b\":1,\"a\":2},"
					     "\"display_name\":\"n\"}}"),
			.redacts = !versions[i].redacts_in_content ? STR("$dropped") : STR_EMPTY,
			.origin_server_ts = 1700000000000,
			.depth = 7,
			.prev_events = {prev, 1},
			.auth_events = {cited, 2},
			.prev_hashes = {given ? hashes : NULL, given ? 1 : 0},
			.auth_hashes = {given ? hashes : NULL, given ? 2 : 0},
		};
		BUF_SCOPE(pruned, EVENT_MAX_BYTES);
		struct event *event;
		struct str id;

		check_ok(event_build(arena, key, STR("domain"), &parts, &event));
		assert_true(event_content_hash_matches(arena, event->version, event->pdu));
		check_ok(event_id_compute(arena, parts.version, event->pdu, &id));
		check_str(id, arena_c_str(arena, event->event_id));
		check_str(event_ref(event, event_prev(event), 0), "$prev");
		check_str(event_ref(event, event_auth(event), 1), "$two");
		assert_null(event_ref(event, event_auth(event), 2).p);
		if (given) {
			assert_true(str_ends(event->event_id, STR(":domain")));
			check_str(json_str(json_get(
					  json_at(json_at(event_auth(event), 1), 1), "sha256")),
				"h2");
		} else {
			assert_int_equal(event->event_id.n, 44);
		}
		check_ok(redact_for_hash(parts.version, event->pdu, &pruned));
		check_str(
			json_str(json_path(event->pdu, "signatures", "domain", "ed25519:1", NULL)),
			arena_c_str(arena, signing_sign(key, arena, buf_str(&pruned))));
	}
	signing_key_free(&key);
}

/* The id that an event of version 3 would have differs from that of version 4 in its alphabet only. */
static void ids_have_the_alphabet_of_the_version(void **state)
{
	ARENA_SCOPE(arena);
	struct str v3, v4, own;
	const struct json *pdu;

	(void)state;
	for (int i = 0;; i++) {
		pdu = parse(arena,
			arena_c_str(arena,
				arena_printf(arena, "{\"event_id\":\"$a:b\",\"depth\":%d}", i)));
		check_ok(event_id_compute(arena, room_version_find(STR("3")), pdu, &v3));
		if (str_index(v3, '/') >= 0 && str_index(v3, '+') >= 0)
			break;
	}
	check_ok(event_id_compute(arena, room_version_find(STR("4")), pdu, &v4));
	assert_int_equal(v3.n, v4.n);
	for (size_t i = 0; i < v3.n; i++)
		assert_int_equal(v4.p[i], v3.p[i] == '/' ? '_' : v3.p[i] == '+' ? '-' : v3.p[i]);
	check_ok(event_id_compute(arena, FIRST, pdu, &own));
	check_str(own, "$a:b");
	check_status(event_id_compute(arena, FIRST, parse(arena, "{}"), &own), STATUS_INVALID);
}

/* Hashes of old events hold fractions as they came; newer rooms have no such events. */
static void fractions_are_hashed_in_old_rooms_only(void **state)
{
	ARENA_SCOPE(arena);
	const struct json *pdu = parse(arena, "{\"content\":{\"n\":1.5}}");
	size_t count;
	const struct room_version *versions = room_version_all(&count);
	struct str hash;

	(void)state;
	for (size_t i = 0; i < count; i++)
		check_status(event_content_hash(arena, &versions[i], pdu, &hash),
			i < 5 ? STATUS_OK : STATUS_INVALID);
}

static void create_of_version_12_is_the_room(void **state)
{
	ARENA_SCOPE(arena);
	struct signing_key *key = load_key(STR(SEED_LINE));
	struct event_parts parts = {
		.version = room_version_find(STR("12")),
		.sender = STR("@a:domain"),
		.type = STR("m.room.create"),
		.state_key = STR(""),
		.content = parse(arena, "{\"room_version\":\"12\"}"),
		.depth = 1,
	};
	struct event *event;

	(void)state;
	check_ok(event_build(arena, key, STR("domain"), &parts, &event));
	assert_null(json_get(event->pdu, "room_id"));
	assert_int_equal(event->room_id.p[0], '!');
	check_str(str_skip(event->room_id, 1), arena_c_str(arena, str_skip(event->event_id, 1)));
	signing_key_free(&key);
}

static void content_that_cannot_be_canonical(void **state)
{
	ARENA_SCOPE(arena);
	struct signing_key *key = load_key(STR(SEED_LINE));
	struct event_parts parts = {
		.version = room_version_find(STR("11")),
		.room_id = STR("!r:domain"),
		.sender = STR("@a:domain"),
		.type = STR("x"),
		.content = parse(arena, "{\"n\":1.5}"),
	};
	struct event *event;

	(void)state;
	check_status(event_build(arena, key, STR("domain"), &parts, &event), STATUS_INVALID);
	parts.content = parse(arena, "{\"n\":9007199254740992}");
	check_status(event_build(arena, key, STR("domain"), &parts, &event), STATUS_INVALID);
	signing_key_free(&key);
}

static void key_file_is_made_and_kept(void **state)
{
	char dir[] = "/tmp/parvis-keys-XXXXXX";
	struct signing_key *made = NULL, *again = NULL;
	struct stat info;
	ARENA_SCOPE(arena);

	(void)state;
	assert_non_null(mkdtemp(dir));
	const char *path = arena_c_str(arena, arena_printf(arena, "%s/signing.key", dir));
	check_ok(signing_key_load(path, &made));
	check_ok(signing_key_load(path, &again));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	check_str(signing_public_key(again), arena_c_str(arena, signing_public_key(made)));
	check_str(signing_key_id(again), arena_c_str(arena, signing_key_id(made)));
	check_ok(fs_write_file(path, STR("something else\n"), 0600));
	signing_key_free(&again);
	check_status(signing_key_load(path, &again), STATUS_INVALID);
	signing_key_free(&made);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal_event),
		cmocka_unit_test(event_with_redactable_content),
		cmocka_unit_test(built_events_agree_with_the_rules),
		cmocka_unit_test(ids_have_the_alphabet_of_the_version),
		cmocka_unit_test(fractions_are_hashed_in_old_rooms_only),
		cmocka_unit_test(create_of_version_12_is_the_room),
		cmocka_unit_test(content_that_cannot_be_canonical),
		cmocka_unit_test(key_file_is_made_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
