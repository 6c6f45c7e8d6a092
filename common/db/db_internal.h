/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of common/db share; nobody else includes it. */
#ifndef PARVIS_DB_INTERNAL_H
#define PARVIS_DB_INTERNAL_H

#include <sqlite3.h>

#include "common/db/db.h"

/* Runs SQL text that is not worth keeping prepared (PRAGMA, BEGIN, migrations). */
MUST_CHECK enum status db_exec_text(struct db *db, const char *sql);
/* A statement without parameters. */
MUST_CHECK enum status db_run_sql(struct db *db, const struct db_sql *sql);
sqlite3 *db_handle(struct db *db);

#endif
