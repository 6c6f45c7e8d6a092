/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/relation_store.h"

#include "homeserver/store/event_rows.h"
#include "homeserver/store/names.h"
#include "homeserver/store/rows.h"

DB_SQL(sql_add, "INSERT INTO event_relations (parent, child, rel_type, type, sender) "
		"VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_thread_add,
	"INSERT INTO threads (root, room, latest, replies) VALUES (?1, ?2, ?3, 1) "
	"ON CONFLICT (root) DO UPDATE SET latest = excluded.latest, replies = replies + 1");
DB_SQL(sql_of_child, "SELECT x.parent, n.name FROM event_relations x "
		     "JOIN names n ON n.id = x.rel_type WHERE x.child = ?1");
DB_SQL(sql_remove, "DELETE FROM event_relations WHERE child = ?1");
DB_SQL(sql_thread_shrink, "UPDATE threads SET replies = replies - 1, latest = (SELECT max(x.child) "
			  "FROM event_relations x WHERE x.parent = ?1 AND x.rel_type = " NAME_ID(
				  "'m.thread'") ") WHERE root = ?1 AND replies > 1");
DB_SQL(sql_thread_end, "DELETE FROM threads WHERE root = ?1");
DB_SQL(sql_kinds, "SELECT DISTINCT n.name FROM event_relations x "
		  "JOIN names n ON n.id = x.rel_type WHERE x.parent = ?1");

#define PARTICIPATED                                                              \
	"((SELECT e.sender FROM events e WHERE e.position = t.root) IS " NAME_ID( \
		"?2") " OR EXISTS (SELECT 1 FROM event_relations x WHERE "        \
		      "x.parent = t.root AND x.rel_type = " NAME_ID(              \
			      "'m.thread'") " AND x.sender = " NAME_ID("?2") "))"
#define THREAD_COLUMNS "t.root, t.latest, t.replies, " PARTICIPATED

DB_SQL(sql_thread, "SELECT " THREAD_COLUMNS " FROM threads t WHERE t.root = ?1");
DB_SQL(sql_threads, "SELECT " THREAD_COLUMNS " FROM rooms r CROSS JOIN threads t ON t.room = r.id "
		    "AND t.latest < ?3 WHERE r.room_id = ?1 AND (?4 = 0 OR " PARTICIPATED
		    ") ORDER BY t.latest DESC LIMIT ?5");

#define RELATED_WHERE                                         \
	"e.position > ?2 AND e.position <= ?3 "               \
	"AND (?4 IS NULL OR x.rel_type = " NAME_ID(           \
		"?4") ") "                                    \
		      "AND (?5 IS NULL OR x.type = " NAME_ID( \
			      "?5") ") "                      \
				    "AND (?6 IS NULL OR x.sender = " NAME_ID("?6") ") "

#define CHILDREN                                                                     \
	"SELECT " EVENT_COLUMNS " FROM event_relations x "                           \
	"CROSS JOIN events e ON e.position = x.child JOIN rooms r ON r.id = e.room " \
	"WHERE x.parent = ?1 AND x.child > ?2 AND x.child <= ?3 AND " RELATED_WHERE  \
	"ORDER BY x.child "

DB_SQL(sql_children_forward, CHILDREN "LIMIT ?7");
DB_SQL(sql_children_backward, CHILDREN "DESC LIMIT ?7");

/* Depth is bounded by ?8, and UNION drops what was found by another way. */
#define RELATED                                                                      \
	"WITH RECURSIVE related (child, depth) AS ("                                 \
	"SELECT x.child, 1 FROM event_relations x WHERE x.parent = ?1 "              \
	"UNION SELECT x.child, d.depth + 1 FROM related d "                          \
	"CROSS JOIN event_relations x ON x.parent = d.child WHERE d.depth < ?8) "    \
	"SELECT DISTINCT " EVENT_COLUMNS " FROM related d "                          \
	"CROSS JOIN event_relations x ON x.child = d.child "                         \
	"CROSS JOIN events e ON e.position = d.child JOIN rooms r ON r.id = e.room " \
	"WHERE " RELATED_WHERE "ORDER BY e.position "

DB_SQL(sql_related_forward, RELATED "LIMIT ?7");
DB_SQL(sql_related_backward, RELATED "DESC LIMIT ?7");

