/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which state of a room a list or a subscription asks for (MSC4186, "RequiredStateRequest"). Both
 * forms of the request become this one.
 */
#ifndef PARVIS_HOMESERVER_SLIDING_RULE_H
#define PARVIS_HOMESERVER_SLIDING_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct json;

#define SLIDING_ELEMENTS_MAX 1000 /* of one rule */

/* p == NULL: any. */
struct sliding_element {
	struct str type;
	struct str state_key;
};

struct sliding_elements {
	struct sliding_element *items;
	size_t count;
};

struct sliding_rule {
	struct sliding_elements include;
	struct sliding_elements exclude;
	bool lazy_members; /* members only where they are needed, but for those named by type */
	uint64_t hash;	   /* the same for the same rule, now and after a restart */
};

/* [["m.room.name", ""], ["m.room.member", "$LAZY"], ["*", "*"]]; NULL is an empty one. user_id: who
 * "$ME" is. STATUS_INVALID with a sentence for the client in *why_out. */
MUST_CHECK enum status sliding_rule_parse_pairs(struct arena *arena, const struct json *json,
	struct str user_id, struct sliding_rule *out, const char **why_out);
/* {"include": [{"type": "m.room.name"}], "exclude": [], "lazy_members": true}. */
MUST_CHECK enum status sliding_rule_parse(struct arena *arena, const struct json *json,
	struct sliding_rule *out, const char **why_out);

/* Whether the rule asks for this piece of state, whatever the timeline says. */
bool sliding_rule_takes(const struct sliding_rule *rule, struct str type, struct str state_key);
/* Whether one of its elements names no type. */
bool sliding_rule_is_wide(const struct sliding_rule *rule);
/* Whether it may ask for members that it does not name. */
bool sliding_rule_takes_all_members(const struct sliding_rule *rule);

#endif
