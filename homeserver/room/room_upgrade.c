/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_upgrade.h"

#include "common/base/mem.h"
#include "common/json/canonical.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/room/power.h"
#include "homeserver/room/room_create_content.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_membership.h"
#include "homeserver/room/room_open.h"
#include "homeserver/room/room_send.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/room_store.h"

#define TEXT_MAX	 (4 * EVENT_MAX_BYTES)
#define CLOSED_LEVEL	 50 /* to speak in the old room */
#define TOMBSTONE_MARGIN 50
#define DEFAULT_STATE	 50
#define CREATOR_LEVEL	 100

struct upgrading {
	struct db_tx *tx;
	const struct room_upgrade *upgrade;
	struct room_row old_room;
	struct room_row new_room;
	struct power power;	    /* of the old room */
	const struct event *levels; /* m.room.power_levels of the old room; NULL: none */
	const char *why;
};

static enum status old_state(struct upgrading *u, struct str type, struct event **out)
{
	return room_state_find(
		u->tx->db, u->tx->arena, u->upgrade->room_id, type, STR(""), STATE_NOW, out);
}

static enum status send(struct upgrading *u, struct str room_id, struct str type,
	struct str state_key, struct str content) REQUIRES(on_writer)
{
	struct event_draft draft = {
		.room_id = room_id,
		.sender = u->upgrade->user_id,
		.type = type,
		.state_key = state_key,
		.content = content,
	};
	struct event *event;

	return room_send(u->tx, &draft, &event, &u->why);
}

/* What would be good to have in the old room, where the rules allow it. */
static enum status send_if_allowed(struct upgrading *u, struct str type, struct str content)
	REQUIRES(on_writer)
{
	enum status status = send(u, u->upgrade->room_id, type, STR(""), content);

	return status == STATUS_DENIED ? STATUS_OK : status;
}

static enum status load(struct upgrading *u)
{
	struct db_tx *tx = u->tx;
	const struct room_upgrade *upgrade = u->upgrade;
	struct event *levels;
	enum membership membership;
	enum status status = room_store_find(tx->db, tx->arena, upgrade->room_id, &u->old_room);

	if (status == STATUS_OK)
		status = power_load(tx->db, tx->arena, upgrade->room_id, &u->power);
	if (status == STATUS_OK)
		status = old_state(u, STR("m.room.power_levels"), &levels);
	if (status == STATUS_OK)
		status = membership_get(tx->db, upgrade->room_id, upgrade->user_id, &membership);
	if (status != STATUS_OK)
		return status;
	u->levels = levels;
	if (membership == MEMBERSHIP_JOIN &&
		power_of_user(&u->power, upgrade->user_id) >=
			power_to_send(&u->power, STR("m.room.tombstone"), true))
		return STATUS_OK;
	u->why = "You do not have the power to upgrade this room";
	return STATUS_DENIED;
}

/* The new create event names the old room and keeps its type. */
static enum status create_content(struct upgrading *u, struct str *out)
{
	struct room_creation creation = {
		.creator = u->upgrade->user_id, .version = u->upgrade->version};
	struct str type = json_str(json_get(u->power.create->content, "type"));
	const struct json *federate = json_get(u->power.create->content, "m.federate");
	struct str_list last;
	int64_t depth;
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;
	enum status status =
		room_store_extremities(u->tx->db, u->tx->arena, u->old_room.key, &last, &depth);

	if (status != STATUS_OK)
		return status;
	jw_init(&w, &text);
	jw_object(&w);
	if (type.p != NULL)
		jw_put_str(&w, "type", type);
	if (federate != NULL)
		jw_put_value(&w, "m.federate", federate);
	if (u->upgrade->additional_creators != NULL)
		jw_put_value(&w, "additional_creators", u->upgrade->additional_creators);
	jw_put_object(&w, "predecessor");
	jw_put_str(&w, "room_id", u->upgrade->room_id);
	if (last.count != 0)
		jw_put_str(&w, "event_id", last.items[0]);
	jw_object_end(&w);
	jw_object_end(&w);
	status = json_parse(u->tx->arena, buf_str(&text), &creation.creation_content, NULL);
	if (status == STATUS_OK)
		status = room_create_event_content(u->tx->arena, &creation, out);
	if (status == STATUS_INVALID)
		u->why = "additional_creators must be a list of user ids";
	return status;
}

