/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_rules.h"

#include "homeserver/push/unread.h"
#include "homeserver/store/push_store.h"
#include "homeserver/stream/streams.h"

enum status push_rules_load(
	struct db *db, struct arena *arena, struct str user_id, struct push_ruleset **out)
{
	struct str stored = STR_EMPTY;
	int64_t position;
	enum status status = push_store_rules(db, arena, user_id, &stored, &position);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	return ruleset_read(arena, stored, out);
}

enum status push_rules_write(
	struct db *db, struct arena *arena, struct str user_id, struct json_writer *w)
{
	struct push_ruleset *set;
	enum status status = push_rules_load(db, arena, user_id, &set);
	if (status != STATUS_OK)
		return status;
	jw_object(w);
	jw_key(w, "global");
	ruleset_write(set, user_id, w);
	jw_object_end(w);
	return STATUS_OK;
}

enum status push_rules_save(struct db_tx *tx, struct str user_id, const struct push_ruleset *set)
{
	BUF_SCOPE(text, PUSH_RULESET_MAX);
	enum status status = ruleset_store(set, &text);
	if (status == STATUS_OK)
		status = push_store_rules_put(tx, user_id, buf_str(&text), stream_next(tx));
	if (status == STATUS_OK)
		status = unread_forget_rules(tx, user_id);
	if (status == STATUS_OK)
		stream_touch_user(tx, user_id);
	return status;
}
