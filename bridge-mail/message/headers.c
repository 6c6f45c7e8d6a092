/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/headers.h"

/* Length of the line with its LF; the rest of the text when it has none. */
static size_t line_length(struct str text)
{
	ptrdiff_t lf = str_index(text, '\n');
	return lf < 0 ? text.n : (size_t)lf + 1;
}

static bool is_blank(struct str line)
{
	return line.n == 0 || str_eq(line, STR("\n")) || str_eq(line, STR("\r\n"));
}

/* The header's bytes without CR, LF and NUL; folding leaves the white space that it needs. */
static struct str unfold(struct arena *arena, struct str raw)
{
	char *out = arena_alloc(arena, raw.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] != '\r' && raw.p[i] != '\n' && raw.p[i] != '\0')
			out[n++] = raw.p[i] == '\t' ? ' ' : raw.p[i];
	return str_trim(str_n(out, n));
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == 0x7f)
			return false;
	return name.n > 0;
}

static void add(struct arena *arena, struct str raw, struct headers *out)
{
	ptrdiff_t colon = str_index(raw, ':');
	if (colon <= 0 || out->count >= HEADERS_MAX)
		return;
	struct str name = str_trim(str_slice(raw, 0, (size_t)colon));
	if (!is_name(name))
		return;
	out->items[out->count++] = (struct header){
		.name = arena_str(arena, name),
		.value = unfold(arena, str_skip(raw, (size_t)colon + 1)),
	};
}

void headers_read(struct arena *arena, struct str text, struct headers *out)
{
	struct str head = str_slice(text, 0, HEADERS_MAX_BYTES);
	size_t at = 0;
	*out = (struct headers){.items = ARENA_ARRAY(arena, struct header, HEADERS_MAX)};
	while (at < head.n) {
		size_t n = line_length(str_skip(head, at));
		if (is_blank(str_slice(head, at, n))) {
			at += n;
			break;
		}
		size_t end = at + n;
		while (end < head.n && (head.p[end] == ' ' || head.p[end] == '\t'))
			end += line_length(str_skip(head, end));
		add(arena, str_slice(head, at, end - at), out);
		at = end;
	}
	out->body_at = at;
}

struct str headers_find(const struct headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (str_eq_nocase(headers->items[i].name, str_c(name)))
			return headers->items[i].value;
	return STR_EMPTY;
}

bool headers_has(const struct headers *headers, const char *name)
{
	return headers_count(headers, name) > 0;
}

unsigned headers_count(const struct headers *headers, const char *name)
{
	unsigned count = 0;
	for (size_t i = 0; i < headers->count; i++)
		if (str_eq_nocase(headers->items[i].name, str_c(name)))
			count++;
	return count;
}
