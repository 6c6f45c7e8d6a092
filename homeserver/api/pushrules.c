/* SPDX-License-Identifier: Apache-2.0 */
/* Push rules (specification, "Push Rules: API"). */
#include "homeserver/api/api.h"
#include "homeserver/push/push_rules.h"

static enum http_outcome rules_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome rules_get_global(struct http_request *request, struct http_reply *reply);
static enum http_outcome rule_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome rule_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome rule_delete(struct http_request *request, struct http_reply *reply);
static enum http_outcome enabled_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome enabled_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome actions_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome actions_put(struct http_request *request, struct http_reply *reply);

#define RULES "/_matrix/client/r0|v3/pushrules"
#define RULE  RULES "/global/{kind}/{rule}"

static const struct http_route rows[] = {
	{HTTP_GET, RULES, AUTH_USER, LIMIT_READ, BODY_NONE, 0, rules_get},
	{HTTP_GET, RULES "/", AUTH_USER, LIMIT_READ, BODY_NONE, 0, rules_get},
	{HTTP_GET, RULES "/global", AUTH_USER, LIMIT_READ, BODY_NONE, 0, rules_get_global},
	{HTTP_GET, RULES "/global/", AUTH_USER, LIMIT_READ, BODY_NONE, 0, rules_get_global},
	{HTTP_GET, RULE, AUTH_USER, LIMIT_READ, BODY_NONE, 0, rule_get},
	{HTTP_PUT, RULE, AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, rule_put},
	{HTTP_DELETE, RULE, AUTH_USER, LIMIT_WRITE, BODY_NONE, 0, rule_delete},
	{HTTP_GET, RULE "/enabled", AUTH_USER, LIMIT_READ, BODY_NONE, 0, enabled_get},
	{HTTP_PUT, RULE "/enabled", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, enabled_put},
	{HTTP_GET, RULE "/actions", AUTH_USER, LIMIT_READ, BODY_NONE, 0, actions_get},
	{HTTP_PUT, RULE "/actions", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, actions_put},
};
const struct http_routes api_pushrules_routes = {rows, ARRAY_LEN(rows)};

static enum http_outcome not_found(struct http_reply *reply)
{
	return http_error(reply, 404, "M_NOT_FOUND", "The push rule was not found.");
}

/* --- reading --- */

