/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once after each start, in the background: files that no row of the store names go, because a
 * kill came between a file and its row; so do reservations of ids that nobody filled in time.
 */
#ifndef PARVIS_HOMESERVER_MEDIA_SWEEP_H
#define PARVIS_HOMESERVER_MEDIA_SWEEP_H

#include "common/db/db_writer.h"

struct media_files;
struct media_sweep;

/* Before the first upload. The database is opened once more, for reading. */
struct media_sweep *media_sweep_start(
	struct media_files *files, const char *database, struct db_writer *writer);
/* Ends it early if need be. Before the writer ends. */
void media_sweep_end(struct media_sweep **sweep);

#endif
