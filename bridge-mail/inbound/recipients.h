/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that mail is taken for: those of the configured mailboxes. Read-only once made,
 * hence usable from any thread. */
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
void recipients_free(struct recipients **recipients);

/* The mailbox of an address in any case, with or without "+detail"; 0 when there is none. */
int64_t recipients_find(const struct recipients *recipients, struct str address);

#endif
