/* SPDX-License-Identifier: Apache-2.0 */
/* State resolution on forks made by hand. Each says what must come out, and why. */
#include "homeserver/room/state_resolution.h"

#include <time.h>

#include "tests/unit/homeserver/room/fork_world.h"

#define PL	       "m.room.power_levels"
#define M	       "m.room.member"
#define JR	       "m.room.join_rules"
#define TOPIC	       "m.room.topic"
#define JOIN	       "{\"membership\":\"join\"}"
#define LEAVE	       "{\"membership\":\"leave\"}"
#define BAN	       "{\"membership\":\"ban\"}"
#define LEVELS(others) "{\"users\":{\"@alice:h\":100" others "}}"
#define BOB50	       ",\"@bob:h\":50"

/* A public room: root made it, alice has 100, bob 50. */
static const struct fork_event room[] = {
	{"create", "m.room.create", "", "@root:h", "{\"creator\":\"@root:h\"}", "", 1, false},
	{"creator", M, "@root:h", "@root:h", JOIN, "create", 2, false},
	{"jr", JR, "", "@root:h", "{\"join_rule\":\"public\"}", "create creator", 3, false},
	{"pl0", PL, "", "@root:h", LEVELS(BOB50), "create creator", 4, false},
	{"alice", M, "@alice:h", "@alice:h", JOIN, "create jr pl0", 5, false},
	{"bob", M, "@bob:h", "@bob:h", JOIN, "create jr pl0", 6, false},
	{"charlie", M, "@charlie:h", "@charlie:h", JOIN, "create jr pl0", 7, false},
	{"dave", M, "@dave:h", "@dave:h", JOIN, "create jr pl0", 8, false},
};
#define BASE "create creator jr pl0 alice bob "

#define MAX_EVENTS 8
#define MAX_STATES 4

struct fork_case {
	const char *why;
	const char *version;		      /* of the room */
	struct fork_event events[MAX_EVENTS]; /* besides those of `room`, oldest first */
	const char *states[MAX_STATES];
	const char *expected; /* sorted names */
};

