/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_create.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/matrix/ids.h"
#include "homeserver/room/room_create_content.h"
#include "homeserver/room/room_membership.h"
#include "homeserver/room/room_open.h"
#include "homeserver/room/room_send.h"
#include "homeserver/store/room_store.h"

struct creating {
	struct db_tx *tx;
	const struct room_creation *creation;
	struct str room_id;
	const char *why;
};

static const struct {
	struct str type;
	const char *content[PRESET_PUBLIC + 1];
} preset_state[] = {
	{STR_INIT("m.room.join_rules"),
		{
			[PRESET_PRIVATE] = "{\"join_rule\":\"invite\"}",
			[PRESET_TRUSTED_PRIVATE] = "{\"join_rule\":\"invite\"}",
			[PRESET_PUBLIC] = "{\"join_rule\":\"public\"}",
		}},
	{STR_INIT("m.room.history_visibility"),
		{
			[PRESET_PRIVATE] = "{\"history_visibility\":\"shared\"}",
			[PRESET_TRUSTED_PRIVATE] = "{\"history_visibility\":\"shared\"}",
			[PRESET_PUBLIC] = "{\"history_visibility\":\"shared\"}",
		}},
	{STR_INIT("m.room.guest_access"),
		{
			[PRESET_PRIVATE] = "{\"guest_access\":\"can_join\"}",
			[PRESET_TRUSTED_PRIVATE] = "{\"guest_access\":\"can_join\"}",
			[PRESET_PUBLIC] = "{\"guest_access\":\"forbidden\"}",
		}},
};

static enum status check_state(const struct json *list, const char **why)
{
	if (json_count(list) > ROOM_CREATE_MAX_STATE) {
		*why = "initial_state is too long";
		return STATUS_INVALID;
	}
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *event = json_at(list, i), *key = json_get(event, "state_key");

		*why = "initial_state must hold events with type, state_key and content";
		if (json_str(json_get(event, "type")).n == 0 ||
			!json_is(json_get(event, "content"), JSON_OBJECT) ||
			(key != NULL && !json_is(key, JSON_STRING)))
			return STATUS_INVALID;
	}
	return STATUS_OK;
}

static enum status check_users(const struct json *list, const char **why)
{
	struct matrix_id id;

	*why = "invite must be a list of user ids";
	if (json_count(list) > ROOM_CREATE_MAX_INVITE)
		return STATUS_INVALID;
	for (size_t i = 0; i < json_count(list); i++)
		if (user_id_parse(json_str(json_at(list, i)), &id) != STATUS_OK)
			return STATUS_INVALID;
	return STATUS_OK;
}

enum status room_creation_check(const struct room_creation *creation, const char **why_out)
{
	enum status status = check_state(creation->initial_state, why_out);

	if (status == STATUS_OK)
		status = check_users(creation->invite, why_out);
	return status;
}

static enum status send_state(struct creating *c, struct str type, struct str state_key,
	struct str content) REQUIRES(on_writer)
{
	struct event_draft draft = {
		.room_id = c->room_id,
		.sender = c->creation->creator,
		.type = type,
		.state_key = state_key.p == NULL ? STR("") : state_key,
		.content = content,
		.origin_server_ts = c->creation->origin_server_ts,
	};
	struct event *event;

	return room_send(c->tx, &draft, &event, &c->why);
}

static enum status send_member(struct creating *c, enum member_action action, struct str target)
	REQUIRES(on_writer)
{
	struct member_request request = {
		.action = action,
		.room_id = c->room_id,
		.sender = c->creation->creator,
		.target = target,
		.is_direct = action == MEMBER_INVITE && c->creation->is_direct,
		.origin_server_ts = c->creation->origin_server_ts,
	};
	struct event *event;

	return room_membership(c->tx, &request, &event, &c->why);
}

static enum status send_create(struct creating *c) REQUIRES(on_writer)
{
	const struct room_creation *creation = c->creation;
	struct event *event;
	struct str content;
	enum status status = room_create_event_content(c->tx->arena, creation, &content);

	if (status == STATUS_OK)
		status = room_open(c->tx, creation->version, creation->creator, content,
			creation->origin_server_ts, &event, &c->why);
	if (status == STATUS_OK)
		c->room_id = event->room_id;
	return status;
}

