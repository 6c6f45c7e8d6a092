/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/ruleset.h"

#include "common/json/canonical.h"
#include "common/json/json.h"
#include "homeserver/push/default_rules.h"
#include "homeserver/push/ruleset_internal.h"
#include "homeserver/store/rows.h"

static const struct str kind_names[PUSH_KINDS] = {
	[PUSH_OVERRIDE] = STR_INIT("override"),
	[PUSH_CONTENT] = STR_INIT("content"),
	[PUSH_ROOM] = STR_INIT("room"),
	[PUSH_SENDER] = STR_INIT("sender"),
	[PUSH_UNDERRIDE] = STR_INIT("underride"),
};

struct str push_kind_name(enum push_kind kind)
{
	return kind_names[kind];
}

enum status push_kind_parse(struct str name, enum push_kind *out)
{
	for (int kind = 0; kind < PUSH_KINDS; kind++)
		if (str_eq(kind_names[kind], name)) {
			*out = (enum push_kind)kind;
			return STATUS_OK;
		}
	return STATUS_NOT_FOUND;
}

/* --- reading --- */

enum status push_rule_parse_actions(struct arena *arena, struct push_rule *rule)
{
	const struct json *actions;
	if (json_parse(arena, rule->actions, &actions, NULL) != STATUS_OK)
		return STATUS_INTERNAL;
	rule->notify = rule->highlight = false;
	for (size_t i = 0; i < json_count(actions); i++) {
		const struct json *action = json_at(actions, i);
		if (str_eq(json_str(action), STR("notify")))
			rule->notify = true;
		if (str_eq(json_str(json_get(action, "set_tweak")), STR("highlight")))
			rule->highlight = json_bool(json_get(action, "value"), true);
	}
	return STATUS_OK;
}

enum status push_rule_parse_conditions(
	struct arena *arena, enum push_kind kind, struct push_rule *rule)
{
	const struct json *conditions;
	if (kind == PUSH_CONTENT) {
		rule->parsed_count = 1;
		rule->parsed = ARENA_NEW(arena, struct condition);
		rule->parsed->kind = CONDITION_EVENT_MATCH;
		rule->parsed->path[0] = STR("content");
		rule->parsed->path[1] = STR("body");
		rule->parsed->depth = 2;
		rule->parsed->is_body = true;
		rule->parsed->pattern = glob_fold(arena, rule->pattern);
	}
	if (kind != PUSH_OVERRIDE && kind != PUSH_UNDERRIDE)
		return STATUS_OK;
	if (json_parse(arena, rule->conditions, &conditions, NULL) != STATUS_OK)
		return STATUS_INTERNAL;
	rule->parsed_count = json_count(conditions);
	rule->parsed = ARENA_ARRAY(arena, struct condition, rule->parsed_count + 1);
	for (size_t i = 0; i < rule->parsed_count; i++)
		condition_read(arena, json_at(conditions, i), &rule->parsed[i]);
	return STATUS_OK;
}

MUST_CHECK static enum status add_rule(
	struct push_ruleset *set, enum push_kind kind, const struct push_rule *rule)
{
	struct push_rule *added = ROWS_ADD(set->arena, &set->kinds[kind]);
	*added = *rule;
	enum status status = push_rule_parse_conditions(set->arena, kind, added);
	return status == STATUS_OK ? push_rule_parse_actions(set->arena, added) : status;
}

static struct str text_of(struct arena *arena, const struct json *value)
{
	BUF_SCOPE(text, PUSH_RULESET_MAX);
	json_write(value, &text);
	return arena_str(arena, buf_str(&text));
}

