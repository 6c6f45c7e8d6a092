/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sliding_rule.h"

#include "common/base/siphash.h"
#include "common/json/json.h"
#include "homeserver/store/rows.h"

#define NAME_MAX_BYTES 255
/* Of the text that is hashed: a request's body is smaller. */
#define RULE_TEXT_MAX ((size_t)4 * 1024 * 1024)

static bool is_any(struct str text)
{
	return str_eq_c(text, "*");
}

static void hash_name(struct buf *text, struct str name)
{
	if (name.p == NULL)
		buf_append_byte(text, '*');
	else
		buf_printf(text, "%zu:", name.n);
	buf_append(text, name);
}

static void hash_elements(struct buf *text, const struct sliding_elements *elements)
{
	for (size_t i = 0; i < elements->count; i++) {
		hash_name(text, elements->items[i].type);
		hash_name(text, elements->items[i].state_key);
	}
	buf_append_byte(text, '\n');
}

/* The key is no secret: whoever finds two rules of one hash deceives nobody but himself. */
static void set_hash(struct sliding_rule *rule)
{
	static const struct siphash_key key = {0x736c6964696e6721, 0x72756c6573};
	BUF_SCOPE(text, RULE_TEXT_MAX);

	hash_elements(&text, &rule->include);
	hash_elements(&text, &rule->exclude);
	buf_append_byte(&text, rule->lazy_members ? 'l' : '-');
	rule->hash = siphash(&key, buf_str(&text));
}

static bool read_pair(const struct json *pair, struct str *type, struct str *key)
{
	*type = json_str(json_at(pair, 0));
	*key = json_str(json_at(pair, 1));
	return json_is(pair, JSON_ARRAY) && json_count(pair) == 2 && type->p != NULL &&
	       key->p != NULL && type->n <= NAME_MAX_BYTES && key->n <= NAME_MAX_BYTES;
}

static bool is_list(const struct json *json)
{
	return json == NULL || json_is(json, JSON_NULL) ||
	       (json_is(json, JSON_ARRAY) && json_count(json) <= SLIDING_ELEMENTS_MAX);
}

enum status sliding_rule_parse_pairs(struct arena *arena, const struct json *json,
	struct str user_id, struct sliding_rule *out, const char **why_out)
{
	*out = (struct sliding_rule){0};
	if (!is_list(json)) {
		*why_out = "required_state must be a list of at most 1000 pairs";
		return STATUS_INVALID;
	}
	for (size_t i = 0; i < json_count(json); i++) {
		struct str type, key;

		if (!read_pair(json_at(json, i), &type, &key)) {
			*why_out =
				"required_state must hold pairs of an event type and a state key";
			return STATUS_INVALID;
		}
		if (str_eq_c(key, "$LAZY") && str_eq_c(type, "m.room.member")) {
			out->lazy_members = true;
			continue;
		}
		*ROWS_ADD(arena, &out->include) = (struct sliding_element){
			.type = is_any(type) ? STR_EMPTY : type,
			.state_key = is_any(key)	    ? STR_EMPTY
				     : str_eq_c(key, "$ME") ? user_id
							    : key,
		};
	}
	set_hash(out);
	return STATUS_OK;
}

static bool read_name(const struct json *json, struct str *out)
{
	*out = json_str(json);
	return json == NULL || json_is(json, JSON_NULL) ||
	       (out->p != NULL && out->n <= NAME_MAX_BYTES);
}

static enum status read_elements(struct arena *arena, const struct json *json,
	struct sliding_elements *out, const char **why_out)
{
	if (!is_list(json)) {
		*why_out = "include and exclude must be lists of at most 1000 objects";
		return STATUS_INVALID;
	}
	for (size_t i = 0; i < json_count(json); i++) {
		const struct json *item = json_at(json, i);
		struct sliding_element element;

		if (!json_is(item, JSON_OBJECT) ||
			!read_name(json_get(item, "type"), &element.type) ||
			!read_name(json_get(item, "state_key"), &element.state_key)) {
			*why_out = "include and exclude must hold objects with type and state_key";
			return STATUS_INVALID;
		}
		*ROWS_ADD(arena, out) = element;
	}
	return STATUS_OK;
}

enum status sliding_rule_parse(struct arena *arena, const struct json *json,
	struct sliding_rule *out, const char **why_out)
{
	const struct json *lazy = json_get(json, "lazy_members");
	enum status status;

	*out = (struct sliding_rule){.lazy_members = json_bool(lazy, false)};
	if (!json_is(json, JSON_OBJECT) ||
		(lazy != NULL && !json_is(lazy, JSON_BOOL) && !json_is(lazy, JSON_NULL))) {
		*why_out = "required_state must be an object with include, exclude, lazy_members";
		return STATUS_INVALID;
	}
	status = read_elements(arena, json_get(json, "include"), &out->include, why_out);
	if (status == STATUS_OK)
		status = read_elements(arena, json_get(json, "exclude"), &out->exclude, why_out);
	if (status == STATUS_OK)
		set_hash(out);
	return status;
}

static bool matches(const struct sliding_element *element, struct str type, struct str state_key)
{
	return (element->type.p == NULL || str_eq(element->type, type)) &&
	       (element->state_key.p == NULL || str_eq(element->state_key, state_key));
}

bool sliding_rule_takes(const struct sliding_rule *rule, struct str type, struct str state_key)
{
	bool only_named = rule->lazy_members && str_eq_c(type, "m.room.member");
	bool taken = false;

	for (size_t i = 0; i < rule->include.count && !taken; i++) {
		if (!only_named || rule->include.items[i].type.p != NULL)
			taken = matches(&rule->include.items[i], type, state_key);
	}
	for (size_t i = 0; i < rule->exclude.count && taken; i++)
		taken = !matches(&rule->exclude.items[i], type, state_key);
	return taken;
}

bool sliding_rule_is_wide(const struct sliding_rule *rule)
{
	for (size_t i = 0; i < rule->include.count; i++) {
		if (rule->include.items[i].type.p == NULL)
			return true;
	}
	return false;
}

bool sliding_rule_takes_all_members(const struct sliding_rule *rule)
{
	for (size_t i = 0; i < rule->include.count; i++) {
		const struct sliding_element *element = &rule->include.items[i];

		if (element->state_key.p == NULL &&
			(element->type.p == NULL ? !rule->lazy_members
						 : str_eq_c(element->type, "m.room.member")))
			return true;
	}
	return false;
}
