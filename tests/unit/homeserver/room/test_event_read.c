/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_read.h"

#include "homeserver/room/event_refs.h"
#include "homeserver/room/room_version.h"
#include "tests/unit/check.h"

#define HASHED "\"hashes\":{\"sha256\":\"x\"},\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"
#define FRAME  "\"type\":\"x\",\"sender\":\"@a:h\",\"origin_server_ts\":5,\"depth\":3,\"content\":{}"
#define ROOM   "\"room_id\":\"!r:h\""
#define NOBODY "\"prev_events\":[],\"auth_events\":[]"
#define TEN    "\"$1\",\"$2\",\"$3\",\"$4\",\"$5\",\"$6\",\"$7\",\"$8\",\"$9\",\"$10\""

struct read_case {
	const char *name;
	const char *version;
	const char *text;
	enum status status;
};

static const struct read_case cases[] = {
	{"an event", "11", "{" FRAME "," ROOM "," NOBODY "," HASHED "}", STATUS_OK},
	{"one that names itself", "1",
		"{" FRAME "," ROOM "," NOBODY "," HASHED ",\"event_id\":\"$e:h\"}", STATUS_OK},
	{"one that should name itself", "2", "{" FRAME "," ROOM "," NOBODY "," HASHED "}",
		STATUS_INVALID},
	{"references with hashes", "1",
		"{" FRAME "," ROOM "," HASHED
		",\"event_id\":\"$e:h\",\"prev_events\":[[\"$p:h\",{\"sha256\":\"\"}]],"
		"\"auth_events\":[]}",
		STATUS_OK},
	{"references with hashes where ids are hashes", "3",
		"{" FRAME "," ROOM "," HASHED
		",\"prev_events\":[[\"$p:h\",{\"sha256\":\"\"}]],\"auth_events\":[]}",
		STATUS_INVALID},
	{"plain references where hashes belong", "2",
		"{" FRAME "," ROOM "," HASHED
		",\"event_id\":\"$e:h\",\"prev_events\":[\"$p:h\"],\"auth_events\":[]}",
		STATUS_INVALID},
	{"ten auth events", "11",
		"{" FRAME "," ROOM "," HASHED ",\"prev_events\":[],\"auth_events\":[" TEN "]}",
		STATUS_OK},
	{"eleven", "11",
		"{" FRAME "," ROOM "," HASHED ",\"prev_events\":[],\"auth_events\":[" TEN
		",\"$11\"]}",
		STATUS_TOO_LARGE},
	{"twenty previous events", "11",
		"{" FRAME "," ROOM "," HASHED ",\"prev_events\":[" TEN "," TEN
		"],\"auth_events\":[]}",
		STATUS_OK},
	{"twenty-one", "11",
		"{" FRAME "," ROOM "," HASHED ",\"prev_events\":[" TEN "," TEN
		",\"$21\"],\"auth_events\":[]}",
		STATUS_TOO_LARGE},
	{"no list of previous events", "11", "{" FRAME "," ROOM "," HASHED ",\"auth_events\":[]}",
		STATUS_INVALID},
	{"no room", "11", "{" FRAME "," NOBODY "," HASHED "}", STATUS_INVALID},
	{"no room and no create event", "12", "{" FRAME "," NOBODY "," HASHED "}", STATUS_INVALID},
	{"a create event that makes its room", "12",
		"{\"type\":\"m.room.create\",\"state_key\":\"\",\"sender\":\"@a:h\",\"origin_"
		"server_ts\":5,"
		"\"depth\":1,\"content\":{}," NOBODY "," HASHED "}",
		STATUS_OK},
	{"one that should have a room", "11",
		"{\"type\":\"m.room.create\",\"state_key\":\"\",\"sender\":\"@a:h\",\"origin_"
		"server_ts\":5,"
		"\"depth\":1,\"content\":{}," NOBODY "," HASHED "}",
		STATUS_INVALID},
	{"a fraction in an old room", "5",
		"{" FRAME "," ROOM "," NOBODY "," HASHED ",\"unsigned\":{\"n\":1.5}}", STATUS_OK},
	{"a fraction", "6", "{" FRAME "," ROOM "," NOBODY "," HASHED ",\"unsigned\":{\"n\":1.5}}",
		STATUS_INVALID},
	{"a depth of 63 bits in an old room", "5",
		"{\"type\":\"x\",\"sender\":\"@a:h\",\"origin_server_ts\":5,\"content\":{},"
		"\"depth\":9223372036854775807," ROOM "," NOBODY "," HASHED "}",
		STATUS_OK},
	{"a depth of 63 bits", "6",
		"{\"type\":\"x\",\"sender\":\"@a:h\",\"origin_server_ts\":5,\"content\":{},"
		"\"depth\":9223372036854775807," ROOM "," NOBODY "," HASHED "}",
		STATUS_INVALID},
	{"a depth below nothing", "11",
		"{\"type\":\"x\",\"sender\":\"@a:h\",\"origin_server_ts\":5,\"content\":{},"
		"\"depth\":-1," ROOM "," NOBODY "," HASHED "}",
		STATUS_INVALID},
	{"a sender who is nobody", "11",
		"{\"type\":\"x\",\"sender\":\"a\",\"origin_server_ts\":5,\"content\":{},\"depth\":"
		"1," ROOM "," NOBODY "," HASHED "}",
		STATUS_INVALID},
	{"a state key that is no text", "11",
		"{" FRAME "," ROOM "," NOBODY "," HASHED ",\"state_key\":1}", STATUS_INVALID},
	{"no hashes", "11", "{" FRAME "," ROOM "," NOBODY ",\"signatures\":{}}", STATUS_INVALID},
	{"signatures that are none", "11",
		"{" FRAME "," ROOM "," NOBODY ",\"hashes\":{\"sha256\":\"\"},"
		"\"signatures\":{\"h\":{\"k\":1}}}",
		STATUS_INVALID},
	{"a list", "11", "[]", STATUS_INVALID},
	{"nothing", "11", "", STATUS_INVALID},
};

