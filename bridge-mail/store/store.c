/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/store.h"

#include "bridge-mail/store/mail_files.h"
#include "common/base/arena.h"
#include "common/base/fs.h"
#include "common/base/mem.h"

static enum status migrate(const char *db_path)
{
	struct db *db = NULL;
	enum status status = db_open(db_path, false, &db);
	if (status != STATUS_OK)
		return status;
	status = db_migrate(db, bridge_mail_migrations, bridge_mail_migrations_count);
	db_close(&db);
	return status;
}

enum status store_open(
	const char *state_dir, const char *db_path, void *context, struct db_writer **out)
{
	static const char *const folders[] = {"mails", "tmp"};
	ARENA_SCOPE(arena);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		struct str path = arena_printf(arena, "%s/%s", state_dir, folders[i]);
		enum status status = fs_make_dirs(path.p, 0700);
		if (status != STATUS_OK)
			return status;
	}
	mail_files_sweep(state_dir);
	enum status status = migrate(db_path);
	if (status != STATUS_OK)
		return status;
	return db_writer_start(db_path, context, out);
}
