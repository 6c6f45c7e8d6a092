/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/profile_store.h"

#include "common/base/buf.h"
#include "homeserver/store/rows.h"

#define SEARCH_TERM_MAX 512 /* bytes of a term that are looked at */

DB_SQL(sql_profile_get,
	"SELECT displayname, avatar_url FROM users WHERE user_id = ?1 AND deactivated = 0");
DB_SQL(sql_profile_fields,
	"SELECT name, value FROM profile_fields WHERE user_id = ?1 ORDER BY name");
DB_SQL(sql_profile_set_displayname, "UPDATE users SET displayname = ?2 WHERE user_id = ?1");
DB_SQL(sql_profile_set_avatar_url, "UPDATE users SET avatar_url = ?2 WHERE user_id = ?1");
DB_SQL(sql_profile_set_field, "INSERT INTO profile_fields (user_id, name, value) "
			      "VALUES (?1, ?2, ?3) ON CONFLICT (user_id, name) "
			      "DO UPDATE SET value = excluded.value");
DB_SQL(sql_profile_remove_field, "DELETE FROM profile_fields WHERE user_id = ?1 AND name = ?2");
DB_SQL(sql_profile_words, "INSERT OR REPLACE INTO user_words (rowid, words) "
			  "SELECT id, substr(user_id, 2, instr(user_id, ':') - 2) || ' ' || "
			  "coalesce(displayname, '') FROM users WHERE user_id = ?1");
DB_SQL(sql_profile_search,
	"SELECT u.user_id, u.displayname, u.avatar_url "
	"FROM user_words w JOIN users u ON u.id = w.rowid "
	"WHERE user_words MATCH ?1 AND u.deactivated = 0 ORDER BY w.rank, u.user_id LIMIT ?2");

enum status profile_get(struct db *db, struct arena *arena, struct str user_id, struct profile *out)
{
	DB_QUERY(q, db, &sql_profile_get);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	out->displayname = db_col_dup(q, 0, arena);
	out->avatar_url = db_col_dup(q, 1, arena);
	return STATUS_OK;
}

enum status profile_fields_get(
	struct db *db, struct arena *arena, struct str user_id, struct profile_fields *out)
{
	*out = (struct profile_fields){NULL, 0};
	DB_QUERY(q, db, &sql_profile_fields);
	db_bind_str(q, 1, user_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = (struct profile_field){
			.name = db_col_dup(q, 0, arena),
			.value = db_col_dup(q, 1, arena),
		};
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

static enum status set_column(
	struct db_tx *tx, const struct db_sql *sql, struct str user_id, struct str value)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, value);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = STATUS_NOT_FOUND;
	return status;
}

enum status profile_set_displayname(struct db_tx *tx, struct str user_id, struct str displayname)
{
	enum status status = set_column(tx, &sql_profile_set_displayname, user_id, displayname);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_profile_words);
	db_bind_str(q, 1, user_id);
	return db_run(q);
}

enum status profile_set_avatar_url(struct db_tx *tx, struct str user_id, struct str avatar_url)
{
	return set_column(tx, &sql_profile_set_avatar_url, user_id, avatar_url);
}

enum status profile_set_field(
	struct db_tx *tx, struct str user_id, struct str name, struct str value)
{
	DB_QUERY(q, tx->db, &sql_profile_set_field);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, name);
	db_bind_str(q, 3, value);
	return db_run(q);
}

enum status profile_remove_field(struct db_tx *tx, struct str user_id, struct str name)
{
	DB_QUERY(q, tx->db, &sql_profile_remove_field);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, name);
	return db_run(q);
}

static bool is_word_byte(char c)
{
	unsigned char byte = (unsigned char)c;
	return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z');
}

/* "cam dup" becomes "\"cam\"* \"dup\"*": each word quoted, so that nothing of the term is read as
 * an operator of FTS5's query language. */
static void write_match(struct str term, struct buf *out)
{
	bool in_word = false;
	for (size_t i = 0; i < term.n; i++) {
		bool word_byte = is_word_byte(term.p[i]);
		if (word_byte && !in_word)
			buf_append_c(out, "\"");
		if (word_byte)
			buf_append_byte(out, term.p[i]);
		else if (in_word)
			buf_append_c(out, "\"* ");
		in_word = word_byte;
	}
	if (in_word)
		buf_append_c(out, "\"*");
}

enum status profile_search(struct db *db, struct arena *arena, struct str term, size_t limit,
	struct profile_matches *out)
{
	BUF_SCOPE(match, SEARCH_TERM_MAX * 5);
	write_match(str_slice(term, 0, SEARCH_TERM_MAX), &match);
	*out = (struct profile_matches){ARENA_ARRAY(arena, struct profile_match, limit), 0};
	if (match.n == 0)
		return STATUS_OK;
	DB_QUERY(q, db, &sql_profile_search);
	db_bind_str(q, 1, buf_str(&match));
	db_bind_int(q, 2, (int64_t)limit);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW) {
		struct profile_match *item = &out->items[out->count++];
		item->user_id = db_col_dup(q, 0, arena);
		item->profile.displayname = db_col_dup(q, 1, arena);
		item->profile.avatar_url = db_col_dup(q, 2, arena);
	}
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}
