/* SPDX-License-Identifier: Apache-2.0 */
/* What ruleset.c and ruleset_edit.c share: texts of a rule made ready to be judged. */
#ifndef PARVIS_HOMESERVER_RULESET_INTERNAL_H
#define PARVIS_HOMESERVER_RULESET_INTERNAL_H

#include "homeserver/push/ruleset.h"

/* STATUS_INTERNAL when the text is not JSON. */
MUST_CHECK enum status push_rule_parse_actions(struct arena *arena, struct push_rule *rule);
MUST_CHECK enum status push_rule_parse_conditions(
	struct arena *arena, enum push_kind kind, struct push_rule *rule);

#endif