MUST_CHECK static enum status add_default(
	struct push_ruleset *set, const struct default_rule *from, const struct json *changed)
{
	struct push_rule rule = {.rule_id = str_c(from->rule_id),
		.is_default = true,
		.enabled = from->enabled,
		.conditions = str_c(from->conditions),
		.actions = str_c(from->actions)};
	struct str name =
		arena_printf(set->arena, "%.*s/%s", STR_FMT(kind_names[from->kind]), from->rule_id);
	const struct json *change = json_get_str(changed, name);
	const struct json *actions = json_get(change, "actions");
	rule.changed_enabled = json_is(json_get(change, "enabled"), JSON_BOOL);
	rule.enabled = json_bool(json_get(change, "enabled"), rule.enabled);
	rule.changed_actions = json_is(actions, JSON_ARRAY);
	if (rule.changed_actions)
		rule.actions = text_of(set->arena, actions);
	return add_rule(set, from->kind, &rule);
}

MUST_CHECK static enum status add_defaults(
	struct push_ruleset *set, enum push_kind kind, bool master, const struct json *changed)
{
	for (size_t i = 0; i < default_rules_count; i++) {
		const struct default_rule *rule = &default_rules[i];
		bool is_master = str_eq_c(str_c(rule->rule_id), DEFAULT_RULE_MASTER);
		if (rule->kind != kind || is_master != master)
			continue;
		enum status status = add_default(set, rule, changed);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

MUST_CHECK static enum status add_own(
	struct push_ruleset *set, enum push_kind kind, const struct json *rules)
{
	for (size_t i = 0; i < json_count(rules); i++) {
		const struct json *from = json_at(rules, i);
		const struct json *conditions = json_get(from, "conditions");
		struct push_rule rule = {.rule_id = json_str(json_get(from, "rule_id")),
			.enabled = json_bool(json_get(from, "enabled"), true),
			.pattern = json_str(json_get(from, "pattern")),
			.actions = text_of(set->arena, json_get(from, "actions"))};
		if (rule.rule_id.p == NULL)
			return STATUS_INTERNAL;
		rule.conditions = conditions == NULL ? STR("[]") : text_of(set->arena, conditions);
		enum status status = add_rule(set, kind, &rule);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status ruleset_read(struct arena *arena, struct str stored, struct push_ruleset **out)
{
	struct push_ruleset *set = ARENA_NEW(arena, struct push_ruleset);
	set->arena = arena;
	const struct json *json = NULL;
	if (stored.p != NULL && json_parse(arena, stored, &json, NULL) != STATUS_OK)
		return STATUS_INTERNAL;
	const struct json *changed = json_get(json, "changed");
	for (int i = 0; i < PUSH_KINDS; i++) {
		enum push_kind kind = (enum push_kind)i;
		enum status status = add_defaults(set, kind, true, changed);
		if (status == STATUS_OK)
			status = add_own(set, kind, json_get_str(json, kind_names[i]));
		if (status == STATUS_OK)
			status = add_defaults(set, kind, false, changed);
		if (status != STATUS_OK)
			return status;
	}
	*out = set;
	return STATUS_OK;
}

/* --- looking --- */

struct push_rule *ruleset_find(
	const struct push_ruleset *set, enum push_kind kind, struct str rule_id)
{
	for (size_t i = 0; i < set->kinds[kind].count; i++)
		if (str_eq(set->kinds[kind].items[i].rule_id, rule_id))
			return &set->kinds[kind].items[i];
	return NULL;
}

static bool rule_matches(enum push_kind kind, const struct push_rule *rule,
	struct condition_event *event, struct str user_id, uint64_t *budget)
{
	if (!rule->enabled)
		return false;
	if (kind == PUSH_ROOM)
		return str_eq(rule->rule_id, event->room_id);
	if (kind == PUSH_SENDER)
		return str_eq(rule->rule_id, json_str(json_get(event->pdu, "sender")));
	for (size_t i = 0; i < rule->parsed_count; i++)
		if (!condition_matches(&rule->parsed[i], event, user_id, budget))
			return false;
	return true;
}

const struct push_rule *ruleset_match(
	const struct push_ruleset *set, struct condition_event *event, struct str user_id)
{
	uint64_t budget = CONDITION_BUDGET;
	for (int kind = 0; kind < PUSH_KINDS; kind++)
		for (size_t i = 0; i < set->kinds[kind].count; i++) {
			const struct push_rule *rule = &set->kinds[kind].items[i];
			if (rule_matches((enum push_kind)kind, rule, event, user_id, &budget))
				return rule;
		}
	return NULL;
}

/* --- writing --- */

/* Conditions of a default rule with the user's id in the place that stands for it. */
static void write_conditions(
	const struct push_rule *rule, struct str user_id, struct json_writer *w)
{
	struct str place = STR(DEFAULT_RULE_USER);
	ptrdiff_t at = rule->is_default ? str_find(rule->conditions, place) : -1;
	if (at < 0) {
		jw_put_raw(w, "conditions", rule->conditions);
		return;
	}
	BUF_SCOPE(text, PUSH_TEXT_MAX);
	buf_append(&text, str_slice(rule->conditions, 0, (size_t)at));
	canonical_string(user_id, &text);
	buf_append(&text, str_skip(rule->conditions, (size_t)at + place.n));
	jw_put_raw(w, "conditions", buf_str(&text));
}

void push_rule_write(enum push_kind kind, const struct push_rule *rule, struct str user_id,
	struct json_writer *w)
{
	jw_object(w);
	jw_put_raw(w, "actions", rule->actions);
	if (kind == PUSH_OVERRIDE || kind == PUSH_UNDERRIDE)
		write_conditions(rule, user_id, w);
	jw_put_bool(w, "default", rule->is_default);
	jw_put_bool(w, "enabled", rule->enabled);
	if (kind == PUSH_CONTENT)
		jw_put_str(w, "pattern", rule->pattern);
	jw_put_str(w, "rule_id", rule->rule_id);
	jw_object_end(w);
}

void ruleset_write(const struct push_ruleset *set, struct str user_id, struct json_writer *w)
{
	jw_object(w);
	for (int kind = 0; kind < PUSH_KINDS; kind++) {
		jw_key_str(w, kind_names[kind]);
		jw_array(w);
		for (size_t i = 0; i < set->kinds[kind].count; i++)
			push_rule_write(
				(enum push_kind)kind, &set->kinds[kind].items[i], user_id, w);
		jw_array_end(w);
	}
	jw_object_end(w);
}

static void store_changed(const struct push_ruleset *set, struct json_writer *w)
{
	jw_put_object(w, "changed");
	for (int kind = 0; kind < PUSH_KINDS; kind++)
		for (size_t i = 0; i < set->kinds[kind].count; i++) {
			const struct push_rule *rule = &set->kinds[kind].items[i];
			if (!rule->changed_enabled && !rule->changed_actions)
				continue;
			jw_key_str(w, arena_printf(set->arena, "%.*s/%.*s",
					      STR_FMT(kind_names[kind]), STR_FMT(rule->rule_id)));
			jw_object(w);
			if (rule->changed_enabled)
				jw_put_bool(w, "enabled", rule->enabled);
			if (rule->changed_actions)
				jw_put_raw(w, "actions", rule->actions);
			jw_object_end(w);
		}
	jw_object_end(w);
}

enum status ruleset_store(const struct push_ruleset *set, struct buf *out)
{
	struct json_writer w;
	jw_init(&w, out);
	jw_object(&w);
	for (int kind = 0; kind < PUSH_KINDS; kind++) {
		jw_key_str(&w, kind_names[kind]);
		jw_array(&w);
		for (size_t i = 0; i < set->kinds[kind].count; i++)
			if (!set->kinds[kind].items[i].is_default)
				push_rule_write((enum push_kind)kind, &set->kinds[kind].items[i],
					STR_EMPTY, &w);
		jw_array_end(&w);
	}
	store_changed(set, &w);
	jw_object_end(&w);
	return buf_status(out);
}
