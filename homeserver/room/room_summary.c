/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_summary.h"

#include "common/json/json.h"
#include "homeserver/room/restricted_join.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/rows.h"

struct loading {
	struct db *db;
	struct arena *arena;
	struct str room_id;
	enum status status;
};

/* Content of the room's current state under the type; NULL when there is none. */
static const struct json *content_of(struct loading *loading, struct str type)
{
	struct event *event;

	if (loading->status != STATUS_OK)
		return NULL;
	loading->status = room_state_find(
		loading->db, loading->arena, loading->room_id, type, STR(""), STATE_NOW, &event);
	return loading->status == STATUS_OK && event != NULL ? event->content : NULL;
}

static struct str text_of(struct loading *loading, struct str type, const char *key)
{
	struct str text = json_str(json_get(content_of(loading, type), key));

	return text.n == 0 ? STR_EMPTY : text;
}

static void join_rules_load(struct loading *loading, struct room_summary *out)
{
	const struct json *content = content_of(loading, STR("m.room.join_rules"));
	const struct json *allow = json_get(content, "allow");

	out->join_rule = json_str(json_get(content, "join_rule"));
	if (out->join_rule.n == 0)
		out->join_rule = STR("invite");
	if (!str_eq_c(out->join_rule, "restricted") &&
		!str_eq_c(out->join_rule, "knock_restricted"))
		return;
	for (size_t i = 0; i < json_count(allow); i++) {
		struct str room_id = json_str(json_get(json_at(allow, i), "room_id"));

		if (room_id.n != 0)
			*ROWS_ADD(loading->arena, &out->allowed_room_ids) = room_id;
	}
}

enum status room_summary_load(
	struct db *db, struct arena *arena, const struct room_row *room, struct room_summary *out)
{
	struct loading loading = {.db = db, .arena = arena, .room_id = room->room_id};

	*out = (struct room_summary){
		.room_id = room->room_id,
		.version = room->version,
		.joined_count = room->joined_count,
		.name = text_of(&loading, STR("m.room.name"), "name"),
		.topic = text_of(&loading, STR("m.room.topic"), "topic"),
		.avatar_url = text_of(&loading, STR("m.room.avatar"), "url"),
		.canonical_alias = text_of(&loading, STR("m.room.canonical_alias"), "alias"),
		.room_type = text_of(&loading, STR("m.room.create"), "type"),
		.encryption = text_of(&loading, STR("m.room.encryption"), "algorithm"),
		.world_readable = str_eq_c(
			text_of(&loading, STR("m.room.history_visibility"), "history_visibility"),
			"world_readable"),
		.guest_can_join = str_eq_c(
			text_of(&loading, STR("m.room.guest_access"), "guest_access"), "can_join"),
	};
	join_rules_load(&loading, out);
	return loading.status;
}

static void put_if(struct json_writer *w, const char *key, struct str value)
{
	if (value.p != NULL)
		jw_put_str(w, key, value);
}

void room_summary_write(struct json_writer *w, const struct room_summary *summary)
{
	jw_put_str(w, "room_id", summary->room_id);
	put_if(w, "name", summary->name);
	put_if(w, "topic", summary->topic);
	put_if(w, "avatar_url", summary->avatar_url);
	put_if(w, "canonical_alias", summary->canonical_alias);
	put_if(w, "room_type", summary->room_type);
	jw_put_str(w, "join_rule", summary->join_rule);
	jw_put_int(w, "num_joined_members", summary->joined_count);
	jw_put_bool(w, "world_readable", summary->world_readable);
	jw_put_bool(w, "guest_can_join", summary->guest_can_join);
}

void room_summary_write_more(struct json_writer *w, const struct room_summary *summary)
{
	jw_put_str(w, "room_version", summary->version);
	put_if(w, "encryption", summary->encryption);
	if (summary->allowed_room_ids.count == 0)
		return;
	jw_put_array(w, "allowed_room_ids");
	for (size_t i = 0; i < summary->allowed_room_ids.count; i++)
		jw_str(w, summary->allowed_room_ids.items[i]);
	jw_array_end(w);
}

/* Lower case of the byte at i: ASCII, and the Latin letters whose UTF-8 begins with 0xC3. */
static unsigned char folded(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i];

	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c + 0x20);
	if (i > 0 && (unsigned char)s.p[i - 1] == 0xc3 && c >= 0x80 && c <= 0x9e && c != 0x97)
		return (unsigned char)(c + 0x20);
	return c;
}

static bool holds_at(struct str text, size_t at, struct str term)
{
	for (size_t i = 0; i < term.n; i++)
		if (folded(text, at + i) != folded(term, i))
			return false;
	return true;
}

static bool holds(struct str text, struct str term)
{
	for (size_t at = 0; at + term.n <= text.n; at++)
		if (holds_at(text, at, term))
			return true;
	return false;
}

bool room_summary_matches(const struct room_summary *summary, struct str term)
{
	return term.n == 0 || holds(summary->name, term) || holds(summary->topic, term) ||
	       holds(summary->canonical_alias, term);
}

static bool is_open(const struct room_summary *summary)
{
	return summary->world_readable || str_eq_c(summary->join_rule, "public") ||
	       str_eq_c(summary->join_rule, "knock") ||
	       str_eq_c(summary->join_rule, "knock_restricted");
}

enum status room_summary_visible(struct db *db, struct arena *arena,
	const struct room_summary *summary, struct str user_id, enum membership *membership_out,
	bool *out)
{
	enum status status;

	*membership_out = MEMBERSHIP_NONE;
	*out = is_open(summary);
	if (user_id.n == 0)
		return STATUS_OK;
	status = membership_get(db, summary->room_id, user_id, membership_out);
	if (status != STATUS_OK || *out)
		return status;
	*out = *membership_out == MEMBERSHIP_JOIN || *membership_out == MEMBERSHIP_INVITE ||
	       *membership_out == MEMBERSHIP_KNOCK;
	if (*out)
		return STATUS_OK;
	return restricted_join_allows(db, arena, summary->room_id, user_id, out);
}
