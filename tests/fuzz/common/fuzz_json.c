/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: parsed or refused; what was parsed is written, read again, and is the same. */
#include <stdlib.h>

#include "common/json/json.h"

#define MOST ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
	struct str text;
	int64_t number;
	bool flag;
	const struct json *object;
	const struct json *array;
};

static const struct json_field fields[] = {
	{"s", FIELD_STR, false, offsetof(struct target, text), 10, false},
	{"n", FIELD_INT, false, offsetof(struct target, number), 100, false},
	{"b", FIELD_BOOL, false, offsetof(struct target, flag), 0, false},
	{"o", FIELD_OBJECT, false, offsetof(struct target, object), 3, false},
	{"a", FIELD_ARRAY, false, offsetof(struct target, array), 3, false},
};

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void walk(const struct json *value, unsigned depth)
{
	struct json_iter i = json_iter(value);
	size_t members = 0;

	must(depth <= JSON_MAX_DEPTH);
	must(str_is_utf8(json_str(value)));
	while (json_next(&i)) {
		must(!str_contains_nul(i.key) && str_is_utf8(i.key));
		must(json_get_str(value, i.key) == i.value);
		walk(i.value, depth + 1);
		members++;
	}
	if (json_kind(value) == JSON_OBJECT)
		must(members == json_count(value));
	if (json_kind(value) == JSON_ARRAY) {
		for (size_t index = 0; index < json_count(value); index++)
			walk(json_at(value, index), depth + 1);
	}
}

static void read_table(const struct json *value)
{
	struct target target = {.flag = false};

	if (json_read(value, fields, sizeof(fields) / sizeof(fields[0]), &target, NULL) !=
		STATUS_OK)
		return;
	must(target.text.n <= 10 && target.number >= 0 && target.number <= 100);
	must(json_count(target.object) <= 3 && json_count(target.array) <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(once, MOST);
	BUF_SCOPE(twice, MOST);
	const struct json *value, *again;
	const char *why = NULL;

	if (json_parse(arena, str_n((const char *)data, size), &value, &why) != STATUS_OK) {
		must(why != NULL && str_is_utf8(str_c(why)));
		return 0;
	}
	walk(value, 0);
	read_table(value);
	json_write(value, &once);
	if (buf_status(&once) != STATUS_OK)
		return 0;
	must(json_parse(arena, buf_str(&once), &again, NULL) == STATUS_OK);
	json_write(again, &twice);
	must(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
