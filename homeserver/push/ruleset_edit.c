/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a set of push rules. */
#include "common/json/json.h"
#include "homeserver/push/ruleset.h"
#include "homeserver/push/ruleset_internal.h"
#include "homeserver/store/rows.h"

const char *push_actions_read(struct arena *arena, const struct json *actions, struct str *text_out)
{
	if (!json_is(actions, JSON_ARRAY) || json_count(actions) > PUSH_ACTIONS_MAX)
		return "actions must be an array of a few actions";
	BUF_SCOPE(text, PUSH_TEXT_MAX);
	struct json_writer w;
	jw_init(&w, &text);
	jw_array(&w);
	for (size_t i = 0; i < json_count(actions); i++) {
		const struct json *action = json_at(actions, i);
		struct str name = json_str(action);
		if (json_is(action, JSON_OBJECT) &&
			!json_is(json_get(action, "set_tweak"), JSON_STRING))
			return "an action that is an object must have a set_tweak";
		if (!json_is(action, JSON_STRING) && !json_is(action, JSON_OBJECT))
			return "an action must be a string or an object";
		if (!str_eq(name, STR("dont_notify")) && !str_eq(name, STR("coalesce")))
			jw_value(&w, action);
	}
	jw_array_end(&w);
	if (buf_status(&text) != STATUS_OK)
		return "actions are too long";
	*text_out = arena_str(arena, buf_str(&text));
	return NULL;
}

static size_t own_rules(const struct push_ruleset *set)
{
	size_t count = 0;
	for (int kind = 0; kind < PUSH_KINDS; kind++)
		for (size_t i = 0; i < set->kinds[kind].count; i++)
			count += set->kinds[kind].items[i].is_default ? 0 : 1;
	return count;
}

static void remove_at(struct push_ruleset *set, enum push_kind kind, size_t at)
{
	struct push_rule *items = set->kinds[kind].items;
	size_t behind = --set->kinds[kind].count - at;
	memmove(items + at, items + at + 1, behind * sizeof(*items));
}

static void insert_at(
	struct push_ruleset *set, enum push_kind kind, size_t at, const struct push_rule *rule)
{
	ROWS_ADD(set->arena, &set->kinds[kind]);
	struct push_rule *items = set->kinds[kind].items;
	memmove(items + at + 1, items + at, (set->kinds[kind].count - 1 - at) * sizeof(*items));
	items[at] = *rule;
}

/* Where the rule of that id is, or would have to be; false when it is none of the user's. */
static bool own_index(
	const struct push_ruleset *set, enum push_kind kind, struct str rule_id, size_t *at_out)
{
	const struct push_rule *rule = ruleset_find(set, kind, rule_id);
	if (rule == NULL || rule->is_default)
		return false;
	*at_out = (size_t)(rule - set->kinds[kind].items);
	return true;
}

/* The place of the most important rule of the user: behind the master rule. */
static size_t first_place(const struct push_ruleset *set, enum push_kind kind)
{
	return kind == PUSH_OVERRIDE && set->kinds[kind].count > 0 ? 1 : 0;
}

enum status ruleset_put(struct push_ruleset *set, const struct push_rule_draft *draft)
{
	enum push_kind kind = draft->kind;
	struct push_rule rule = {.rule_id = draft->rule_id,
		.enabled = true,
		.conditions = draft->conditions.p == NULL ? STR("[]") : draft->conditions,
		.pattern = draft->pattern,
		.actions = draft->actions};
	enum status status = push_rule_parse_conditions(set->arena, kind, &rule);
	if (status == STATUS_OK)
		status = push_rule_parse_actions(set->arena, &rule);
	if (status != STATUS_OK)
		return status;
	size_t at = first_place(set, kind);
	size_t neighbour;
	struct str beside = draft->before.p != NULL ? draft->before : draft->after;
	if (beside.p != NULL &&
		(str_eq(beside, draft->rule_id) || !own_index(set, kind, beside, &neighbour)))
		return STATUS_NOT_FOUND;
	if (own_index(set, kind, draft->rule_id, &at)) {
		rule.enabled = set->kinds[kind].items[at].enabled;
		remove_at(set, kind, at);
	} else if (own_rules(set) >= PUSH_RULES_MAX) {
		return STATUS_TOO_LARGE;
	}
	if (beside.p != NULL && own_index(set, kind, beside, &neighbour))
		at = draft->before.p != NULL ? neighbour : neighbour + 1;
	insert_at(set, kind, at, &rule);
	return STATUS_OK;
}

enum status ruleset_remove(struct push_ruleset *set, enum push_kind kind, struct str rule_id)
{
	size_t at;
	if (own_index(set, kind, rule_id, &at)) {
		remove_at(set, kind, at);
		return STATUS_OK;
	}
	return ruleset_find(set, kind, rule_id) == NULL ? STATUS_NOT_FOUND : STATUS_DENIED;
}

enum status ruleset_set_enabled(
	struct push_ruleset *set, enum push_kind kind, struct str rule_id, bool enabled)
{
	struct push_rule *rule = ruleset_find(set, kind, rule_id);
	if (rule == NULL)
		return STATUS_NOT_FOUND;
	rule->enabled = enabled;
	rule->changed_enabled = rule->is_default;
	return STATUS_OK;
}

enum status ruleset_set_actions(
	struct push_ruleset *set, enum push_kind kind, struct str rule_id, struct str actions)
{
	struct push_rule *rule = ruleset_find(set, kind, rule_id);
	if (rule == NULL)
		return STATUS_NOT_FOUND;
	rule->actions = actions;
	rule->changed_actions = rule->is_default;
	return push_rule_parse_actions(set->arena, rule);
}