static enum status thread_add(struct db_tx *tx, const struct relation *relation) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_thread_add);
	db_bind_int(q, 1, relation->parent);
	db_bind_int(q, 2, relation->room_key);
	db_bind_int(q, 3, relation->child);
	return db_run(q);
}

static enum status row_add(struct db_tx *tx, const struct relation *relation) REQUIRES(on_writer)
{
	int64_t rel_type = 0, type = 0, sender = 0;
	enum status status = names_put(tx, relation->rel_type, &rel_type);

	if (status == STATUS_OK)
		status = names_put(tx, relation->type, &type);
	if (status == STATUS_OK)
		status = names_put(tx, relation->sender, &sender);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, relation->parent);
	db_bind_int(q, 2, relation->child);
	db_bind_int(q, 3, rel_type);
	db_bind_int(q, 4, type);
	db_bind_int(q, 5, sender);
	return db_run(q);
}

enum status relation_add(struct db_tx *tx, const struct relation *relation)
{
	enum status status = row_add(tx, relation);

	if (status == STATUS_OK && str_eq_c(relation->rel_type, RELATION_THREAD))
		status = thread_add(tx, relation);
	return status;
}

static enum status of_child(struct db_tx *tx, int64_t child, int64_t *parent_out,
	bool *is_thread_out) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_of_child);
	db_bind_int(q, 1, child);
	enum status status = db_first(q);
	if (status == STATUS_OK) {
		*parent_out = db_col_int(q, 0);
		*is_thread_out = str_eq_c(db_col_str(q, 1), RELATION_THREAD);
	}
	return status;
}

static enum status run_with(struct db_tx *tx, const struct db_sql *sql, int64_t position)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, position);
	return db_run(q);
}

enum status relation_remove(struct db_tx *tx, int64_t child)
{
	int64_t parent = 0;
	bool is_thread = false;
	enum status status = of_child(tx, child, &parent, &is_thread);

	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	status = run_with(tx, &sql_remove, child);
	if (status != STATUS_OK || !is_thread)
		return status;
	status = run_with(tx, &sql_thread_shrink, parent);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = run_with(tx, &sql_thread_end, parent);
	return status;
}

enum status relation_kinds(struct db *db, int64_t parent, struct relation_kinds *out)
{
	enum db_step step;

	*out = (struct relation_kinds){false, false, false};
	DB_QUERY(q, db, &sql_kinds);
	db_bind_int(q, 1, parent);
	while ((step = db_step(q)) == DB_ROW) {
		struct str name = db_col_str(q, 0);

		out->replace |= str_eq_c(name, RELATION_REPLACE);
		out->thread |= str_eq_c(name, RELATION_THREAD);
		out->reference |= str_eq_c(name, "m.reference");
	}
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

static struct thread_row thread_read(struct db_query *q)
{
	return (struct thread_row){
		.root = db_col_int(q, 0),
		.latest = db_col_int(q, 1),
		.replies = db_col_int(q, 2),
		.participated = db_col_bool(q, 3),
	};
}

enum status relation_thread(struct db *db, int64_t root, struct str user_id, struct thread_row *out)
{
	DB_QUERY(q, db, &sql_thread);
	db_bind_int(q, 1, root);
	db_bind_str(q, 2, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = thread_read(q);
	return status;
}

enum status relation_threads(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, bool only_participated, int64_t before, size_t limit,
	struct thread_rows *out)
{
	enum db_step step;

	*out = (struct thread_rows){NULL, 0};
	DB_QUERY(q, db, &sql_threads);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	db_bind_int(q, 3, before);
	db_bind_bool(q, 4, only_participated);
	db_bind_int(q, 5, (int64_t)limit);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = thread_read(q);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status relation_list(struct db *db, struct arena *arena, const struct relation_query *query,
	struct event_rows *out)
{
	bool deep = query->depth > 1;
	const struct db_sql *sql = query->backward
					   ? (deep ? &sql_related_backward : &sql_children_backward)
					   : (deep ? &sql_related_forward : &sql_children_forward);

	DB_QUERY(q, db, sql);
	db_bind_int(q, 1, query->parent);
	db_bind_int(q, 2, query->after);
	db_bind_int(q, 3, query->upto);
	db_bind_str(q, 4, query->rel_type);
	db_bind_str(q, 5, query->type);
	db_bind_str(q, 6, query->sender);
	db_bind_int(q, 7, (int64_t)query->limit);
	if (deep)
		db_bind_int(q, 8, query->depth);
	return event_rows_all(q, arena, out);
}