static const struct fork_case cases[] = {
	{"states that agree are the answer", "11", {{0}}, {BASE, BASE},
		"alice bob create creator jr pl0"},
	{"a ban beats what the banned user does meanwhile: it may take power away and so comes "
	 "first",
		"11",
		{{"ban", M, "@charlie:h", "@alice:h", BAN, "create pl0 alice charlie", 20, false},
			{"rename", M, "@charlie:h", "@charlie:h", JOIN, "create jr pl0 charlie", 30,
				false}},
		{BASE "ban", BASE "rename"}, "alice ban bob create creator jr pl0"},
	{"also when it came later", "11",
		{{"rename", M, "@charlie:h", "@charlie:h", JOIN, "create jr pl0 charlie", 20,
			 false},
			{"ban", M, "@charlie:h", "@alice:h", BAN, "create pl0 alice charlie", 30,
				false}},
		{BASE "rename", BASE "ban"}, "alice ban bob create creator jr pl0"},
	{"and in version 12", "12",
		{{"ban", M, "@charlie:h", "@alice:h", BAN, "create pl0 alice charlie", 20, false},
			{"rename", M, "@charlie:h", "@charlie:h", JOIN, "create jr pl0 charlie", 30,
				false}},
		{BASE "ban", BASE "rename"}, "alice ban bob create creator jr pl0"},
	{"who is kicked has set no topic: the kick comes first", "11",
		{{"topic", TOPIC, "", "@bob:h", "{}", "create pl0 bob", 20, false},
			{"kick", M, "@bob:h", "@alice:h", LEAVE, "create pl0 alice bob", 30,
				false}},
		{BASE "topic", BASE "kick"}, "alice create creator jr kick pl0"},
	{"who leaves on one branch has set the topic on the other: to leave is no power event, and "
	 "the "
	 "older goes first",
		"11",
		{{"topic", TOPIC, "", "@bob:h", "{}", "create pl0 bob", 20, false},
			{"left", M, "@bob:h", "@bob:h", LEAVE, "create pl0 bob", 30, false}},
		{BASE "topic", BASE "left"}, "alice create creator jr left pl0 topic"},
	{"of two who change levels, the one with more power goes first, and takes it from the "
	 "other",
		"11",
		{{"promote", PL, "", "@bob:h", LEVELS(BOB50 ",\"@charlie:h\":50"), "create pl0 bob",
			 20, false},
			{"demote", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 30, false}},
		{BASE "promote", BASE "demote"}, "alice bob create creator demote jr"},
	{"the same in version 2, whose events name each other with hashes", "2",
		{{"promote", PL, "", "@bob:h", LEVELS(BOB50 ",\"@charlie:h\":50"), "create pl0 bob",
			 20, false},
			{"demote", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 30, false}},
		{BASE "promote", BASE "demote"}, "alice bob create creator demote jr"},
	{"and in version 12", "12",
		{{"promote", PL, "", "@bob:h", LEVELS(BOB50 ",\"@charlie:h\":50"), "create pl0 bob",
			 20, false},
			{"demote", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 30, false}},
		{BASE "promote", BASE "demote"}, "alice bob create creator demote jr"},
	{"of two changes by one person the later one holds", "11",
		{{"zero", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 20, false},
			{"full", PL, "", "@alice:h", LEVELS(",\"@bob:h\":99"), "create pl0 alice",
				21, false}},
		{BASE "zero", BASE "full"}, "alice bob create creator full jr"},
	{"at the same moment the greater id goes last", "11",
		{{"zero", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 20, false},
			{"full", PL, "", "@alice:h", LEVELS(",\"@bob:h\":99"), "create pl0 alice",
				20, false}},
		{BASE "zero", BASE "full"}, "alice bob create creator jr zero"},
	{"a chain of changes goes by what they cite, whatever their clocks say", "11",
		{{"one", PL, "", "@alice:h", LEVELS(",\"@bob:h\":60"), "create pl0 alice", 90,
			 false},
			{"two", PL, "", "@alice:h", LEVELS(",\"@bob:h\":70"), "create one alice",
				50, false},
			{"three", PL, "", "@alice:h", LEVELS(",\"@bob:h\":80"), "create two alice",
				20, false}},
		{BASE "three", BASE}, "alice bob create creator jr three"},
	{"a ban by somebody who is demoted meanwhile has no effect: more power goes first", "11",
		{{"ban", M, "@charlie:h", "@bob:h", BAN, "create pl0 bob charlie", 20, false},
			{"demote", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 30, false}},
		{BASE "ban", BASE "charlie demote"}, "alice bob charlie create creator demote jr"},
	{"the room was closed while somebody came in: join rules go before joins", "11",
		{{"closed", JR, "", "@alice:h", "{\"join_rule\":\"invite\"}", "create pl0 alice",
			 30, false},
			{"eve", M, "@eve:h", "@eve:h", JOIN, "create jr pl0", 20, false}},
		{BASE "closed", BASE "eve"}, "alice bob closed create creator pl0"},
	{"who was in before the room was closed stays", "11",
		{{"closed", JR, "", "@alice:h", "{\"join_rule\":\"invite\"}", "create pl0 alice",
			 30, false},
			{"rename", M, "@dave:h", "@dave:h", JOIN, "create jr pl0 dave", 20, false}},
		{BASE "dave closed", BASE "rename"}, "alice bob closed create creator pl0 rename"},
	{"topics go by the levels they stand on (mainline), whatever their clocks say", "11",
		{{"pl1", PL, "", "@alice:h", LEVELS(",\"@bob:h\":60"), "create pl0 alice", 10,
			 false},
			{"pl2", PL, "", "@alice:h", LEVELS(",\"@bob:h\":70"), "create pl1 alice",
				11, false},
			{"new", TOPIC, "", "@alice:h", "{}", "create pl2 alice", 20, false},
			{"old", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 90, false}},
		{BASE "pl2 new", BASE "pl2 old"}, "alice bob create creator jr new pl2"},
	{"the same in version 12: the new topic brings its levels into the difference", "12",
		{{"pl1", PL, "", "@alice:h", LEVELS(",\"@bob:h\":60"), "create pl0 alice", 10,
			 false},
			{"pl2", PL, "", "@alice:h", LEVELS(",\"@bob:h\":70"), "create pl1 alice",
				11, false},
			{"new", TOPIC, "", "@alice:h", "{}", "create pl2 alice", 20, false},
			{"old", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 90, false}},
		{BASE "pl2 new", BASE "pl2 old"}, "alice bob create creator jr new pl2"},
	{"topics that stand on the same levels go by their clocks", "11",
		{{"t1", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 21, false},
			{"t2", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 20, false}},
		{BASE "t1", BASE "t2"}, "alice bob create creator jr pl0 t1"},
	{"a topic on levels that lost stands where its branch left the mainline", "11",
		{{"lost", PL, "", "@bob:h", LEVELS(BOB50 ",\"@charlie:h\":1"), "create pl0 bob", 40,
			 false},
			{"pl1", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 41, false},
			{"aside", TOPIC, "", "@alice:h", "{}", "create lost alice", 90, false},
			{"main", TOPIC, "", "@alice:h", "{}", "create pl1 alice", 50, false}},
		{BASE "lost aside", BASE "pl1 main"}, "alice bob create creator jr main pl1"},
	{"three branches at once", "11",
		{{"ban", M, "@charlie:h", "@alice:h", BAN, "create pl0 alice charlie", 20, false},
			{"rename", M, "@charlie:h", "@charlie:h", JOIN, "create jr pl0 charlie", 30,
				false},
			{"t", TOPIC, "", "@charlie:h", "{}", "create pl0 charlie", 31, false},
			{"demote", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 40, false}},
		{BASE "ban", BASE "rename t", BASE "charlie demote"},
		"alice ban bob create creator demote jr"},
	{"both branches agree that alice has left, and one has old join rules: version 2 lets "
	 "neither in, "
	 "since who set them is not there any more",
		"11",
		{{"jrA", JR, "", "@alice:h", "{\"join_rule\":\"public\"}", "create pl0 alice", 20,
			 false},
			{"jrB", JR, "", "@alice:h", "{\"join_rule\":\"invite\"}",
				"create pl0 alice", 21, false},
			{"gone", M, "@alice:h", "@alice:h", LEAVE, "create pl0 alice", 22, false}},
		{"create creator pl0 bob gone jrA", "create creator pl0 bob gone jrB"},
		"bob create creator gone pl0"},
	{"version 2.1 replays them on what they cite, and the newer one holds", "12",
		{{"jrA", JR, "", "@alice:h", "{\"join_rule\":\"public\"}", "create pl0 alice", 20,
			 false},
			{"jrB", JR, "", "@alice:h", "{\"join_rule\":\"invite\"}",
				"create pl0 alice", 21, false},
			{"gone", M, "@alice:h", "@alice:h", LEAVE, "create pl0 alice", 22, false}},
		{"create creator pl0 bob gone jrA", "create creator pl0 bob gone jrB"},
		"bob create creator gone jrB pl0"},
	{"one branch has old levels though both have seen the new ones: version 2 lacks the step "
	 "between "
	 "and falls back",
		"11",
		{{"pl1", PL, "", "@alice:h", LEVELS(",\"@bob:h\":100"), "create pl0 alice", 20,
			 false},
			{"pl2", PL, "", "@bob:h", LEVELS(",\"@bob:h\":100,\"@charlie:h\":100"),
				"create pl1 bob", 21, false},
			{"topic", TOPIC, "", "@alice:h", "{}", "create pl2 alice", 22, false}},
		{BASE "topic", BASE "pl2 topic"}, "alice bob create creator jr pl0 topic"},
	{"version 2.1 replays the step between", "12",
		{{"pl1", PL, "", "@alice:h", LEVELS(",\"@bob:h\":100"), "create pl0 alice", 20,
			 false},
			{"pl2", PL, "", "@bob:h", LEVELS(",\"@bob:h\":100,\"@charlie:h\":100"),
				"create pl1 bob", 21, false},
			{"topic", TOPIC, "", "@alice:h", "{}", "create pl2 alice", 22, false}},
		{BASE "topic", BASE "pl2 topic"}, "alice bob create creator jr pl2 topic"},
	{"what the state lacks is taken from what an event cites", "11",
		{{"closed", JR, "", "@alice:h", "{\"join_rule\":\"invite\"}", "create pl0 alice",
			 20, false},
			{"banned", M, "@dave:h", "@alice:h", BAN, "create pl0 alice dave", 21,
				false},
			{"invite", M, "@eve:h", "@dave:h", "{\"membership\":\"invite\"}",
				"create closed pl0 dave", 22, false},
			{"eve", M, "@eve:h", "@eve:h", JOIN, "create closed pl0 invite", 23,
				false}},
		{BASE "closed banned", BASE "closed banned eve"},
		"alice banned bob closed create creator eve pl0"},
	{"but not when that was rejected", "11",
		{{"closed", JR, "", "@alice:h", "{\"join_rule\":\"invite\"}", "create pl0 alice",
			 20, false},
			{"banned", M, "@dave:h", "@alice:h", BAN, "create pl0 alice dave", 21,
				false},
			{"invite", M, "@eve:h", "@dave:h", "{\"membership\":\"invite\"}",
				"create closed pl0 dave", 22, true},
			{"eve", M, "@eve:h", "@eve:h", JOIN, "create closed pl0 invite", 23,
				false}},
		{BASE "closed banned", BASE "closed banned eve"},
		"alice banned bob closed create creator pl0"},
	{"what was agreed on stays, even when the replay comes to something else at its key", "11",
		{{"pl1", PL, "", "@alice:h", LEVELS(",\"@bob:h\":60"), "create pl0 alice", 20,
			 false},
			{"t1", TOPIC, "", "@alice:h", "{}", "create pl1 alice", 21, false},
			{"t2", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 22, false}},
		{BASE "t1", BASE "t2"}, "alice bob create creator jr pl0 t1"},
	{"events that cite each other in a circle never get in", "2",
		{{"ring1", PL, "", "@alice:h", LEVELS(""), "create ring2 alice", 20, false},
			{"ring2", PL, "", "@alice:h", LEVELS(",\"@bob:h\":1"), "create ring1 alice",
				21, false}},
		{"create creator jr alice bob ring1", "create creator jr alice bob ring2"},
		"alice bob create creator jr"},

	/* the first algorithm */
	{"version 1: the deepest topic that is allowed holds", "1",
		{{"t1", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 20, false},
			{"t2", TOPIC, "", "@bob:h", "{}", "create pl0 bob", 20, false},
			{"t3", TOPIC, "", "@charlie:h", "{}", "create pl0 charlie", 20, false}},
		{BASE "charlie t1", BASE "charlie t2", BASE "charlie t3"},
		"alice bob charlie create creator jr pl0 t2"},
	{"version 1: to be absent from a state is no conflict", "1",
		{{"t1", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 20, false}},
		{BASE "t1", BASE}, "alice bob create creator jr pl0 t1"},
	{"version 1: levels go from the shallowest on while each allows the next", "1",
		{{"one", PL, "", "@alice:h", LEVELS(",\"@bob:h\":60"), "create pl0 alice", 20,
			 false},
			{"two", PL, "", "@bob:h", LEVELS(",\"@bob:h\":60,\"@charlie:h\":100"),
				"create pl0 bob", 20, false},
			{"three", PL, "", "@alice:h", LEVELS(""), "create pl0 alice", 20, false}},
		{BASE "one", BASE "two", BASE "three"}, "alice bob create creator jr one"},
	{"version 1: the ban holds against the deeper join", "1",
		{{"ban", M, "@charlie:h", "@alice:h", BAN, "create pl0 alice charlie", 20, false},
			{"rename", M, "@charlie:h", "@charlie:h", JOIN, "create jr pl0 charlie", 30,
				false}},
		{BASE "ban", BASE "rename"}, "alice ban bob create creator jr pl0"},
	{"version 1: when no topic is allowed, the oldest stays", "1",
		{{"t1", TOPIC, "", "@charlie:h", "{}", "create pl0 charlie", 20, false},
			{"t2", TOPIC, "", "@charlie:h", "{}", "create pl0 charlie", 20, false}},
		{BASE "t1", BASE "t2"}, "alice bob create creator jr pl0 t1"},
};

