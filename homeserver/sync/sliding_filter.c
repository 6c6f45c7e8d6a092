/* SPDX-License-Identifier: Apache-2.0 */
/* Which rooms a list's filter lets through (MSC4186, "SlidingRoomFilter"). */
#include "common/json/json.h"
#include "homeserver/sync/sliding_parts.h"

static bool chooses(enum sliding_choice choice, bool value)
{
	return choice == SLIDING_EITHER || (choice == SLIDING_ONLY) == value;
}

/* p == NULL stands for "none", on both sides. */
static bool has_type(const struct str_list *types, struct str type)
{
	for (size_t i = 0; i < types->count; i++) {
		if (types->items[i].p == NULL ? type.p == NULL
					      : type.p != NULL && str_eq(types->items[i], type))
			return true;
	}
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool is_like(struct str name, struct str part)
{
	for (size_t at = 0; at + part.n <= name.n; at++) {
		size_t i = 0;

		while (i < part.n && lower(name.p[at + i]) == lower(part.p[i]))
			i++;
		if (i == part.n)
			return true;
	}
	return false;
}

static bool tagged_any(const struct json *tags, const struct str_list *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (json_get_str(tags, names->items[i]) != NULL)
			return true;
	}
	return false;
}

static enum status passes_tags(struct sliding *s, struct sliding_lookup *lookup,
	const struct sliding_filter *filter, struct str room_id, bool *out)
{
	const struct json *json = NULL;
	enum status status = STATUS_OK;

	if (!filter->has_tags && filter->not_tags.count == 0)
		return STATUS_OK;
	if (!lookup->has_tags)
		status = sliding_store_tags(
			s->sync.db, s->sync.arena, s->request->user_id, &lookup->tags);
	if (status != STATUS_OK)
		return status;
	lookup->has_tags = true;
	for (size_t i = 0; i < lookup->tags.count; i++) {
		if (str_eq(lookup->tags.items[i].room_id, room_id) &&
			json_parse(s->sync.arena, lookup->tags.items[i].content, &json, NULL) !=
				STATUS_OK)
			json = NULL;
	}
	json = json_get(json, "tags");
	*out = !tagged_any(json, &filter->not_tags) &&
	       (!filter->has_tags || tagged_any(json, &filter->tags));
	return STATUS_OK;
}

enum status sliding_filter_passes(struct sliding *s, struct sliding_lookup *lookup,
	const struct sliding_filter *filter, const struct str_list *children,
	const struct sliding_room *room, bool *out)
{
	const struct sliding_place *place = room->place;
	bool is_invite = place->row.membership == MEMBERSHIP_INVITE;

	*out = chooses(filter->dm, room->is_dm) && chooses(filter->encrypted, place->encrypted) &&
	       chooses(filter->invited, is_invite) &&
	       (!filter->has_types || has_type(&filter->types, place->type)) &&
	       !has_type(&filter->not_types, place->type) &&
	       (!filter->has_spaces || sync_names_have(children, place->row.room_id)) &&
	       (filter->name_like.n == 0 || is_like(place->name, filter->name_like));
	if (!*out)
		return STATUS_OK;
	return passes_tags(s, lookup, filter, place->row.room_id, out);
}

static const struct sliding_room *find_joined(const struct sliding *s, struct str room_id)
{
	for (size_t i = 0; i < s->places.count; i++) {
		if (s->rooms[i].is_joined && str_eq(s->places.items[i].row.room_id, room_id))
			return &s->rooms[i];
	}
	return NULL;
}

enum status sliding_filter_children(
	struct sliding *s, const struct sliding_filter *filter, struct str_list *out)
{
	const struct state_select only = {.only_type = STR("m.space.child")};

	*out = (struct str_list){NULL, 0};
	for (size_t i = 0; i < filter->spaces.count; i++) {
		struct event_list list;
		enum status status;

		if (find_joined(s, filter->spaces.items[i]) == NULL)
			continue;
		status = room_state_list(s->sync.db, s->sync.arena, filter->spaces.items[i],
			STATE_NOW, &only, &list);
		if (status != STATUS_OK)
			return status;
		for (size_t j = 0; j < list.count; j++) {
			if (json_count(json_get(list.items[j]->content, "via")) != 0)
				*ROWS_ADD(s->sync.arena, out) = list.items[j]->state_key;
		}
	}
	sync_names_sort(out);
	return STATUS_OK;
}