static void forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct read_case *c = &cases[i];
		ARENA_SCOPE(arena);
		struct event *event;
		const char *why = NULL;
		enum status status = event_read(
			arena, room_version_find(str_c(c->version)), str_c(c->text), &event, &why);

		if (status != c->status)
			fail_msg("%s: %s (%s)", c->name, status_name(status),
				why == NULL ? "" : why);
		assert_int_equal(why != NULL, status != STATUS_OK);
		if (status == STATUS_OK)
			assert_true(event->event_id.n > 1 && event->room_id.n > 1);
	}
}

static enum status read_padded(const char *key, size_t n)
{
	ARENA_SCOPE(arena);
	char *padding = arena_alloc(arena, n + 1);
	struct event *event;

	memset(padding, 'a', n);
	return event_read(arena, room_version_find(STR("11")),
		arena_printf(arena, "{" FRAME "," ROOM "," NOBODY "," HASHED ",\"%s\":\"%s\"}", key,
			padding),
		&event, NULL);
}

/* In all versions a limit is one of bytes, and one more is too many. */
static void limits(void **state)
{
	ARENA_SCOPE(arena);
	struct event *event;
	size_t frame;

	(void)state;
	check_status(read_padded("state_key", 255), STATUS_OK);
	check_status(read_padded("state_key", 256), STATUS_TOO_LARGE);
	check_ok(event_read(arena, room_version_find(STR("11")),
		STR("{" FRAME "," ROOM "," NOBODY "," HASHED ",\"pad\":\"\"}"), &event, NULL));
	frame = event->json.n;
	check_status(read_padded("pad", 65536 - frame), STATUS_OK);
	check_status(read_padded("pad", 65536 - frame + 1), STATUS_TOO_LARGE);
	check_status(read_padded("pad", (size_t)1024 * 1024), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
