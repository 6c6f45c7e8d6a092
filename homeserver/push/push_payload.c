/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_payload.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/push_queue_store.h"

#define PAYLOAD_MAX	((size_t)256 * 1024)
#define GATEWAY_URL_MAX 2048
#define HEROES		3
#define ROOM_NAME_MAX	1024
#define TWEAK_NAME_MAX	255
#define GATEWAY_PATH	STR("/_matrix/push/v1/notify")

enum status push_counts_load(
	struct db *db, struct str user_id, int64_t now, struct push_counts *out)
{
	struct push_counts counts = {0};
	enum status status = push_store_total(db, user_id, &counts.unread);
	if (status == STATUS_OK)
		status = rung_calls_missed(db, user_id, now, &counts.missed_calls);
	*out = counts;
	return status;
}

/* --- where to --- */

struct push_target push_target_read(struct arena *arena, const struct pusher *pusher)
{
	const struct json *data = NULL;
	if (json_parse(arena, pusher->data, &data, NULL) != STATUS_OK)
		return (struct push_target){0};
	return (struct push_target){
		.url = json_str(json_get(data, "url")),
		.event_id_only = str_eq_c(json_str(json_get(data, "format")), "event_id_only"),
		.no_badge =
			json_bool(json_get(data, "org.matrix.msc4076.disable_badge_count"), false),
	};
}

bool push_target_url_ok(struct str url, bool private_ok)
{
	static const struct str schemes[] = {STR_INIT("https://"), STR_INIT("http://")};
	size_t known = private_ok ? 2 : 1;
	for (size_t i = 0; i < known; i++) {
		if (!str_starts(url, schemes[i]) || url.n > GATEWAY_URL_MAX)
			continue;
		struct str rest = str_skip(url, schemes[i].n);
		ptrdiff_t slash = str_index(rest, '/');
		if (slash <= 0 || str_contains_nul(url))
			return false;
		struct str path = str_skip(rest, (size_t)slash);
		ptrdiff_t query = str_index(path, '?');
		return str_eq(query < 0 ? path : str_slice(path, 0, (size_t)query), GATEWAY_PATH);
	}
	return false;
}

bool push_answer_rejects(struct arena *arena, struct str body, struct str pushkey)
{
	const struct json *answer = NULL;
	if (body.n == 0 || json_parse(arena, body, &answer, NULL) != STATUS_OK)
		return false;
	const struct json *rejected = json_get(answer, "rejected");
	for (size_t i = 0; i < json_count(rejected); i++)
		if (str_eq(json_str(json_at(rejected, i)), pushkey))
			return true;
	return false;
}

/* --- the room and its people --- */

MUST_CHECK static enum status state_text(struct db *db, struct arena *arena, struct str room_id,
	const char *type, struct str state_key, const char *key, struct str *out)
{
	struct event *event;
	enum status status =
		room_state_find(db, arena, room_id, str_c(type), state_key, STATE_NOW, &event);
	*out = STR_EMPTY;
	if (status == STATUS_OK && event != NULL)
		*out = json_str(json_get(event->content, key));
	return status;
}

/* Of a room without a name: who else is in it. */
MUST_CHECK static enum status people(
	struct db *db, struct arena *arena, struct str room_id, struct str user_id, struct str *out)
{
	BUF_SCOPE(text, ROOM_NAME_MAX);
	struct str_list heroes;
	enum status status = membership_heroes(db, arena, room_id, user_id, HEROES, &heroes);
	for (size_t i = 0; status == STATUS_OK && i < heroes.count; i++) {
		struct str name;
		status = state_text(
			db, arena, room_id, "m.room.member", heroes.items[i], "displayname", &name);
		if (i > 0)
			buf_append_c(&text, ", ");
		buf_append(&text, name.n > 0 ? name : heroes.items[i]);
	}
	*out = arena_str(arena, buf_str(&text));
	return status;
}

/* Names and what else a person is shown beside the event. */
MUST_CHECK static enum status write_surroundings(struct json_writer *w, struct db *db,
	struct arena *arena, const struct event *event, struct str user_id)
{
	struct str name, alias, sender;
	enum status status =
		state_text(db, arena, event->room_id, "m.room.name", STR(""), "name", &name);
	if (status == STATUS_OK)
		status = state_text(db, arena, event->room_id, "m.room.canonical_alias", STR(""),
			"alias", &alias);
	if (status == STATUS_OK)
		status = state_text(db, arena, event->room_id, "m.room.member", event->sender,
			"displayname", &sender);
	if (status != STATUS_OK)
		return status;
	if (name.n == 0)
		name = alias;
	if (name.n == 0)
		status = people(db, arena, event->room_id, user_id, &name);
	jw_put_str(w, "sender_display_name", sender.n > 0 ? sender : event->sender);
	if (name.n > 0)
		jw_put_str(w, "room_name", name);
	if (alias.n > 0)
		jw_put_str(w, "room_alias", alias);
	return status;
}

/* --- the parts --- */

