/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge's database: opening it, and readers. One file per family of tables beside this one;
 * all SQL of the bridge stands in this folder. Functions that take a struct db only read and may
 * be given a reader or, inside a change, tx->db; those that take a struct db_tx change rows and
 * run on the writer. Reads give STATUS_NOT_FOUND or STATUS_IO unless said otherwise; what they
 * give lives in the arena.
 */
#ifndef PARVIS_BRIDGE_STORE_H
#define PARVIS_BRIDGE_STORE_H

#include <stddef.h>

#include "common/db/db_writer.h"

extern const struct db_migration bridge_mail_migrations[];
extern const size_t bridge_mail_migrations_count;

/* Creates the folders of state_dir (mails/, tmp/), sweeps tmp/, migrates the database and starts
 * the writer with `context` (the struct bridge). */
MUST_CHECK enum status store_open(
	const char *state_dir, const char *db_path, void *context, struct db_writer **out);

#endif
