/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "common/base/arena.h"
#include "common/base/siphash.h"
#include "common/json/jansson_private.h"

/*
 * Where the text under way is parsed to. jansson's allocator has no argument for it, and a value
 * is many small pieces: taken from the arena they cost nothing to give back.
 */
static _Thread_local struct arena *destination;

static void *allocate(size_t size)
{
	return arena_alloc(destination, size);
}

static void keep(void *p)
{
	(void)p;
}

/* Before its first use, and once: jansson's own lazy seeding is not safe in every build of it. */
static void prepare_jansson(void)
{
	size_t seed = (size_t)siphash_key_random().k0;

	json_set_alloc_funcs(allocate, keep);
	json_object_seed(seed == 0 ? 1 : seed);
}

/*
 * Walks the text once before jansson sees it, outside of strings only. jansson recurses for each
 * level, and its smallest containers take a hundred times the memory of their text: both are
 * bounded here. Whether the text is JSON at all is left to jansson.
 */
static const char *out_of_bounds(struct str text)
{
	bool in_string = false;
	size_t depth = 0;
	size_t values = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			values++;
			if (++depth > JSON_MAX_DEPTH)
				return "nested too deeply";
		} else if (c == ']' || c == '}') {
			depth -= depth > 0;
		} else if (c == ',') {
			values++;
		}
	}
	return values > JSON_MAX_VALUES ? "too many values" : NULL;
}

/* jansson's own texts quote the input, which may be a password. */
static const char *reason_of(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		return "not UTF-8";
	case json_error_duplicate_key:
		return "a key stands twice in one object";
	case json_error_numeric_overflow:
		return "a number is too large";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "more text behind the value";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a key holds NUL";
	default:
		return "not JSON";
	}
}

static enum status refuse(struct arena *arena, const char *why, int position, const char **why_out)
{
	if (why_out != NULL)
		*why_out =
			position < 0 ? why : arena_printf(arena, "%s (byte %d)", why, position).p;
	return STATUS_INVALID;
}

enum status json_parse(
	struct arena *arena, struct str text, const struct json **out, const char **why_out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
	const char *why = out_of_bounds(text);
	json_error_t error;
	json_t *value;

	if (why != NULL)
		return refuse(arena, why, -1, why_out);
	pthread_once(&once, prepare_jansson);
	destination = arena;
	value = json_loadb(text.p == NULL ? "" : text.p, text.n, flags, &error);
	destination = NULL;
	if (value == NULL)
		return refuse(arena, reason_of(&error), error.position, why_out);
	*out = json_outside(value);
	return STATUS_OK;
}
