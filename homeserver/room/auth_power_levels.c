/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for m.room.power_levels: its shape, and who may change what. */
#include "common/base/mem.h"
#include "common/matrix/ids.h"
#include "homeserver/room/auth_rules.h"

static const char *const scalar_keys[] = {
	"users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"};

static bool levels_only(const struct room_version *version, const struct json *object)
{
	struct json_iter i = json_iter(object);
	int64_t level;

	if (object != NULL && !json_is(object, JSON_OBJECT))
		return false;
	while (json_next(&i))
		if (!power_level_read(version, i.value, &level))
			return false;
	return true;
}

static enum status check_users(struct auth *auth, const struct json *users)
{
	struct json_iter i = json_iter(users);
	struct matrix_id id;

	if (!levels_only(auth->event->version, users))
		return auth_deny(auth, "users must map user ids to integers");
	while (json_next(&i)) {
		if (user_id_parse(i.key, &id) != STATUS_OK)
			return auth_deny(auth, "users must map user ids to integers");
		if (auth->event->version->creators_have_all_power &&
			power_is_creator(&auth->power, i.key))
			return auth_deny(auth, "A creator of the room cannot be listed in users");
	}
	return STATUS_OK;
}

static enum status check_shape(struct auth *auth)
{
	const struct room_version *version = auth->event->version;
	const struct json *content = auth->event->content;
	int64_t level;

	/* Older versions ask for the shape of `users` only. */
	for (size_t i = 0; version->levels_are_integers && i < ARRAY_LEN(scalar_keys); i++) {
		const struct json *value = json_get(content, scalar_keys[i]);

		if (value != NULL && !power_level_read(version, value, &level))
			return auth_deny(auth, "A power level must be an integer");
	}
	if (version->levels_are_integers && !levels_only(version, json_get(content, "events")))
		return auth_deny(auth, "events must map event types to integers");
	if (version->levels_are_integers &&
		!levels_only(version, json_get(content, "notifications")))
		return auth_deny(auth, "notifications must map keys to integers");
	return check_users(auth, json_get(content, "users"));
}

/* Whether a value is above what the sender may touch; an absent value is not. */
static bool is_above(const struct auth *auth, const struct json *value, int64_t sender_level)
{
	int64_t level;

	return power_level_read(auth->event->version, value, &level) && level > sender_level;
}

static bool is_changed(const struct auth *auth, const struct json *before, const struct json *after)
{
	const struct room_version *version = auth->event->version;
	int64_t old_level = 0, new_level = 0;
	bool had = power_level_read(version, before, &old_level);
	bool has = power_level_read(version, after, &new_level);

	return had != has || old_level != new_level;
}

static enum status check_entry(struct auth *auth, const struct json *before,
	const struct json *after, int64_t sender_level)
{
	if (is_changed(auth, before, after) &&
		(is_above(auth, before, sender_level) || is_above(auth, after, sender_level)))
		return auth_deny(auth, "You cannot change a power level above your own");
	return STATUS_OK;
}

/* Each key of either object once: those of `before`, then those only `after` has. */
static enum status check_map(struct auth *auth, const struct json *before, const struct json *after,
	int64_t sender_level)
{
	struct json_iter old_entry = json_iter(before), new_entry = json_iter(after);
	enum status status = STATUS_OK;

	while (status == STATUS_OK && json_next(&old_entry))
		status = check_entry(
			auth, old_entry.value, json_get_str(after, old_entry.key), sender_level);
	while (status == STATUS_OK && json_next(&new_entry))
		status = check_entry(
			auth, json_get_str(before, new_entry.key), new_entry.value, sender_level);
	return status;
}

static enum status check_user_changes(struct auth *auth, const struct json *before,
	const struct json *after, int64_t sender_level)
{
	struct json_iter i = json_iter(before);
	int64_t level;

	while (json_next(&i)) {
		if (str_eq(i.key, auth->event->sender) ||
			!is_changed(auth, i.value, json_get_str(after, i.key)))
			continue;
		if (power_level_read(auth->event->version, i.value, &level) &&
			level >= sender_level)
			return auth_deny(auth, "You cannot change the level of a user with as much "
					       "power as you");
	}
	return check_map(auth, before, after, sender_level);
}

enum status auth_power_levels(struct auth *auth)
{
	const struct json *after = auth->event->content, *before;
	int64_t sender_level = auth_level(auth, auth->event->sender);
	enum status status = check_shape(auth);

	if (status != STATUS_OK || auth->power_levels == NULL)
		return status;
	before = auth->power_levels->content;
	for (size_t i = 0; i < ARRAY_LEN(scalar_keys) && status == STATUS_OK; i++)
		status = check_entry(auth, json_get(before, scalar_keys[i]),
			json_get(after, scalar_keys[i]), sender_level);
	if (status == STATUS_OK)
		status = check_map(
			auth, json_get(before, "events"), json_get(after, "events"), sender_level);
	if (status == STATUS_OK && auth->event->version->notifications_checked)
		status = check_map(auth, json_get(before, "notifications"),
			json_get(after, "notifications"), sender_level);
	if (status == STATUS_OK)
		status = check_user_changes(
			auth, json_get(before, "users"), json_get(after, "users"), sender_level);
	return status;
}