static void load_room(struct fork_world *w, struct arena *arena, const struct fork_case *c)
{
	size_t count = sizeof(room) / sizeof(room[0]);

	fork_init(w, c->version);
	for (size_t i = 0; i < count; i++)
		fork_add(w, arena, &room[i], (int64_t)i + 1);
	for (size_t i = 0; i < MAX_EVENTS && c->events[i].name != NULL; i++)
		fork_add(w, arena, &c->events[i], (int64_t)(count + i) + 1);
}

static void reverse(struct state_items *state)
{
	for (size_t i = 0; i < state->count / 2; i++) {
		struct state_item item = state->items[i];

		state->items[i] = state->items[state->count - 1 - i];
		state->items[state->count - 1 - i] = item;
	}
}

/* In every order of the states and both orders of their items. */
static bool case_holds(const struct fork_case *c)
{
	struct state_items sets[MAX_STATES], turned[MAX_STATES], out;
	struct fork_world w;
	bool holds = true;
	size_t count = 0;
	ARENA_SCOPE(arena);

	load_room(&w, arena, c);
	for (; count < MAX_STATES && c->states[count] != NULL; count++)
		sets[count] = fork_state(&w, arena, c->states[count]);
	for (size_t turn = 0; turn < 2 * count && holds; turn++) {
		for (size_t i = 0; i < count; i++)
			turned[i] = sets[(turn < count ? i + turn : 2 * count - i + turn) % count];
		reverse(&sets[turn % count]);
		w.fetched = 0;
		check_ok(fork_resolve(&w, arena, turned, count, &out));
		holds = str_eq_c(fork_names(arena, &out), c->expected);
		if (!holds)
			print_error("%s\n\twanted %s\n\tgot    %.*s\n", c->why, c->expected,
				STR_FMT(fork_names(arena, &out)));
		assert_true(w.fetched <= map_count(w.events));
	}
	fork_release(&w);
	return holds;
}

