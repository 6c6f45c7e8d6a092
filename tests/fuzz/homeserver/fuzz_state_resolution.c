/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms as random graphs: the input is read as events that cite others, before or (where ids are
 * given) behind them, and as states that hold some of them. What comes out must not depend on the
 * order in which things are said, must have one event for each key, keep what all states agree on,
 * and hold nothing but events of the graph at their own keys.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/state_resolution.h"

#define MAX_EVENTS 40
#define MAX_SETS   4
#define EVENT_TEXT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

struct graph {
	const struct room_version *version;
	struct str room_id;
	struct event *events[MAX_EVENTS];
	bool rejected[MAX_EVENTS];
	size_t count;
};

static unsigned take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

static const char *const users[] = {"@root:h", "@a:h", "@b:x", "@c:x"};

static const struct {
	const char *type;
	const char *key; /* NULL: a user */
	const char *content;
} kinds[] = {
	{"m.room.create", "", "{\"creator\":\"@root:h\"}"},
	{"m.room.member", NULL, "{\"membership\":\"join\"}"},
	{"m.room.member", NULL, "{\"membership\":\"invite\"}"},
	{"m.room.member", NULL, "{\"membership\":\"leave\"}"},
	{"m.room.member", NULL, "{\"membership\":\"ban\"}"},
	{"m.room.member", NULL, "{\"membership\":\"knock\"}"},
	{"m.room.power_levels", "", "{\"users\":{\"@a:h\":100,\"@b:x\":50}}"},
	{"m.room.power_levels", "", "{\"users\":{\"@a:h\":50,\"@b:x\":100},\"ban\":0}"},
	{"m.room.power_levels", "", "{\"users_default\":100}"},
	{"m.room.power_levels", "x", "{}"},
	{"m.room.join_rules", "", "{\"join_rule\":\"public\"}"},
	{"m.room.join_rules", "", "{\"join_rule\":\"invite\"}"},
	{"m.room.topic", "", "{}"},
	{"m.room.name", "", "{}"},
	{"m.room.aliases", "h", "{}"},
	{"m.room.third_party_invite", "t", "{}"},
};

static void write_refs(struct buf *out, struct graph *graph, struct input *in, size_t at)
{
	unsigned count = take(in) % 6;

	for (unsigned i = 0; i < count; i++) {
		size_t other = take(in) % MAX_EVENTS;
		bool given = graph->version->event_id_form == EVENT_ID_GIVEN;

		/* A hash cannot cite what comes later. */
		if (!given && at > 0)
			other %= at;
		else if (!given)
			break;
		buf_printf(out, "%s%s\"$%zu\"%s", i == 0 ? "" : ",", given ? "[" : "", other,
			given ? ",{}]" : "");
	}
}

static void add_event(struct arena *arena, struct graph *graph, struct input *in)
{
	size_t at = graph->count;
	unsigned kind = at == 0 ? 0 : take(in) % ARRAY_LEN(kinds);
	const char *sender = at == 0 ? users[0] : users[take(in) % ARRAY_LEN(users)];
	const char *key =
		kinds[kind].key != NULL ? kinds[kind].key : users[take(in) % ARRAY_LEN(users)];
	BUF_SCOPE(text, EVENT_TEXT);

	buf_printf(&text,
		"{\"type\":\"%s\",\"state_key\":\"%s\",\"sender\":\"%s\",\"content\":%s,"
		"\"depth\":%u,\"origin_server_ts\":%u,\"prev_events\":[%s],\"auth_events\":[",
		kinds[kind].type, key, sender, kinds[kind].content, take(in) % 16, take(in) % 16,
		at != 1						  ? ""
		: graph->version->event_id_form == EVENT_ID_GIVEN ? "[\"$0\",{}]"
								  : "\"$0\"");
	write_refs(&text, graph, in, at);
	buf_append_c(&text, "]}");
	if (event_parse(arena, graph->version, graph->room_id, arena_printf(arena, "$%zu", at),
		    arena_str(arena, buf_str(&text)), &graph->events[at]) != STATUS_OK)
		abort();
	graph->rejected[at] = at != 0 && take(in) % 16 == 0;
	graph->count++;
}

