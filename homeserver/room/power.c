/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/power.h"

#include <math.h>

#include "common/json/json.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_version.h"

#define CREATOR_LEVEL	    100 /* of the creator while there is no m.room.power_levels */
#define DEFAULT_STATE_LEVEL 50
#define DEFAULT_NOTIFY	    50
#define REAL_LEVEL_LIMIT    9.2e18 /* what a level's 64 bits hold for sure */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* An integer in a string as the older versions know it: " +0100 ". */
static bool read_text(struct str text, int64_t *level_out)
{
	while (text.n > 0 && is_space(text.p[0]))
		text = str_skip(text, 1);
	while (text.n > 0 && is_space(text.p[text.n - 1]))
		text.n--;
	if (text.n > 1 && text.p[0] == '+' && text.p[1] != '-')
		text = str_skip(text, 1);
	return str_to_i64(text, level_out) == STATUS_OK;
}

bool power_level_read(
	const struct room_version *version, const struct json *value, int64_t *level_out)
{
	double real;

	switch (json_kind(value)) {
	case JSON_INT:
		*level_out = json_int(value, 0);
		return true;
	case JSON_STRING:
		return !version->levels_are_integers && read_text(json_str(value), level_out);
	case JSON_REAL:
		real = json_double(value, 0);
		if (!version->levels_may_be_real || !(fabs(real) < REAL_LEVEL_LIMIT))
			return false;
		*level_out = (int64_t)real;
		return true;
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return false;
}

static int64_t level_or(const struct power *power, const struct json *value, int64_t fallback)
{
	int64_t level;

	return power_level_read(power->version, value, &level) ? level : fallback;
}

struct power power_of(const struct room_version *version, const struct event *create,
	const struct event *power_levels)
{
	return (struct power){
		.version = version,
		.create = create,
		.content = power_levels == NULL ? NULL : power_levels->content,
	};
}

enum status power_load(struct db *db, struct arena *arena, struct str room_id, struct power *out)
{
	struct event *create, *levels;
	enum status status = room_state_get(
		db, arena, room_id, STR("m.room.create"), STR(""), STATE_NOW, &create);

	if (status == STATUS_OK)
		status = room_state_find(db, arena, room_id, STR("m.room.power_levels"), STR(""),
			STATE_NOW, &levels);
	if (status == STATUS_OK)
		*out = power_of(create->version, create, levels);
	return status;
}

static bool is_first_creator(const struct power *power, struct str user_id)
{
	struct str creator;

	if (power->create == NULL)
		return false;
	creator = power->create->sender;
	if (power->version->create_names_creator)
		creator = json_str(json_get(power->create->content, "creator"));
	return str_eq(creator, user_id);
}

bool power_is_creator(const struct power *power, struct str user_id)
{
	const struct json *additional;

	if (is_first_creator(power, user_id))
		return true;
	if (power->create == NULL || !power->version->creators_have_all_power)
		return false;
	additional = json_get(power->create->content, "additional_creators");
	for (size_t i = 0; i < json_count(additional); i++)
		if (str_eq(json_str(json_at(additional, i)), user_id))
			return true;
	return false;
}

int64_t power_of_user(const struct power *power, struct str user_id)
{
	const struct json *listed;

	if (power->version->creators_have_all_power && power_is_creator(power, user_id))
		return POWER_INFINITE;
	if (power->content == NULL)
		return is_first_creator(power, user_id) ? CREATOR_LEVEL : 0;
	listed = json_get_str(json_get(power->content, "users"), user_id);
	if (listed != NULL)
		return level_or(power, listed, 0);
	return level_or(power, json_get(power->content, "users_default"), 0);
}

int64_t power_to_send(const struct power *power, struct str type, bool is_state)
{
	const struct json *listed = json_get_str(json_get(power->content, "events"), type);

	if (listed != NULL)
		return level_or(power, listed, 0);
	if (is_state)
		return level_or(
			power, json_get(power->content, "state_default"), DEFAULT_STATE_LEVEL);
	return level_or(power, json_get(power->content, "events_default"), 0);
}

int64_t power_to(const struct power *power, const char *key)
{
	int64_t fallback = strcmp(key, "invite") == 0 ? 0 : 50;

	return level_or(power, json_get(power->content, key), fallback);
}

int64_t power_to_notify(const struct power *power, struct str key)
{
	return level_or(power, json_get_str(json_get(power->content, "notifications"), key),
		DEFAULT_NOTIFY);
}