static void forks(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		failed += !case_holds(&cases[i]);
	assert_int_equal(failed, 0);
}

static void what_cannot_be_resolved(void **state)
{
	static const struct fork_case c = {"", "11",
		{{"t1", TOPIC, "", "@alice:h", "{}", "create nobody alice", 20, false},
			{"t2", TOPIC, "", "@alice:h", "{}", "create pl0 alice", 21, false}},
		{NULL}, ""};
	static struct state_items many[STATE_FORK_MAX_SETS + 1];
	struct state_items sets[2], out;
	struct fork_world w;
	ARENA_SCOPE(arena);

	(void)state;
	load_room(&w, arena, &c);
	check_ok(fork_resolve(&w, arena, NULL, 0, &out));
	assert_int_equal(out.count, 0);
	sets[0] = fork_state(&w, arena, BASE "t1");
	sets[1] = fork_state(&w, arena, BASE "t2");
	/* An auth event that is not here. */
	check_status(fork_resolve(&w, arena, sets, 2, &out), STATUS_NOT_FOUND);
	/* One state alone needs nothing. */
	w.fetched = 0;
	check_ok(fork_resolve(&w, arena, sets, 1, &out));
	assert_int_equal(out.count, sets[0].count);
	assert_int_equal(w.fetched, 0);
	check_status(
		fork_resolve(&w, arena, many, STATE_FORK_MAX_SETS + 1, &out), STATUS_TOO_LARGE);
	check_ok(fork_resolve(&w, arena, many, STATE_FORK_MAX_SETS, &out));
	sets[0].items[sets[0].count++] = sets[1].items[sets[1].count - 1];
	check_status(fork_resolve(&w, arena, sets, 2, &out), STATUS_INVALID);
	fork_release(&w);
}

