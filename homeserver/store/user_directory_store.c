/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/user_directory_store.h"

#include "homeserver/store/membership_store.h"
#include "homeserver/store/names.h"

#define JOIN_RULES "(c.type = " NAME_ID("'m.room.join_rules'") ")"
#define VISIBILITY "(c.type = " NAME_ID("'m.room.history_visibility'") ")"

DB_SQL(sql_in_open_room,
	"SELECT 1 FROM memberships m "
	"CROSS JOIN current_state c ON c.room = m.room AND c.state_key = " NAME_ID(
		"''") " AND (" JOIN_RULES " OR " VISIBILITY ") "
		      "CROSS JOIN events e ON e.position = c.event "
		      "WHERE m.user = " NAME_ID(
			      "?1") " AND m.membership = 2 "
				    "AND (json_extract(e.json, '$.content.join_rule') = 'public' "
				    "OR "
				    "json_extract(e.json, '$.content.history_visibility') = "
				    "'world_readable') "
				    "LIMIT 1");

static enum status in_open_room(struct db *db, struct str user_id, bool *out)
{
	DB_QUERY(q, db, &sql_in_open_room);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	*out = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status user_directory_shows(struct db *db, struct str user_id, struct str other, bool *out)
{
	enum status status = membership_shares_room(db, user_id, other, out);
	if (status == STATUS_OK && !*out)
		status = in_open_room(db, other, out);
	return status;
}