static enum http_outcome rules_get(struct http_request *request, struct http_reply *reply)
{
	enum status status = push_rules_write(
		api_db(request), request->arena, api_requester(request)->user_id, &reply->json);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum http_outcome rules_get_global(struct http_request *request, struct http_reply *reply)
{
	struct str user_id = api_requester(request)->user_id;
	struct push_ruleset *set;
	enum status status = push_rules_load(api_db(request), request->arena, user_id, &set);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	ruleset_write(set, user_id, &reply->json);
	return HTTP_REPLY;
}

/* The rule that the path names. */
static enum status find_rule(
	struct http_request *request, enum push_kind *kind_out, const struct push_rule **rule_out)
{
	struct push_ruleset *set;
	if (push_kind_parse(request->params[0], kind_out) != STATUS_OK)
		return STATUS_NOT_FOUND;
	enum status status = push_rules_load(
		api_db(request), request->arena, api_requester(request)->user_id, &set);
	if (status != STATUS_OK)
		return status;
	*rule_out = ruleset_find(set, *kind_out, request->params[1]);
	return *rule_out == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

static enum http_outcome rule_fault(struct http_reply *reply, enum status status)
{
	return status == STATUS_NOT_FOUND ? not_found(reply) : api_status(reply, status, NULL);
}

static enum http_outcome rule_get(struct http_request *request, struct http_reply *reply)
{
	enum push_kind kind;
	const struct push_rule *rule;
	enum status status = find_rule(request, &kind, &rule);
	if (status != STATUS_OK)
		return rule_fault(reply, status);
	push_rule_write(kind, rule, api_requester(request)->user_id, &reply->json);
	return HTTP_REPLY;
}

static enum http_outcome enabled_get(struct http_request *request, struct http_reply *reply)
{
	enum push_kind kind;
	const struct push_rule *rule;
	enum status status = find_rule(request, &kind, &rule);
	if (status != STATUS_OK)
		return rule_fault(reply, status);
	jw_object(&reply->json);
	jw_put_bool(&reply->json, "enabled", rule->enabled);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome actions_get(struct http_request *request, struct http_reply *reply)
{
	enum push_kind kind;
	const struct push_rule *rule;
	enum status status = find_rule(request, &kind, &rule);
	if (status != STATUS_OK)
		return rule_fault(reply, status);
	jw_object(&reply->json);
	jw_put_raw(&reply->json, "actions", rule->actions);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* --- changing: the set is read, changed and stored within one change --- */

enum edit_kind { EDIT_PUT, EDIT_DELETE, EDIT_ENABLED, EDIT_ACTIONS };

struct edit {
	struct str user_id;
	enum edit_kind what;
	struct push_rule_draft draft; /* kind, rule_id; the rest as `what` needs it */
	bool enabled;
	bool misplaced; /* out: before or after names no rule of the user's */
};

static enum status apply(struct push_ruleset *set, struct edit *edit)
{
	const struct push_rule_draft *draft = &edit->draft;
	enum status status;
	switch (edit->what) {
	case EDIT_PUT:
		status = ruleset_put(set, draft);
		edit->misplaced = status == STATUS_NOT_FOUND;
		return status;
	case EDIT_DELETE:
		return ruleset_remove(set, draft->kind, draft->rule_id);
	case EDIT_ENABLED:
		return ruleset_set_enabled(set, draft->kind, draft->rule_id, edit->enabled);
	case EDIT_ACTIONS:
		return ruleset_set_actions(set, draft->kind, draft->rule_id, draft->actions);
	}
	return STATUS_INTERNAL;
}

static enum status edit_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct edit *edit = arg;
	struct push_ruleset *set;
	enum status status = push_rules_load(tx->db, tx->arena, edit->user_id, &set);
	if (status == STATUS_OK)
		status = apply(set, edit);
	return status == STATUS_OK ? push_rules_save(tx, edit->user_id, set) : status;
}

/* Fills who and which rule; false when the kind is none. */
static bool begin_edit(struct http_request *request, enum edit_kind what, struct edit *edit)
{
	*edit = (struct edit){.user_id = api_requester(request)->user_id, .what = what};
	edit->draft.rule_id = request->params[1];
	return push_kind_parse(request->params[0], &edit->draft.kind) == STATUS_OK;
}

static enum http_outcome finish_edit(
	struct http_request *request, struct http_reply *reply, struct edit *edit)
{
	enum status status = api_write(request, edit_change, edit);
	const struct push_rule_draft *draft = &edit->draft;
	struct str beside = draft->before.p != NULL ? draft->before : draft->after;
	if (edit->misplaced)
		return http_error(reply, 400, "M_UNKNOWN", "before/after rule not found: %.*s",
			STR_FMT(beside));
	if (status == STATUS_NOT_FOUND)
		return not_found(reply);
	if (status == STATUS_DENIED)
		return http_error(
			reply, 400, "M_INVALID_PARAM", "A default rule cannot be deleted");
	if (status == STATUS_TOO_LARGE)
		return http_error(reply, 400, "M_INVALID_PARAM", "There are too many push rules");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static const char *rule_id_fault(struct str rule_id)
{
	if (rule_id.n > PUSH_RULE_ID_MAX)
		return "rule_id is too long";
	if (rule_id.p[0] == '.')
		return "rule_id may not begin with a dot";
	if (str_index(rule_id, '/') >= 0 || str_index(rule_id, '\\') >= 0)
		return "rule_id may not hold a slash or a backslash";
	return NULL;
}

static const char *read_conditions(
	struct arena *arena, const struct json *conditions, struct str *text_out)
{
	if (conditions == NULL)
		return NULL;
	if (!json_is(conditions, JSON_ARRAY) || json_count(conditions) > PUSH_CONDITIONS_MAX)
		return "conditions must be an array of a few conditions";
	for (size_t i = 0; i < json_count(conditions); i++)
		if (!json_is(json_get(json_at(conditions, i), "kind"), JSON_STRING))
			return "a condition must be an object with a kind";
	BUF_SCOPE(text, PUSH_TEXT_MAX);
	json_write(conditions, &text);
	if (buf_status(&text) != STATUS_OK)
		return "conditions are too long";
	*text_out = arena_str(arena, buf_str(&text));
	return NULL;
}

/* What kind of rule needs what besides its actions. */
static const char *read_draft(
	struct arena *arena, const struct json *body, struct push_rule_draft *draft)
{
	const char *fault = push_actions_read(arena, json_get(body, "actions"), &draft->actions);
	if (fault != NULL)
		return fault;
	if (draft->kind == PUSH_OVERRIDE || draft->kind == PUSH_UNDERRIDE)
		return read_conditions(arena, json_get(body, "conditions"), &draft->conditions);
	if (draft->kind != PUSH_CONTENT)
		return NULL;
	draft->pattern = json_str(json_get(body, "pattern"));
	if (draft->pattern.p == NULL || draft->pattern.n > PUSH_TEXT_MAX)
		return "pattern must be a string";
	return NULL;
}

static enum http_outcome rule_put(struct http_request *request, struct http_reply *reply)
{
	struct edit edit;
	if (!begin_edit(request, EDIT_PUT, &edit))
		return http_error(reply, 400, "M_INVALID_PARAM", "No such kind of rule");
	const char *fault = rule_id_fault(edit.draft.rule_id);
	if (fault != NULL)
		return http_error(reply, 400, "M_INVALID_PARAM", "%s", fault);
	if (json_get(request->json, "actions") == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "actions is missing");
	fault = read_draft(request->arena, request->json, &edit.draft);
	if (fault != NULL)
		return http_error(reply, 400, "M_INVALID_PARAM", "%s", fault);
	edit.draft.before = http_query(request, "before");
	edit.draft.after = http_query(request, "after");
	return finish_edit(request, reply, &edit);
}

static enum http_outcome rule_delete(struct http_request *request, struct http_reply *reply)
{
	struct edit edit;
	if (!begin_edit(request, EDIT_DELETE, &edit))
		return not_found(reply);
	return finish_edit(request, reply, &edit);
}

static enum http_outcome enabled_put(struct http_request *request, struct http_reply *reply)
{
	struct edit edit;
	const struct json *enabled = json_get(request->json, "enabled");
	if (enabled == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "enabled is missing");
	if (!json_is(enabled, JSON_BOOL))
		return http_error(reply, 400, "M_INVALID_PARAM", "enabled must be true or false");
	if (!begin_edit(request, EDIT_ENABLED, &edit))
		return not_found(reply);
	edit.enabled = json_bool(enabled, true);
	return finish_edit(request, reply, &edit);
}

static enum http_outcome actions_put(struct http_request *request, struct http_reply *reply)
{
	struct edit edit;
	const struct json *actions = json_get(request->json, "actions");
	if (actions == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "actions is missing");
	if (!begin_edit(request, EDIT_ACTIONS, &edit))
		return not_found(reply);
	const char *fault = push_actions_read(request->arena, actions, &edit.draft.actions);
	if (fault != NULL)
		return http_error(reply, 400, "M_INVALID_PARAM", "%s", fault);
	return finish_edit(request, reply, &edit);
}
