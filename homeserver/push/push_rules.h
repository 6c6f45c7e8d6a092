/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's push rules as they stand: the default rules of the specification with what the user
 * changed (specification, "Push Rules").
 */
#ifndef PARVIS_HOMESERVER_PUSH_RULES_H
#define PARVIS_HOMESERVER_PUSH_RULES_H

#include "common/base/arena.h"
#include "common/db/db.h"
#include "common/json/json_writer.h"

/* Writes the content of m.push_rules, {"global": {...}}: for GET pushrules/, and for the account
 * data of sync whenever push_store_rules_position() lies in its span, and in an initial sync. */
MUST_CHECK enum status push_rules_write(
	struct db *db, struct arena *arena, struct str user_id, struct json_writer *w);

#endif