/* A room with so many members, half of whom renamed themselves on one branch while the levels went
 * through as many changes on the other. */
static struct state_items big_fork(
	struct fork_world *w, struct arena *arena, int64_t members, struct state_items sets[2])
{
	const struct fork_case none = {"", "11", {{0}}, {NULL}, ""};
	const char *levels = "pl0";
	struct state_items out;

	load_room(w, arena, &none);
	for (size_t s = 0; s < 2; s++) {
		struct state_items base = fork_state(w, arena, "create creator jr alice bob");

		sets[s].items = ARENA_ARRAY(arena, struct state_item, (size_t)members + 10);
		memcpy(sets[s].items, base.items, base.count * sizeof(*base.items));
		sets[s].count = base.count;
	}
	for (int64_t i = 0; i < members; i++) {
		struct fork_event e = {NULL, M, NULL, NULL, JOIN, "create jr pl0", i + 10, false};
		struct str id;

		e.name = arena_c_str(arena, arena_printf(arena, "m%lld", (long long)i));
		e.key = arena_c_str(arena, arena_printf(arena, "@m%lld:h", (long long)i));
		e.sender = e.key;
		fork_add(w, arena, &e, i + 10);
		id = fork_id(arena, str_c(e.name));
		sets[0].items[sets[0].count++] = (struct state_item){STR(M), str_c(e.key), id};
		if (i % 2 == 0) {
			e.auth =
				arena_c_str(arena, arena_printf(arena, "create jr pl0 %s", e.name));
			e.name = arena_c_str(arena, arena_printf(arena, "r%lld", (long long)i));
			fork_add(w, arena, &e, i + 11);
			id = fork_id(arena, str_c(e.name));
		}
		sets[1].items[sets[1].count++] = (struct state_item){STR(M), str_c(e.key), id};
		e = (struct fork_event){
			NULL, PL, "", "@alice:h", LEVELS(BOB50), NULL, i + 12, false};
		e.name = arena_c_str(arena, arena_printf(arena, "p%lld", (long long)i));
		e.auth = arena_c_str(arena, arena_printf(arena, "create %s alice", levels));
		fork_add(w, arena, &e, i + 12);
		levels = e.name;
	}
	sets[0].items[sets[0].count++] =
		(struct state_item){STR(PL), STR(""), fork_id(arena, str_c(levels))};
	sets[1].items[sets[1].count++] = (struct state_item){STR(PL), STR(""), STR("$pl0")};
	w->fetched = 0;
	check_ok(fork_resolve(w, arena, sets, 2, &out));
	return out;
}

/* Each event is fetched once; four times the room is four times the work, more or less. What it
 * takes is printed, not judged: machines differ. */
static void work_grows_with_the_room(void **state)
{
	(void)state;
	for (int64_t members = 2500; members <= 10000; members *= 2) {
		struct state_items sets[2];
		struct fork_world w;
		ARENA_SCOPE(arena);
		ARENA_SCOPE(again);
		struct state_items out = big_fork(&w, arena, members, sets), second;
		clock_t start = clock();

		assert_int_equal(out.count, (size_t)members + 6);
		assert_true(w.fetched <= map_count(w.events));
		check_ok(fork_resolve(&w, again, sets, 2, &second));
		print_message("%lld members, %zu events: %.0f ms, %.1f MB\n", (long long)members,
			map_count(w.events), (double)(clock() - start) * 1000 / CLOCKS_PER_SEC,
			(double)arena_used(again) / 1e6);
		for (size_t i = 0; i < out.count; i++)
			assert_true(str_eq(out.items[i].event_id, second.items[i].event_id));
		fork_release(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forks),
		cmocka_unit_test(what_cannot_be_resolved),
		cmocka_unit_test(work_grows_with_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
