/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/digests.h"

DB_SQL(sql_put, "INSERT INTO room_items (mailbox_id, event_id, root, author, name, text, html, at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (event_id) DO NOTHING");
DB_SQL(sql_due, "UPDATE room_guests SET due_at = CASE delivery WHEN 1 THEN ?2 ELSE ?3 END"
		" WHERE mailbox_id = ?1 AND delivery > 0 AND state = 1 AND due_at IS NULL"
		" AND user_id <> ?4");
DB_SQL(sql_next, "SELECT mailbox_id, address FROM room_guests WHERE due_at IS NOT NULL"
		 " ORDER BY due_at LIMIT 1");
DB_SQL(sql_items, "SELECT item_id, mailbox_id, event_id, root, author, name, text, html, at"
		  " FROM room_items WHERE mailbox_id = ?1 AND item_id > ?2 AND author <> ?3"
		  " ORDER BY item_id LIMIT ?4");
DB_SQL(sql_sent, "UPDATE room_guests SET seen_item = max(seen_item, ?3), due_at = ?4"
		 " WHERE mailbox_id = ?1 AND address = ?2");
DB_SQL(sql_forget, "DELETE FROM room_items WHERE mailbox_id = ?1 AND item_id <= ifnull((SELECT"
		   " min(seen_item) FROM room_guests WHERE mailbox_id = ?1 AND state = 1"
		   " AND delivery > 0), 9223372036854775807)");
DB_SQL(sql_hasten, "UPDATE room_guests SET due_at = ?2 WHERE mailbox_id = ?1"
		   " AND due_at IS NOT NULL");

enum status room_item_put(
	struct db_tx *tx, const struct room_item *item, int64_t hourly_at, int64_t daily_at)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_int(q, 1, item->mailbox_id);
	db_bind_str(q, 2, item->event_id);
	db_bind_str(q, 3, item->root);
	db_bind_str(q, 4, item->author);
	db_bind_str(q, 5, item->name);
	db_bind_str(q, 6, item->text.p == NULL ? STR("") : item->text);
	db_bind_str(q, 7, item->html.p == NULL ? STR("") : item->html);
	db_bind_int(q, 8, item->at);
	enum status status = db_run(q);
	if (status != STATUS_OK || db_changes(tx->db) == 0)
		return status;
	DB_QUERY(due, tx->db, &sql_due);
	db_bind_int(due, 1, item->mailbox_id);
	db_bind_int(due, 2, hourly_at);
	db_bind_int(due, 3, daily_at);
	db_bind_str(due, 4, item->author);
	return db_run(due);
}

enum status digest_next(struct db *db, struct arena *arena, struct guest *out)
{
	DB_QUERY(q, db, &sql_next);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	return guest_get(db, db_col_int(q, 0), db_col_dup(q, 1, arena), arena, out);
}

enum status digest_items(struct db *db, const struct guest *guest, struct arena *arena,
	struct room_item **list_out, size_t *count_out)
{
	struct room_item *list = ARENA_ARRAY(arena, struct room_item, DIGEST_MAX_ITEMS);
	DB_QUERY(q, db, &sql_items);
	db_bind_int(q, 1, guest->mailbox_id);
	db_bind_int(q, 2, guest->seen_item);
	db_bind_str(q, 3, guest->user_id);
	db_bind_int(q, 4, DIGEST_MAX_ITEMS);
	*list_out = list;
	*count_out = 0;
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && *count_out < DIGEST_MAX_ITEMS)
		list[(*count_out)++] = (struct room_item){
			.item_id = db_col_int(q, 0),
			.mailbox_id = db_col_int(q, 1),
			.event_id = db_col_dup(q, 2, arena),
			.root = db_col_dup(q, 3, arena),
			.author = db_col_dup(q, 4, arena),
			.name = db_col_dup(q, 5, arena),
			.text = db_col_dup(q, 6, arena),
			.html = db_col_dup(q, 7, arena),
			.at = db_col_int(q, 8),
		};
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

enum status digest_sent(
	struct db_tx *tx, const struct guest *guest, int64_t seen_item, int64_t due_at)
{
	DB_QUERY(q, tx->db, &sql_sent);
	db_bind_int(q, 1, guest->mailbox_id);
	db_bind_str(q, 2, guest->address);
	db_bind_int(q, 3, seen_item);
	if (due_at > 0)
		db_bind_int(q, 4, due_at);
	else
		db_bind_null(q, 4);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(forget, tx->db, &sql_forget);
	db_bind_int(forget, 1, guest->mailbox_id);
	return db_run(forget);
}

enum status digests_hasten(struct db_tx *tx, int64_t mailbox_id, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_hasten);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, now);
	return db_run(q);
}
