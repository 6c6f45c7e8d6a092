/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/invite_permission.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/store/account_data_store.h"

enum status invite_permission_blocks(
	struct db *db, struct arena *arena, struct str user_id, bool *out)
{
	static const struct str types[] = {
		STR_INIT("m.invite_permission_config"),
		STR_INIT("org.matrix.msc4380.invite_permission_config"),
	};

	*out = false;
	for (size_t i = 0; i < ARRAY_LEN(types) && !*out; i++) {
		const struct json *json;
		struct str content;
		enum status status =
			account_data_get(db, arena, user_id, STR(""), types[i], &content);

		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != STATUS_OK)
			return status;
		*out = json_parse(arena, content, &json, NULL) == STATUS_OK &&
		       str_eq_c(json_str(json_get(json, "default_action")), "block");
	}
	return STATUS_OK;
}
