/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms that fork, written by hand: events with short names, what they cite, and the states that
 * are to be resolved. Names stand for event ids: "a" is "$a".
 */
#ifndef PARVIS_TESTS_FORK_WORLD_H
#define PARVIS_TESTS_FORK_WORLD_H

#include <stdlib.h>

#include "common/base/map.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/state_resolution.h"
#include "tests/unit/check.h"

struct fork_event {
	const char *name;
	const char *type;
	const char *key; /* NULL: no state event */
	const char *sender;
	const char *content;
	const char *auth; /* names, separated by spaces */
	int64_t ts;
	bool rejected;
};

struct fork_world {
	const struct room_version *version;
	struct str room_id;
	struct map *events; /* id to struct event */
	struct map *rejected;
	size_t fetched;
};

static inline struct str fork_id(struct arena *arena, struct str name)
{
	return arena_printf(arena, "$%.*s", STR_FMT(name));
}

static inline struct str fork_refs(
	struct arena *arena, const struct room_version *version, const char *names)
{
	struct str rest = str_c(names), name, out = STR("");

	while (rest.p != NULL && str_cut(&rest, ' ', &name)) {
		const char *comma = out.n == 0 ? "" : ",";

		if (name.n == 0)
			continue;
		if (version->event_id_form == EVENT_ID_GIVEN)
			out = arena_printf(arena, "%.*s%s[\"$%.*s\",{\"sha256\":\"\"}]",
				STR_FMT(out), comma, STR_FMT(name));
		else
			out = arena_printf(
				arena, "%.*s%s\"$%.*s\"", STR_FMT(out), comma, STR_FMT(name));
	}
	return out;
}

static inline void fork_add(
	struct fork_world *w, struct arena *arena, const struct fork_event *e, int64_t depth)
{
	struct event *event;
	struct str id = fork_id(arena, str_c(e->name));
	/* Where the room id is the create event's, nothing cites that. */
	bool skip = w->version->room_id_is_hash && strncmp(e->auth, "create", 6) == 0;
	const char *auth = skip ? e->auth + strlen("create") : e->auth;
	struct str text = arena_printf(arena,
		"{\"type\":\"%s\",%s%s%s\"sender\":\"%s\",\"content\":%s,\"depth\":%lld,"
		"\"origin_server_ts\":%lld,\"prev_events\":[%.*s],\"auth_events\":[%.*s]}",
		e->type, e->key == NULL ? "" : "\"state_key\":\"", e->key == NULL ? "" : e->key,
		e->key == NULL ? "" : "\",", e->sender, e->content, (long long)depth,
		(long long)e->ts,
		/* The creator's join follows the create event. */
		STR_FMT(strcmp(e->name, "creator") == 0 ? fork_refs(arena, w->version, "create")
							: STR("")),
		STR_FMT(fork_refs(arena, w->version, auth)));

	check_ok(event_parse(arena, w->version, w->room_id, id, text, &event));
	check_ok(map_put(w->events, id, event, NULL));
	if (e->rejected)
		check_ok(map_put(w->rejected, id, event, NULL));
}

static inline void fork_init(struct fork_world *w, const char *version)
{
	*w = (struct fork_world){
		.version = room_version_find(str_c(version)),
		.room_id = STR("!create"),
		.events = map_new(100000),
		.rejected = map_new(100000),
	};
	if (!w->version->room_id_is_hash)
		w->room_id = STR("!create:h");
}

static inline void fork_release(struct fork_world *w)
{
	map_free(&w->events, NULL);
	map_free(&w->rejected, NULL);
}

static inline enum status fork_fetch(void *context, struct arena *arena, struct str event_id,
	const struct event **event_out, bool *rejected_out)
{
	struct fork_world *w = context;
	const struct event *event = map_find(w->events, event_id);

	(void)arena;
	w->fetched++;
	if (event == NULL)
		return STATUS_NOT_FOUND;
	*event_out = event;
	*rejected_out = map_find(w->rejected, event_id) != NULL;
	return STATUS_OK;
}

/* The state made of the events named, later ones over earlier ones of the same key. */
static inline struct state_items fork_state(
	struct fork_world *w, struct arena *arena, const char *names)
{
	struct state_items state = {ARENA_ARRAY(arena, struct state_item, 64), 0};
	struct str rest = str_c(names), name;

	while (rest.p != NULL && str_cut(&rest, ' ', &name)) {
		struct str id = fork_id(arena, name);
		const struct event *event = map_find(w->events, id);
		size_t at = 0;

		if (name.n == 0)
			continue;
		if (event == NULL)
			fail_msg("no event is named %.*s", STR_FMT(name));
		while (at < state.count &&
			!(str_eq(state.items[at].type, event->type) &&
				str_eq(state.items[at].state_key, event->state_key)))
			at++;
		state.items[at] = (struct state_item){event->type, event->state_key, id};
		state.count += at == state.count;
	}
	return state;
}

static inline enum status fork_resolve(struct fork_world *w, struct arena *arena,
	const struct state_items *sets, size_t count, struct state_items *out)
{
	const struct state_source source = {fork_fetch, w};
	const struct state_fork fork = {w->version, w->room_id, sets, count, &source};

	return state_resolve(arena, &fork, out);
}

/* Names of a state, sorted and separated by spaces. */
static inline int fork_by_id(const void *a, const void *b)
{
	const struct state_item *left = a, *right = b;

	return str_cmp(left->event_id, right->event_id);
}

static inline struct str fork_names(struct arena *arena, const struct state_items *state)
{
	struct state_item *sorted = ARENA_ARRAY(arena, struct state_item, state->count + 1);
	struct str out = STR("");

	memcpy(sorted, state->items, state->count * sizeof(*sorted));
	qsort(sorted, state->count, sizeof(*sorted), fork_by_id);
	for (size_t i = 0; i < state->count; i++)
		out = arena_printf(arena, "%.*s%s%.*s", STR_FMT(out), i == 0 ? "" : " ",
			STR_FMT(str_skip(sorted[i].event_id, 1)));
	return out;
}

#endif
