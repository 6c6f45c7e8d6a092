/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/visibility.h"

#include "common/json/json.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/account_store.h"

enum history { HISTORY_SHARED, HISTORY_INVITED, HISTORY_JOINED, HISTORY_WORLD };

/* A value from a position on. */
struct change {
	int64_t position;
	int value;
};

struct changes {
	struct change *items;
	size_t count;
};

struct visibility {
	struct str user_id;
	struct changes memberships; /* enum membership; before the first: none */
	struct changes histories;   /* enum history; before the first: shared, the default */
	int64_t last_joined;	    /* position at which the user was last joined; INT64_MAX: now */
	bool exists;
	bool forgotten; /* by the user: past stays give nothing any more */
	bool any_erased;
};

static enum history history_parse(struct str word)
{
	if (str_eq_c(word, "invited"))
		return HISTORY_INVITED;
	if (str_eq_c(word, "joined"))
		return HISTORY_JOINED;
	if (str_eq_c(word, "world_readable"))
		return HISTORY_WORLD;
	return HISTORY_SHARED;
}

static int membership_value(const struct event *event)
{
	return (int)membership_parse(json_str(json_get(event->content, "membership")));
}

static int history_value(const struct event *event)
{
	return (int)history_parse(json_str(json_get(event->content, "history_visibility")));
}

static enum status changes_load(struct db *db, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, int (*value)(const struct event *event),
	struct changes *out)
{
	struct event_rows rows;
	enum status status = state_store_history(db, arena, room_id, type, state_key, &rows);

	if (status != STATUS_OK)
		return status;
	out->items = ARENA_ARRAY(arena, struct change, rows.count + 1);
	for (size_t i = 0; i < rows.count; i++) {
		struct event *event;

		status = event_to_tell(arena, &rows.items[i], &event);
		if (status != STATUS_OK)
			return status;
		out->items[out->count++] = (struct change){event->position, value(event)};
	}
	return STATUS_OK;
}

/* The value once everything up to the position has happened. */
static int value_at(const struct changes *changes, int64_t position, int fallback)
{
	int value = fallback;

	for (size_t i = 0; i < changes->count && changes->items[i].position <= position; i++)
		value = changes->items[i].value;
	return value;
}

/* The end of the user's last stay. */
static int64_t last_joined(const struct changes *memberships)
{
	int64_t end = INT64_MAX;

	for (size_t i = memberships->count; i-- > 0;) {
		if (memberships->items[i].value == MEMBERSHIP_JOIN)
			return end;
		end = memberships->items[i].position;
	}
	return 0;
}

enum status visibility_load(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct visibility **out)
{
	struct visibility *v = ARENA_NEW(arena, struct visibility);
	struct room_row room;
	enum status status = room_store_find(db, arena, room_id, &room);

	*out = v;
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	v->exists = true;
	v->user_id = arena_str(arena, user_id);
	status = changes_load(db, arena, room_id, STR("m.room.history_visibility"), STR(""),
		history_value, &v->histories);
	if (status == STATUS_OK && user_id.n != 0)
		status = changes_load(db, arena, room_id, STR("m.room.member"), user_id,
			membership_value, &v->memberships);
	v->last_joined = last_joined(&v->memberships);
	if (status == STATUS_OK && v->memberships.count != 0)
		status = membership_forgotten(db, room_id, user_id, &v->forgotten);
	if (v->forgotten)
		v->last_joined = 0;
	if (status == STATUS_OK)
		status = account_any_erased(db, &v->any_erased);
	return status;
}

enum membership visibility_membership_at(const struct visibility *visibility, int64_t position)
{
	return (enum membership)value_at(&visibility->memberships, position, MEMBERSHIP_NONE);
}

enum membership visibility_membership(const struct visibility *visibility)
{
	return visibility_membership_at(visibility, INT64_MAX);
}

static bool allows(const struct visibility *v, enum history history, enum membership membership,
	int64_t position)
{
	if (history == HISTORY_WORLD)
		return true;
	if (v->forgotten)
		return false;
	if (membership == MEMBERSHIP_JOIN)
		return true;
	if (history == HISTORY_SHARED)
		return position < v->last_joined;
	return history == HISTORY_INVITED && membership == MEMBERSHIP_INVITE;
}

bool visibility_allows(const struct visibility *v, const struct event *event)
{
	int64_t at = event->position;
	enum history history = (enum history)value_at(&v->histories, at, HISTORY_SHARED);
	enum membership membership = visibility_membership_at(v, at);

	if (!v->exists)
		return false;
	if (allows(v, history, membership, at))
		return true;
	/* A change of either value can be seen by those who could see just before it. */
	if (event_is_state(event) && str_eq_c(event->type, "m.room.history_visibility"))
		return allows(v, (enum history)value_at(&v->histories, at - 1, HISTORY_SHARED),
			membership, at);
	if (event_is_state(event) && str_eq_c(event->type, "m.room.member") &&
		str_eq(event->state_key, v->user_id) && v->user_id.n != 0)
		return true;
	return false;
}

bool visibility_any_erased(const struct visibility *v)
{
	return v->any_erased;
}

bool visibility_had_before(const struct visibility *v, int64_t event_position, int64_t until)
{
	const struct changes *m = &v->memberships;

	for (size_t i = 0; i < m->count && m->items[i].position <= until; i++) {
		bool is_last = i + 1 == m->count;

		if (m->items[i].value == MEMBERSHIP_JOIN &&
			(is_last || m->items[i + 1].position > event_position))
			return true;
	}
	return false;
}

int64_t visibility_state_position(const struct visibility *v)
{
	if (!v->exists)
		return 0;
	if (value_at(&v->histories, INT64_MAX, HISTORY_SHARED) == HISTORY_WORLD)
		return STATE_NOW;
	return v->last_joined;
}
