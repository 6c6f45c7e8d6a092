/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The homeserver put together and taken apart. Each part is started after those it leans on and
 * stopped before them.
 */
#ifndef PARVIS_HOMESERVER_START_H
#define PARVIS_HOMESERVER_START_H

#include "homeserver/homeserver.h"

#define START_ERROR_MAX 512

/* On failure `why` holds one line for the administrator: what is wrong and what to do; nothing is
 * left running. `config` must outlive the homeserver. */
MUST_CHECK enum status homeserver_start(
	const struct config *config, struct homeserver **out, char why[START_ERROR_MAX]);
/* Answers what is under way, tells waiting clients to come back, saves, closes. */
void homeserver_stop(struct homeserver **homeserver);

/* Where the database is, its folder made; and brought to this program's form. For whoever works on
 * it without a running server. The path is the caller's to free(). */
MUST_CHECK enum status homeserver_open_database(
	const struct config *config, char **path_out, struct db **out, char why[START_ERROR_MAX]);

#endif