static enum status open_new(struct upgrading *u) REQUIRES(on_writer)
{
	struct member_request join = {.action = MEMBER_JOIN,
		.sender = u->upgrade->user_id,
		.target = u->upgrade->user_id};
	struct event *event;
	struct str content;
	enum status status = create_content(u, &content);

	if (status == STATUS_OK)
		status = room_open(u->tx, u->upgrade->version, u->upgrade->user_id, content, 0,
			&event, &u->why);
	if (status != STATUS_OK)
		return status;
	join.room_id = event->room_id;
	status = room_store_find(u->tx->db, u->tx->arena, event->room_id, &u->new_room);
	if (status == STATUS_OK)
		status = room_membership(u->tx, &join, &event, &u->why);
	return status;
}

/* A rule that the new version does not know would let nobody in: the nearest that it knows. */
static const char *nearest_rule(const struct room_version *version, struct str rule)
{
	bool is_both = str_eq_c(rule, "knock_restricted");

	if (is_both && version->knock_restricted)
		return NULL;
	if (is_both && version->restricted)
		return "restricted";
	if (is_both && version->knock)
		return "knock";
	if (is_both || (str_eq_c(rule, "restricted") && !version->restricted) ||
		(str_eq_c(rule, "knock") && !version->knock))
		return "invite";
	return NULL;
}

static struct str setting_content(struct upgrading *u, const struct event *event)
{
	struct json_iter i = json_iter(event->content);
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;
	const char *rule = NULL;

	if (str_eq_c(event->type, "m.room.join_rules"))
		rule = nearest_rule(
			u->upgrade->version, json_str(json_get(event->content, "join_rule")));
	if (rule == NULL)
		return room_create_json_text(u->tx->arena, event->content);
	jw_init(&w, &text);
	jw_object(&w);
	while (json_next(&i)) {
		jw_key_str(&w, i.key);
		if (str_eq_c(i.key, "join_rule"))
			jw_c_str(&w, rule);
		else
			jw_value(&w, i.value);
	}
	jw_object_end(&w);
	return arena_str(u->tx->arena, buf_str(&text));
}

static enum status copy_settings(struct upgrading *u) REQUIRES(on_writer)
{
	static const struct str types[] = {
		STR_INIT("m.room.server_acl"),
		STR_INIT("m.room.encryption"),
		STR_INIT("m.room.name"),
		STR_INIT("m.room.avatar"),
		STR_INIT("m.room.topic"),
		STR_INIT("m.room.guest_access"),
		STR_INIT("m.room.history_visibility"),
		STR_INIT("m.room.join_rules"),
	};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < ARRAY_LEN(types) && status == STATUS_OK; i++) {
		struct event *event;

		status = old_state(u, types[i], &event);
		if (status == STATUS_OK && event != NULL)
			status = send(u, u->new_room.room_id, types[i], STR(""),
				setting_content(u, event));
	}
	return status;
}

static bool is_ban(const struct event *event)
{
	return str_eq_c(json_str(json_get(event->content, "membership")), "ban");
}

static bool is_child(const struct event *event)
{
	return json_count(event->content) != 0;
}

/* State events of one type that are worth having in the new room too. */
static enum status copy_all(struct upgrading *u, struct str type,
	bool (*is_kept)(const struct event *event)) REQUIRES(on_writer)
{
	struct state_select select = {.only_type = type};
	struct event_list events;
	enum status status = room_state_list(
		u->tx->db, u->tx->arena, u->upgrade->room_id, STATE_NOW, &select, &events);

	for (size_t i = 0; status == STATUS_OK && i < events.count; i++) {
		const struct event *event = events.items[i];

		if (is_kept(event))
			status = send(u, u->new_room.room_id, type, event->state_key,
				room_create_json_text(u->tx->arena, event->content));
	}
	return status;
}

/* From a version whose creators stand above all levels to one where they are listed. */
static bool lists_creators(const struct upgrading *u)
{
	return u->power.version->creators_have_all_power &&
	       !u->upgrade->version->creators_have_all_power;
}

/* A level as the new version knows levels; what was none is left out. Texts could say more than an
 * event can hold. */
