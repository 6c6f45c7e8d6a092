/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's push rules as they stand: the default rules of the specification with what the user
 * changed (specification, "Push Rules").
 */
#ifndef PARVIS_HOMESERVER_PUSH_RULES_H
#define PARVIS_HOMESERVER_PUSH_RULES_H

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "common/json/json_writer.h"
#include "homeserver/push/ruleset.h"

/* Writes the content of m.push_rules, {"global": {...}}: for GET pushrules/, and for the account
 * data of sync whenever push_store_rules_position() lies in its span, and in an initial sync. */
MUST_CHECK enum status push_rules_write(
	struct db *db, struct arena *arena, struct str user_id, struct json_writer *w);

MUST_CHECK enum status push_rules_load(
	struct db *db, struct arena *arena, struct str user_id, struct push_ruleset **out);
/* Stores what was changed, takes a position and touches the user. STATUS_TOO_LARGE past
 * PUSH_RULESET_MAX. */
MUST_CHECK enum status push_rules_save(
	struct db_tx *tx, struct str user_id, const struct push_ruleset *set) REQUIRES(on_writer);

#endif
