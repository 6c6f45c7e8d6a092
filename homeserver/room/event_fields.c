/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_fields.h"

#include "common/base/mem.h"

/* Paths are followed this deep; no event field of the specification is deeper. */
#define MAX_DEPTH 8

/* The keys that lead to the object at hand. */
struct trail {
	struct str keys[MAX_DEPTH];
	size_t count;
};

enum fit { FIT_NONE, FIT_PART, FIT_WHOLE };

/* Reads the key off the front of the path; false when the path starts with something else. */
static bool path_take(struct str *path, struct str key)
{
	size_t at = 0;

	for (size_t i = 0; i < key.n; i++, at++) {
		if (at + 1 < path->n && path->p[at] == '\\' &&
			(path->p[at + 1] == '.' || path->p[at + 1] == '\\'))
			at++;
		else if (at < path->n && path->p[at] == '.')
			return false;
		if (at >= path->n || path->p[at] != key.p[i])
			return false;
	}
	if (at < path->n && path->p[at] != '.')
		return false;
	*path = str_skip(*path, at);
	return true;
}

static enum fit path_fit(struct str path, const struct trail *trail)
{
	for (size_t i = 0; i < trail->count; i++) {
		if (i > 0)
			path = str_skip(path, 1);
		if (!path_take(&path, trail->keys[i]))
			return FIT_NONE;
		if (path.n == 0)
			return FIT_WHOLE;
	}
	return FIT_PART;
}

static enum fit best_fit(const struct json *fields, const struct trail *trail)
{
	enum fit best = FIT_NONE;

	for (size_t i = 0; i < json_count(fields) && best != FIT_WHOLE; i++) {
		enum fit fit = path_fit(json_str(json_at(fields, i)), trail);

		if (fit > best)
			best = fit;
	}
	return best;
}

/* What the form of an event demands stays: clients take apart what they get by it. */
static bool is_demanded(const struct trail *trail)
{
	static const char *const keys[] = {
		"content", "event_id", "origin_server_ts", "sender", "state_key", "type"};

	for (size_t i = 0; trail->count == 1 && i < ARRAY_LEN(keys); i++) {
		if (str_eq_c(trail->keys[0], keys[i]))
			return true;
	}
	return false;
}

/* No deeper than MAX_DEPTH. NOLINTNEXTLINE(misc-no-recursion) */
static void write_part(struct json_writer *w, const struct json *object, const struct json *fields,
	struct trail *trail)
{
	struct json_iter i = json_iter(object);

	jw_object(w);
	while (trail->count < MAX_DEPTH && json_next(&i)) {
		trail->keys[trail->count++] = i.key;
		enum fit fit = best_fit(fields, trail);
		if (fit == FIT_NONE && is_demanded(trail))
			fit = json_is(i.value, JSON_OBJECT) ? FIT_PART : FIT_WHOLE;
		if (fit == FIT_WHOLE) {
			jw_key_str(w, i.key);
			jw_value(w, i.value);
		} else if (fit == FIT_PART && json_is(i.value, JSON_OBJECT)) {
			jw_key_str(w, i.key);
			write_part(w, i.value, fields, trail);
		}
		trail->count--;
	}
	jw_object_end(w);
}

void event_fields_write(struct json_writer *w, const struct json *object, const struct json *fields)
{
	struct trail trail = {.count = 0};

	write_part(w, object, fields, &trail);
}
