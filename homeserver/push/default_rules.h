/* SPDX-License-Identifier: Apache-2.0 */
/* The server-default rules (specification, "Predefined Rules"), in the specification's order. */
#ifndef PARVIS_HOMESERVER_DEFAULT_RULES_H
#define PARVIS_HOMESERVER_DEFAULT_RULES_H

#include "homeserver/push/ruleset.h"

/* Where conditions name the user concerned: JSON text of CONDITION_USER. */
#define DEFAULT_RULE_USER "\"\\u0001user\""

struct default_rule {
	enum push_kind kind;
	const char *rule_id;
	bool enabled;
	const char *conditions; /* JSON text */
	const char *actions;
};

extern const struct default_rule default_rules[];
extern const size_t default_rules_count;

/* This one stands above the user's own rules. */
#define DEFAULT_RULE_MASTER ".m.rule.master"

#endif
