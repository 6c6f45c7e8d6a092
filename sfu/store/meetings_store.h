/* SPDX-License-Identifier: Apache-2.0 */
/* Meetings called on the meeting page, as rows. */
#ifndef PARVIS_SFU_MEETINGS_STORE_H
#define PARVIS_SFU_MEETINGS_STORE_H

#include "common/db/db_writer.h"

struct meeting_row {
	struct str id, objective, creator;
	int64_t created_ms;
	int64_t started_ms; /* 0: nobody has come yet */
};

/* Makes the folder and the file, and brings it to this version. STATUS_IO; STATUS_CONFLICT when a
 * newer version wrote it. */
MUST_CHECK enum status meetings_store_open(const char *folder, const char *path);

MUST_CHECK enum status meetings_store_add(struct db_tx *tx, const struct meeting_row *row)
	REQUIRES(on_writer);
/* The first time counts. */
MUST_CHECK enum status meetings_store_start(struct db_tx *tx, struct str id, int64_t started_ms)
	REQUIRES(on_writer);
/* Forgets what was called before that time. */
MUST_CHECK enum status meetings_store_purge(struct db_tx *tx, int64_t before_ms)
	REQUIRES(on_writer);
/* STATUS_NOT_FOUND. Strings go to the arena. */
MUST_CHECK enum status meetings_store_get(
	struct db *db, struct arena *arena, struct str id, struct meeting_row *out);

#endif
