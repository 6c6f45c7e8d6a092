/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/tags.h"

static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '_')))
			return false;
	}
	return name.n > 0;
}

enum status tags_read(struct str text, struct tags *out)
{
	struct str part;
	out->count = 0;
	while (str_cut(&text, ';', &part)) {
		part = str_trim(part);
		if (part.n == 0)
			continue;
		ptrdiff_t equals = str_index(part, '=');
		if (equals <= 0 || out->count == TAGS_MAX)
			return STATUS_INVALID;
		struct tag tag = {str_trim(str_slice(part, 0, (size_t)equals)),
			str_trim(str_skip(part, (size_t)equals + 1))};
		if (!name_ok(tag.name))
			return STATUS_INVALID;
		for (size_t i = 0; i < out->count; i++)
			if (str_eq(out->items[i].name, tag.name))
				return STATUS_INVALID;
		out->items[out->count++] = tag;
	}
	return STATUS_OK;
}

struct str tags_find(const struct tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (str_eq_c(tags->items[i].name, name))
			return tags->items[i].value.p != NULL ? tags->items[i].value : STR("");
	return STR_EMPTY;
}

struct str tags_squeeze(struct arena *arena, struct str value)
{
	char *out = arena_alloc(arena, value.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < value.n; i++)
		if (strchr(" \t\r\n", value.p[i]) == NULL || value.p[i] == '\0')
			out[n++] = value.p[i];
	return str_n(out, n);
}

bool tags_list_has(struct str list, const char *word)
{
	struct str part;
	while (str_cut(&list, ':', &part))
		if (str_eq_nocase(str_trim(part), str_c(word)))
			return true;
	return false;
}
