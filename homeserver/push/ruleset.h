/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of push rules: the default rules of the specification ("Predefined Rules") and those of a
 * user, in the order in which they are tried.
 *
 * Stored is only what the user changed:
 *	{"override": [rule ...], "content": ..., "room": ..., "sender": ..., "underride": ...,
 *	 "changed": {"override/.m.rule.master": {"enabled": true, "actions": [...]}}}
 * so that default rules that a later version adds appear for everybody.
 */
#ifndef PARVIS_HOMESERVER_RULESET_H
#define PARVIS_HOMESERVER_RULESET_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/json/json_writer.h"
#include "homeserver/push/conditions.h"

/* In the order in which they are tried. */
enum push_kind {
	PUSH_OVERRIDE,
	PUSH_CONTENT,
	PUSH_ROOM,
	PUSH_SENDER,
	PUSH_UNDERRIDE,
	PUSH_KINDS,
};

#define PUSH_RULES_MAX	    1000 /* of one user, all kinds */
#define PUSH_RULESET_MAX    (512u * 1024)
#define PUSH_RULE_ID_MAX    255
#define PUSH_CONDITIONS_MAX 32
#define PUSH_ACTIONS_MAX    16
#define PUSH_TEXT_MAX	    4096 /* of a rule's conditions, pattern or actions */

struct push_rule {
	struct str rule_id;
	bool is_default;
	bool enabled;
	bool changed_enabled; /* of a default rule, by the user */
	bool changed_actions;
	struct str conditions; /* JSON text of an array; override and underride */
	struct str pattern;    /* content */
	struct str actions;    /* JSON text of an array */
	struct condition *parsed;
	size_t parsed_count;
	bool notify; /* what the actions say */
	bool highlight;
};

struct push_ruleset {
	struct arena *arena;
	struct {
		struct push_rule *items;
		size_t count;
	} kinds[PUSH_KINDS];
};

struct str push_kind_name(enum push_kind kind);
MUST_CHECK enum status push_kind_parse(struct str name, enum push_kind *out);

/* stored.p == NULL: the default rules. STATUS_INTERNAL when the text is not what we stored. */
MUST_CHECK enum status ruleset_read(
	struct arena *arena, struct str stored, struct push_ruleset **out);
/* What is to be stored. STATUS_TOO_LARGE past the maxima. */
MUST_CHECK enum status ruleset_store(const struct push_ruleset *set, struct buf *out);

/* NULL when there is none. */
struct push_rule *ruleset_find(
	const struct push_ruleset *set, enum push_kind kind, struct str rule_id);
/* The first enabled rule that matches, or NULL. */
const struct push_rule *ruleset_match(
	const struct push_ruleset *set, struct condition_event *event, struct str user_id);

/* {"override": [...], ...}, and one rule; the user's id stands where default rules name it. */
void ruleset_write(const struct push_ruleset *set, struct str user_id, struct json_writer *w);
void push_rule_write(enum push_kind kind, const struct push_rule *rule, struct str user_id,
	struct json_writer *w);

/* --- changes; texts are borrowed and must live as long as the set --- */

/* NULL when the array can be a rule's actions; else what is wrong. *text_out leaves out the
 * historical ones. */
const char *push_actions_read(
	struct arena *arena, const struct json *actions, struct str *text_out);

struct push_rule_draft {
	enum push_kind kind;
	struct str rule_id;
	struct str conditions;
	struct str pattern;
	struct str actions;
	struct str before; /* rule ids; p == NULL: not given */
	struct str after;
};
/* Makes or changes a rule. STATUS_NOT_FOUND: no such rule to stand before or after;
 * STATUS_TOO_LARGE past PUSH_RULES_MAX. */
MUST_CHECK enum status ruleset_put(struct push_ruleset *set, const struct push_rule_draft *draft);
/* STATUS_NOT_FOUND; STATUS_DENIED for a default rule. */
MUST_CHECK enum status ruleset_remove(
	struct push_ruleset *set, enum push_kind kind, struct str rule_id);
/* STATUS_NOT_FOUND. */
MUST_CHECK enum status ruleset_set_enabled(
	struct push_ruleset *set, enum push_kind kind, struct str rule_id, bool enabled);
MUST_CHECK enum status ruleset_set_actions(
	struct push_ruleset *set, enum push_kind kind, struct str rule_id, struct str actions);

#endif