static enum status fetch(void *context, struct arena *arena, struct str event_id,
	const struct event **event_out, bool *rejected_out)
{
	const struct graph *graph = context;
	int64_t at;

	(void)arena;
	if (str_to_i64(str_skip(event_id, 1), &at) != STATUS_OK || at < 0 ||
		at >= (int64_t)graph->count)
		return STATUS_NOT_FOUND;
	*event_out = graph->events[at];
	*rejected_out = graph->rejected[at];
	return STATUS_OK;
}

static bool same_key(const struct state_item *a, const struct event *b)
{
	return str_eq(a->type, b->type) && str_eq(a->state_key, b->state_key);
}

static struct state_items make_set(struct arena *arena, const struct graph *graph, struct input *in)
{
	struct state_items set = {ARENA_ARRAY(arena, struct state_item, MAX_EVENTS), 0};
	unsigned skip = take(in);

	for (size_t i = 0; i < graph->count; i++) {
		const struct event *event = graph->events[i];
		size_t at = 0;

		if (((take(in) + skip) & 3) == 0)
			continue;
		while (at < set.count && !same_key(&set.items[at], event))
			at++;
		set.items[at] = (struct state_item){event->type, event->state_key, event->event_id};
		set.count += at == set.count;
	}
	return set;
}

static bool is_in(const struct state_items *set, const struct state_item *item)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_eq(set->items[i].event_id, item->event_id))
			return true;
	return false;
}

static void check_answer(struct graph *graph, const struct state_items *sets, size_t count,
	const struct state_items *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct event *event;
		bool rejected;

		if (fetch(graph, NULL, answer->items[i].event_id, &event, &rejected) != STATUS_OK ||
			!same_key(&answer->items[i], event))
			abort();
		if (i > 0 && same_key(&answer->items[i - 1], event))
			abort();
	}
	for (size_t i = 0; i < sets[0].count; i++) {
		bool everywhere = true;

		for (size_t s = 1; s < count; s++)
			everywhere = everywhere && is_in(&sets[s], &sets[0].items[i]);
		if (everywhere && !is_in(answer, &sets[0].items[i]))
			abort();
	}
}

static void turn(struct state_items *sets, size_t count)
{
	for (size_t s = 0; s < count; s++)
		for (size_t i = 0; i < sets[s].count / 2; i++) {
			struct state_item item = sets[s].items[i];

			sets[s].items[i] = sets[s].items[sets[s].count - 1 - i];
			sets[s].items[sets[s].count - 1 - i] = item;
		}
	for (size_t s = 0; s < count / 2; s++) {
		struct state_items set = sets[s];

		sets[s] = sets[count - 1 - s];
		sets[count - 1 - s] = set;
	}
}

static void resolve(struct arena *arena, struct graph *graph, struct input *in)
{
	struct state_items sets[MAX_SETS], first, second;
	const struct state_source source = {fetch, graph};
	size_t count = 2 + take(in) % (MAX_SETS - 1);
	const struct state_fork fork = {graph->version, graph->room_id, sets, count, &source};
	enum status status;

	for (size_t s = 0; s < count; s++)
		sets[s] = make_set(arena, graph, in);
	status = state_resolve(arena, &fork, &first);
	if (status == STATUS_OK)
		check_answer(graph, sets, count, &first);
	turn(sets, count);
	if (state_resolve(arena, &fork, &second) != status)
		abort();
	if (status != STATUS_OK)
		return;
	if (first.count != second.count)
		abort();
	for (size_t i = 0; i < first.count; i++)
		if (!str_eq(first.items[i].event_id, second.items[i].event_id))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	size_t versions, events;
	const struct room_version *version = room_version_all(&versions);
	struct graph graph = {.version = &version[take(&in) % versions]};
	ARENA_SCOPE(arena);

	graph.room_id = graph.version->room_id_is_hash ? STR("!0") : STR("!0:h");
	events = 1 + take(&in) % MAX_EVENTS;
	while (graph.count < events)
		add_event(arena, &graph, &in);
	resolve(arena, &graph, &in);
	return 0;
}