static void write_level(struct json_writer *w, const struct upgrading *u, struct str key,
	const struct json *value, int64_t most)
{
	int64_t level;

	if (!power_level_read(u->power.version, value, &level))
		return;
	if (level > most)
		level = most;
	if (level < -CANONICAL_INT_MAX)
		level = -CANONICAL_INT_MAX;
	jw_key_str(w, key);
	jw_int(w, level);
}

/* What an action may need: no more than those who could do everything will have. */
static int64_t most_needed(const struct upgrading *u)
{
	return lists_creators(u) ? CREATOR_LEVEL : CANONICAL_INT_MAX;
}

static int64_t level_or(const struct upgrading *u, const struct json *value, int64_t fallback)
{
	int64_t level;

	return power_level_read(u->power.version, value, &level) ? level : fallback;
}

/* As much as anybody has. */
static int64_t creator_level(const struct upgrading *u)
{
	struct json_iter i = json_iter(json_get(u->levels->content, "users"));
	int64_t most = CREATOR_LEVEL;

	while (json_next(&i))
		if (level_or(u, i.value, 0) > most)
			most = level_or(u, i.value, 0);
	return most < CANONICAL_INT_MAX ? most : CANONICAL_INT_MAX;
}

/* All creators of the old room, and who upgrades it. */
static void write_creators(struct json_writer *w, const struct upgrading *u)
{
	const struct event *create = u->power.create;
	const struct json *listed = json_get(u->levels->content, "users");
	const struct json *additional = json_get(create->content, "additional_creators");
	int64_t level = creator_level(u);

	jw_key_str(w, create->sender);
	jw_int(w, level);
	for (size_t i = 0; i < json_count(additional); i++) {
		struct str user_id = json_str(json_at(additional, i));
		bool is_written = str_eq(user_id, create->sender);

		for (size_t j = 0; j < i; j++)
			is_written |= str_eq(user_id, json_str(json_at(additional, j)));
		if (is_written)
			continue;
		jw_key_str(w, user_id);
		jw_int(w, level);
	}
	if (!power_is_creator(&u->power, u->upgrade->user_id) &&
		json_get_str(listed, u->upgrade->user_id) == NULL) {
		jw_key_str(w, u->upgrade->user_id);
		jw_int(w, level);
	}
}

static void write_users(struct json_writer *w, const struct upgrading *u)
{
	const struct room_upgrade *upgrade = u->upgrade;
	struct json_iter i = json_iter(json_get(u->levels->content, "users"));

	jw_put_object(w, "users");
	while (json_next(&i)) {
		bool is_creator = str_eq(i.key, upgrade->user_id);

		for (size_t c = 0; c < json_count(upgrade->additional_creators); c++)
			if (str_eq(json_str(json_at(upgrade->additional_creators, c)), i.key))
				is_creator = true;
		if (is_creator && upgrade->version->creators_have_all_power)
			continue;
		write_level(w, u, i.key, i.value, CANONICAL_INT_MAX);
	}
	/* Who had all power without being listed would be nobody in a version that knows lists
	 * only. */
	if (lists_creators(u))
		write_creators(w, u);
	jw_object_end(w);
}

/* Where creators stand above all levels, ending the room is theirs alone. */
static void write_events(struct json_writer *w, const struct upgrading *u)
{
	const struct json *events = json_get(u->levels->content, "events");
	struct json_iter i = json_iter(events);
	int64_t state_default =
		level_or(u, json_get(u->levels->content, "state_default"), DEFAULT_STATE);
	int64_t level = level_or(u, json_get(events, "m.room.tombstone"), 0);
	bool raise = u->upgrade->version->creators_have_all_power && level <= 100;

	jw_put_object(w, "events");
	while (json_next(&i)) {
		if (raise && str_eq_c(i.key, "m.room.tombstone"))
			continue;
		write_level(w, u, i.key, i.value, most_needed(u));
	}
	if (raise)
		jw_put_int(w, "m.room.tombstone",
			(state_default > 100 ? state_default : 100) + TOMBSTONE_MARGIN);
	jw_object_end(w);
}

static void write_notifications(struct json_writer *w, const struct upgrading *u)
{
	struct json_iter i = json_iter(json_get(u->levels->content, "notifications"));

	jw_put_object(w, "notifications");
	while (json_next(&i))
		write_level(w, u, i.key, i.value, most_needed(u));
	jw_object_end(w);
}