/* Zero is told as well, though it may be left out: the gateways in use clear a badge only when they
 * read the number. */
static void write_counts(struct json_writer *w, const struct push_counts *counts)
{
	jw_put_object(w, "counts");
	jw_put_int(w, "unread", counts->unread);
	if (counts->missed_calls > 0)
		jw_put_int(w, "missed_calls", counts->missed_calls);
	jw_object_end(w);
}

static void write_tweaks(struct json_writer *w, const struct json *actions)
{
	jw_put_object(w, "tweaks");
	for (size_t i = 0; i < json_count(actions); i++) {
		const struct json *action = json_at(actions, i);
		struct str name = json_str(json_get(action, "set_tweak"));
		const struct json *value = json_get(action, "value");
		if (name.n == 0 || name.n > TWEAK_NAME_MAX || str_contains_nul(name))
			continue;
		jw_key_str(w, name);
		if (value != NULL)
			jw_value(w, value);
		else
			jw_bool(w, true);
	}
	jw_object_end(w);
}

static void write_devices(struct json_writer *w, struct arena *arena, const struct pusher *pusher,
	const struct json *actions)
{
	const struct json *data = NULL;
	jw_put_array(w, "devices");
	jw_object(w);
	jw_put_str(w, "app_id", pusher->app_id);
	jw_put_str(w, "pushkey", pusher->pushkey);
	jw_put_int(w, "pushkey_ts", pusher->created_ts / 1000);
	jw_put_object(w, "data");
	if (json_parse(arena, pusher->data, &data, NULL) == STATUS_OK)
		for (struct json_iter i = json_iter(data); json_next(&i);) {
			if (str_eq_c(i.key, "url"))
				continue;
			jw_key_str(w, i.key);
			jw_value(w, i.value);
		}
	jw_object_end(w);
	if (actions != NULL)
		write_tweaks(w, actions);
	jw_object_end(w);
	jw_array_end(w);
}

static const struct json *find_tweak(const struct json *actions, const char *name)
{
	for (size_t i = 0; i < json_count(actions); i++)
		if (str_eq_c(json_str(json_get(json_at(actions, i), "set_tweak")), name))
			return json_at(actions, i);
	return NULL;
}

/* What rings or stands out wakes a phone at once; so does what only the phone can read. */
static bool is_urgent(const struct event *event, const struct json *actions)
{
	const struct json *highlight = find_tweak(actions, "highlight");
	return str_eq_c(event->type, "m.room.encrypted") || find_tweak(actions, "sound") != NULL ||
	       (highlight != NULL && json_bool(json_get(highlight, "value"), true));
}

MUST_CHECK static enum status write_event(struct json_writer *w, struct db *db, struct arena *arena,
	const struct event *event, struct str user_id)
{
	jw_put_str(w, "type", event->type);
	jw_put_str(w, "sender", event->sender);
	if (event_is_state(event) && str_eq_c(event->type, "m.room.member")) {
		jw_put_bool(w, "user_is_target", str_eq(event->state_key, user_id));
		jw_put_str(w, "membership", json_str(json_get(event->content, "membership")));
	}
	jw_put_value(w, "content", event->content);
	return write_surroundings(w, db, arena, event, user_id);
}

MUST_CHECK static enum status finish(
	struct arena *arena, struct json_writer *w, const struct buf *text, struct str *out)
{
	jw_object_end(w);
	jw_object_end(w);
	enum status status = buf_status(text);
	if (status == STATUS_OK)
		*out = arena_str(arena, buf_str(text));
	return status;
}

enum status push_payload_event(struct db *db, struct arena *arena, const struct pusher *pusher,
	const struct event *event, struct str actions, const struct push_counts *counts,
	struct str *out)
{
	BUF_SCOPE(text, PAYLOAD_MAX);
	struct push_target target = push_target_read(arena, pusher);
	const struct json *parsed = NULL;
	struct json_writer w;
	enum status status = json_parse(arena, actions, &parsed, NULL);
	if (status != STATUS_OK)
		return STATUS_INTERNAL;
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_object(&w, "notification");
	jw_put_str(&w, "event_id", event->event_id);
	jw_put_str(&w, "room_id", event->room_id);
	jw_put_c_str(&w, "prio", is_urgent(event, parsed) ? "high" : "low");
	if (!target.event_id_only)
		status = write_event(&w, db, arena, event, pusher->user_id);
	if (!target.no_badge)
		write_counts(&w, counts);
	write_devices(&w, arena, pusher, target.event_id_only ? NULL : parsed);
	enum status finished = finish(arena, &w, &text, out);
	return status == STATUS_OK ? finished : status;
}

enum status push_payload_counts(struct arena *arena, const struct pusher *pusher,
	const struct push_counts *counts, struct str *out)
{
	BUF_SCOPE(text, PAYLOAD_MAX);
	struct json_writer w;
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_object(&w, "notification");
	write_counts(&w, counts);
	write_devices(&w, arena, pusher, NULL);
	return finish(arena, &w, &text, out);
}