static enum status send_power_levels(struct creating *c) REQUIRES(on_writer)
{
	struct str content;
	enum status status = room_create_power_levels(c->tx->arena, c->creation, &content);

	if (status == STATUS_OK)
		status = send_state(c, STR("m.room.power_levels"), STR(""), content);
	return status;
}

static enum status add_alias(struct creating *c) REQUIRES(on_writer)
{
	struct room_row room;
	struct str content;
	enum status status;

	if (c->creation->alias.n == 0)
		return STATUS_OK;
	status = room_store_find(c->tx->db, c->tx->arena, c->room_id, &room);
	if (status == STATUS_OK)
		status = room_alias_add(
			c->tx, c->creation->alias, room.key, c->creation->creator, clock_wall_ms());
	if (status == STATUS_EXISTS)
		c->why = "The alias is taken";
	if (status != STATUS_OK)
		return status;
	content = room_create_string_content(c->tx->arena, "alias", c->creation->alias);
	return send_state(c, STR("m.room.canonical_alias"), STR(""), content);
}

static bool initial_state_has(const struct json *list, struct str type)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *event = json_at(list, i);

		if (str_eq(json_str(json_get(event, "type")), type) &&
			json_str(json_get(event, "state_key")).n == 0)
			return true;
	}
	return false;
}

static enum status send_preset(struct creating *c) REQUIRES(on_writer)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < ARRAY_LEN(preset_state) && status == STATUS_OK; i++) {
		struct str content = str_c(preset_state[i].content[c->creation->preset]);

		if (!initial_state_has(c->creation->initial_state, preset_state[i].type))
			status = send_state(c, preset_state[i].type, STR(""), content);
	}
	return status;
}

static enum status send_initial_state(struct creating *c) REQUIRES(on_writer)
{
	const struct json *list = c->creation->initial_state;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < json_count(list) && status == STATUS_OK; i++) {
		const struct json *event = json_at(list, i);

		status = send_state(c, json_str(json_get(event, "type")),
			json_str(json_get(event, "state_key")),
			room_create_json_text(c->tx->arena, json_get(event, "content")));
	}
	return status;
}

static enum status send_name_and_topic(struct creating *c) REQUIRES(on_writer)
{
	const struct room_creation *creation = c->creation;
	enum status status = STATUS_OK;

	if (creation->name.p != NULL)
		status = send_state(c, STR("m.room.name"), STR(""),
			room_create_string_content(c->tx->arena, "name", creation->name));
	if (status == STATUS_OK && creation->topic.p != NULL)
		status = send_state(c, STR("m.room.topic"), STR(""),
			room_create_topic_content(c->tx->arena, creation->topic));
	return status;
}

static enum status send_invites(struct creating *c) REQUIRES(on_writer)
{
	const struct json *list = c->creation->invite;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < json_count(list) && status == STATUS_OK; i++) {
		struct str user_id = json_str(json_at(list, i));

		if (!str_eq(user_id, c->creation->creator))
			status = send_member(c, MEMBER_INVITE, user_id);
	}
	return status;
}

static enum status publish(struct creating *c) REQUIRES(on_writer)
{
	struct room_row room;
	enum status status;

	if (!c->creation->publish)
		return STATUS_OK;
	status = room_store_find(c->tx->db, c->tx->arena, c->room_id, &room);
	if (status == STATUS_OK)
		status = room_store_set_published(c->tx, room.key, true);
	return status;
}

enum status room_create(struct db_tx *tx, const struct room_creation *creation,
	struct str *room_id_out, const char **why_out)
{
	struct creating c = {.tx = tx, .creation = creation};
	enum status status = send_create(&c);

	if (status == STATUS_OK)
		status = send_member(&c, MEMBER_JOIN, creation->creator);
	if (status == STATUS_OK)
		status = send_power_levels(&c);
	if (status == STATUS_OK)
		status = add_alias(&c);
	if (status == STATUS_OK)
		status = send_preset(&c);
	if (status == STATUS_OK)
		status = send_initial_state(&c);
	if (status == STATUS_OK)
		status = send_name_and_topic(&c);
	if (status == STATUS_OK)
		status = send_invites(&c);
	if (status == STATUS_OK)
		status = publish(&c);
	if (status == STATUS_OK)
		*room_id_out = c.room_id;
	else if (why_out != NULL)
		*why_out = c.why;
	return status;
}
