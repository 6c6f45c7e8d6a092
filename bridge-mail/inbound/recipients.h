/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that mail is taken for: those of the configured mailboxes, which are kept here, and
 * those of rooms, which are looked up. Usable from any thread. */
#ifndef PARVIS_BRIDGE_RECIPIENTS_H
#define PARVIS_BRIDGE_RECIPIENTS_H

#include <stdint.h>

#include "common/base/str.h"
#include "config/config.h"

struct db;
struct recipients;

/* STATUS_NOT_FOUND when a configured mailbox has no row. */
MUST_CHECK enum status recipients_new(
	struct db *db, const struct config_bridge_mail *config, struct recipients **out);
/* Rooms' addresses count, too. STATUS_IO when the database cannot be opened. */
MUST_CHECK enum status recipients_with_rooms(struct recipients *recipients, const char *db_path);
void recipients_free(struct recipients **recipients);

/* The mailbox of an address in any case, with or without "+detail"; 0 when there is none. */
int64_t recipients_find(const struct recipients *recipients, struct str address);

#endif