/* Last, because it may leave the creator with less power than before. */
static enum status copy_levels(struct upgrading *u) REQUIRES(on_writer)
{
	struct json_iter i;
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;

	if (u->levels == NULL)
		return STATUS_OK;
	i = json_iter(u->levels->content);
	jw_init(&w, &text);
	jw_object(&w);
	while (json_next(&i)) {
		if (!json_is(i.value, JSON_OBJECT))
			write_level(&w, u, i.key, i.value, most_needed(u));
	}
	if (json_get(u->levels->content, "notifications") != NULL)
		write_notifications(&w, u);
	write_users(&w, u);
	write_events(&w, u);
	jw_object_end(&w);
	return send(u, u->new_room.room_id, STR("m.room.power_levels"), STR(""), buf_str(&text));
}

static enum status move_names(struct upgrading *u) REQUIRES(on_writer)
{
	struct event *canonical;
	enum status status = old_state(u, STR("m.room.canonical_alias"), &canonical);

	if (status == STATUS_OK)
		status = room_alias_move(u->tx, u->old_room.key, u->new_room.key);
	if (status == STATUS_OK && u->old_room.published)
		status = room_store_set_published(u->tx, u->new_room.key, true);
	if (status == STATUS_OK && u->old_room.published)
		status = room_store_set_published(u->tx, u->old_room.key, false);
	if (status != STATUS_OK || canonical == NULL || json_count(canonical->content) == 0)
		return status;
	status = send(u, u->new_room.room_id, canonical->type, STR(""),
		room_create_json_text(u->tx->arena, canonical->content));
	if (status == STATUS_OK)
		status = send_if_allowed(u, canonical->type, STR("{}"));
	return status;
}

static enum status bury(struct upgrading *u) REQUIRES(on_writer)
{
	struct str content = arena_printf(u->tx->arena,
		"{\"body\":\"This room has been replaced\",\"replacement_room\":\"%.*s\"}",
		STR_FMT(u->new_room.room_id));

	return send(u, u->upgrade->room_id, STR("m.room.tombstone"), STR(""), content);
}

/* Nobody without power speaks in the old room or invites into it any more. */
static enum status close_old(struct upgrading *u) REQUIRES(on_writer)
{
	struct json_iter i;
	int64_t level;
	BUF_SCOPE(text, TEXT_MAX);
	struct json_writer w;

	if (u->levels == NULL)
		return STATUS_OK;
	level = level_or(u, json_get(u->levels->content, "users_default"), 0);
	level = level < CANONICAL_INT_MAX ? level + 1 : level;
	if (level < CLOSED_LEVEL)
		level = CLOSED_LEVEL;
	i = json_iter(u->levels->content);
	jw_init(&w, &text);
	jw_object(&w);
	while (json_next(&i)) {
		if (str_eq_c(i.key, "events_default") || str_eq_c(i.key, "invite"))
			continue;
		jw_key_str(&w, i.key);
		jw_value(&w, i.value);
	}
	jw_put_int(&w, "events_default", level);
	jw_put_int(&w, "invite", level);
	jw_object_end(&w);
	return send_if_allowed(u, STR("m.room.power_levels"), buf_str(&text));
}

enum status room_upgrade(struct db_tx *tx, const struct room_upgrade *upgrade,
	struct str *room_id_out, const char **why_out)
{
	struct upgrading u = {.tx = tx, .upgrade = upgrade};
	enum status status = load(&u);

	if (status == STATUS_OK)
		status = open_new(&u);
	if (status == STATUS_OK)
		status = copy_settings(&u);
	if (status == STATUS_OK)
		status = copy_all(&u, STR("m.room.member"), is_ban);
	if (status == STATUS_OK)
		status = copy_all(&u, STR("m.space.child"), is_child);
	if (status == STATUS_OK)
		status = move_names(&u);
	if (status == STATUS_OK)
		status = copy_levels(&u);
	if (status == STATUS_OK)
		status = bury(&u);
	if (status == STATUS_OK)
		status = close_old(&u);
	if (status == STATUS_OK)
		*room_id_out = u.new_room.room_id;
	else if (why_out != NULL)
		*why_out = u.why;
	return status;
}
