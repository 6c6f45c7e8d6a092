/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two backed-up keys of one session is kept (specification, "Server-side key backups"). */
#ifndef PARVIS_HOMESERVER_BACKUP_RULE_H
#define PARVIS_HOMESERVER_BACKUP_RULE_H

#include <stdbool.h>

#include "homeserver/store/backup_store.h"

/* Whether `now` takes the place of `before`: verified before unverified, then the lower first
 * index, then fewer forwards; equal keys stay as they are. */
bool backup_key_is_better(const struct backup_key *now, const struct backup_key *before);

#endif
