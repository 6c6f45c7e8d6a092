/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/ignored_users.h"

#include "common/json/json.h"
#include "homeserver/store/account_data_store.h"

enum status ignored_users_load(
	struct db *db, struct arena *arena, struct str user_id, struct str_list *out)
{
	const struct json *json;
	struct str content;
	enum status status =
		account_data_get(db, arena, user_id, STR(""), IGNORED_USERS_TYPE, &content);

	*out = (struct str_list){NULL, 0};
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	/* The client wrote it: what is not a list of users ignores nobody. */
	if (json_parse(arena, content, &json, NULL) != STATUS_OK)
		return STATUS_OK;
	for (struct json_iter i = json_iter(json_get(json, "ignored_users")); json_next(&i);) {
		if (!str_eq(i.key, user_id))
			*ROWS_ADD(arena, out) = i.key;
	}
	return STATUS_OK;
}

bool ignored_users_have(const struct str_list *ignored, struct str user_id)
{
	for (size_t i = 0; i < ignored->count; i++) {
		if (str_eq(ignored->items[i], user_id))
			return true;
	}
	return false;
}
