/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_create_content.h"

#include "common/base/mem.h"
#include "common/json/json_writer.h"
#include "common/matrix/ids.h"
#include "homeserver/room/event_hash.h"

/* Texts may grow past what an event may hold; room_send() then says so. */
#define TEXT_MAX (4 * EVENT_MAX_BYTES)

#define CREATOR_LEVEL 100

static bool is_in(const struct json *list, size_t before, struct str user_id)
{
	for (size_t i = 0; i < before; i++)
		if (str_eq(json_str(json_at(list, i)), user_id))
			return true;
	return false;
}

static enum status write_additional_creators(
	struct json_writer *w, const struct room_creation *creation)
{
	const struct json *given = json_get(creation->creation_content, "additional_creators");
	const struct json *invited =
		creation->preset == PRESET_TRUSTED_PRIVATE ? creation->invite : NULL;
	struct matrix_id id;

	if (given != NULL && !json_is(given, JSON_ARRAY))
		return STATUS_INVALID;
	if (json_count(given) == 0 && json_count(invited) == 0)
		return STATUS_OK;
	jw_put_array(w, "additional_creators");
	for (size_t i = 0; i < json_count(given); i++) {
		struct str user_id = json_str(json_at(given, i));

		if (user_id_parse(user_id, &id) != STATUS_OK)
			return STATUS_INVALID;
		if (!is_in(given, i, user_id) && !str_eq(user_id, creation->creator))
			jw_str(w, user_id);
	}
	for (size_t i = 0; i < json_count(invited); i++) {
		struct str user_id = json_str(json_at(invited, i));

		if (!is_in(given, json_count(given), user_id) && !is_in(invited, i, user_id) &&
			!str_eq(user_id, creation->creator))
			jw_str(w, user_id);
	}
	jw_array_end(w);
	return STATUS_OK;
}

enum status room_create_event_content(
	struct arena *arena, const struct room_creation *creation, struct str *json_out)
{
	const struct room_version *version = creation->version;
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;
	struct json_iter i = json_iter(creation->creation_content);
	enum status status = STATUS_OK;

	jw_init(&w, &text);
	jw_object(&w);
	while (json_next(&i)) {
		if (str_eq_c(i.key, "creator") || str_eq_c(i.key, "room_version") ||
			(version->creators_have_all_power &&
				str_eq_c(i.key, "additional_creators")))
			continue;
		jw_key_str(&w, i.key);
		jw_value(&w, i.value);
	}
	jw_put_str(&w, "room_version", version->name);
	if (version->create_names_creator)
		jw_put_str(&w, "creator", creation->creator);
	if (version->creators_have_all_power)
		status = write_additional_creators(&w, creation);
	if (status != STATUS_OK)
		return status;
	jw_object_end(&w);
	*json_out = arena_str(arena, buf_str(&text));
	return buf_status(&text);
}

/* Where creators stand above all levels, ending the room is theirs alone. */
static void write_tombstone_level(struct json_writer *w, const struct room_creation *creation)
{
	jw_put_int(w, "m.room.tombstone", creation->version->creators_have_all_power ? 150 : 100);
}

/* The `events` that a client gave, with the one level that must be there. */
static void write_given_event_levels(
	struct json_writer *w, const struct room_creation *creation, const struct json *events)
{
	struct json_iter i = json_iter(events);

	jw_object(w);
	while (json_next(&i)) {
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	if (json_get(events, "m.room.tombstone") == NULL)
		write_tombstone_level(w, creation);
	jw_object_end(w);
}

static void write_event_levels(struct json_writer *w, const struct room_creation *creation)
{
	static const struct {
		const char *type;
		int64_t level;
	} levels[] = {
		{"m.room.name", 50},
		{"m.room.avatar", 50},
		{"m.room.canonical_alias", 50},
		{"m.room.power_levels", 100},
		{"m.room.history_visibility", 100},
		{"m.room.server_acl", 100},
		{"m.room.encryption", 100},
	};

	jw_put_object(w, "events");
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		jw_put_int(w, levels[i].type, levels[i].level);
	write_tombstone_level(w, creation);
	jw_object_end(w);
}

static void write_users(struct json_writer *w, const struct room_creation *creation)
{
	const struct json *invited =
		creation->preset == PRESET_TRUSTED_PRIVATE ? creation->invite : NULL;

	jw_put_object(w, "users");
	if (!creation->version->creators_have_all_power) {
		jw_key_str(w, creation->creator);
		jw_int(w, CREATOR_LEVEL);
		for (size_t i = 0; i < json_count(invited); i++) {
			struct str user_id = json_str(json_at(invited, i));

			if (is_in(invited, i, user_id) || str_eq(user_id, creation->creator))
				continue;
			jw_key_str(w, user_id);
			jw_int(w, CREATOR_LEVEL);
		}
	}
	jw_object_end(w);
}

enum status room_create_power_levels(
	struct arena *arena, const struct room_creation *creation, struct str *json_out)
{
	static const struct {
		const char *key;
		int64_t level;
	} defaults[] = {
		{"ban", 50},
		{"events_default", 0},
		{"invite", 50},
		{"kick", 50},
		{"redact", 50},
		{"state_default", 50},
		{"users_default", 0},
	};
	const struct json *over = creation->power_override;
	struct json_iter i = json_iter(over);
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w);
	for (size_t d = 0; d < ARRAY_LEN(defaults); d++)
		if (json_get(over, defaults[d].key) == NULL)
			jw_put_int(&w, defaults[d].key, defaults[d].level);
	if (json_get(over, "events") == NULL)
		write_event_levels(&w, creation);
	if (json_get(over, "users") == NULL)
		write_users(&w, creation);
	while (json_next(&i)) {
		jw_key_str(&w, i.key);
		if (creation->version->creators_have_all_power && str_eq_c(i.key, "events") &&
			json_is(i.value, JSON_OBJECT))
			write_given_event_levels(&w, creation, i.value);
		else
			jw_value(&w, i.value);
	}
	jw_object_end(&w);
	*json_out = arena_str(arena, buf_str(&text));
	return buf_status(&text);
}

struct str room_create_string_content(struct arena *arena, const char *key, struct str value)
{
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w);
	jw_put_str(&w, key, value);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&text));
}

struct str room_create_topic_content(struct arena *arena, struct str topic)
{
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w);
	jw_put_str(&w, "topic", topic);
	jw_put_object(&w, "m.topic");
	jw_put_array(&w, "m.text");
	jw_object(&w);
	jw_put_str(&w, "body", topic);
	jw_object_end(&w);
	jw_array_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&text));
}

struct str room_create_json_text(struct arena *arena, const struct json *value)
{
	BUF_SCOPE(text, TEXT_MAX);

	json_write(value, &text);
	return arena_str(arena, buf_str(&text));
}
