/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/report.h"

#include "common/base/mem.h"

#define MAX_VALUE 998 /* bytes of a field, unfolded; the rest is cut */

struct field {
	struct str name;
	struct str value; /* in the arena, clean */
};

/* One line without its CR; false at the end of the text. */
static bool next_line(struct str *rest, struct str *line)
{
	if (rest->n == 0 || !str_cut(rest, '\n', line))
		return false;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

static bool is_folded(struct str rest)
{
	return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* Appends a line's bytes: blank space becomes one space, what is not printable ASCII or part of
 * UTF-8 goes. */
static void append(char *out, size_t *n, struct str line)
{
	for (size_t i = 0; i < line.n && *n < MAX_VALUE; i++) {
		unsigned char c = (unsigned char)line.p[i];
		bool space = c == ' ' || c == '\t';
		if (space && (*n == 0 || out[*n - 1] == ' '))
			continue;
		if (space || (c > 0x20 && c != 0x7f))
			out[(*n)++] = space ? ' ' : (char)c;
	}
}

/* Not UTF-8: the bytes beyond ASCII become question marks. */
static struct str clean(char *text, size_t n)
{
	while (n > 0 && n == MAX_VALUE && ((unsigned char)text[n - 1] & 0x80) != 0)
		n--;
	if (!str_is_utf8(str_n(text, n)))
		for (size_t i = 0; i < n; i++)
			if (((unsigned char)text[i] & 0x80) != 0)
				text[i] = '?';
	return str_trim(str_n(text, n));
}

/* The field that begins with `line`, with the lines folded into it. */
static bool read_field(struct arena *arena, struct str line, struct str *rest, struct field *out)
{
	char *value = arena_alloc(arena, MAX_VALUE + 1);
	size_t n = 0;
	ptrdiff_t colon = str_index(line, ':');
	struct str more;
	if (colon > 0)
		append(value, &n, str_skip(line, (size_t)colon + 1));
	while (is_folded(*rest) && next_line(rest, &more)) {
		if (n < MAX_VALUE)
			value[n++] = ' ';
		append(value, &n, more);
	}
	if (colon <= 0)
		return false;
	out->name = str_trim(str_slice(line, 0, (size_t)colon));
	out->value = clean(value, n);
	return true;
}

/* "rfc822; jean@orange.example": what stands behind the type. */
static struct str behind_type(struct str value)
{
	ptrdiff_t semicolon = str_index(value, ';');
	struct str text = str_trim(semicolon < 0 ? value : str_skip(value, (size_t)semicolon + 1));
	if (text.n > 2 && text.p[0] == '<' && text.p[text.n - 1] == '>')
		text = str_slice(text, 1, text.n - 2);
	return text;
}

static void put(struct mail_report *item, const struct field *field)
{
	if (str_eq_nocase(field->name, STR("Final-Recipient")))
		item->recipient = behind_type(field->value);
	else if (str_eq_nocase(field->name, STR("Original-Recipient")))
		item->original = behind_type(field->value);
	else if (str_eq_nocase(field->name, STR("Action")))
		item->action = field->value;
	else if (str_eq_nocase(field->name, STR("Status")))
		item->status = field->value;
	else if (str_eq_nocase(field->name, STR("Diagnostic-Code")))
		item->said = behind_type(field->value);
}

void report_read(struct arena *arena, struct str text, struct mail_report *items, size_t max,
	size_t *count_out)
{
	struct mail_report item = {0};
	struct str rest = text, line;
	size_t count = 0;
	bool more = true;
	while (more && count < max) {
		more = next_line(&rest, &line);
		if (more && str_trim(line).n > 0) {
			struct field field;
			if (read_field(arena, line, &rest, &field))
				put(&item, &field);
			continue;
		}
		if (item.recipient.n > 0 || item.original.n > 0)
			items[count++] = item;
		item = (struct mail_report){0};
	}
	*count_out = count;
}

struct str report_returned_id(struct arena *arena, struct str headers)
{
	struct str rest = headers, line;
	while (next_line(&rest, &line) && line.n > 0) {
		struct field field;
		if (is_folded(line) || !read_field(arena, line, &rest, &field) ||
			!str_eq_nocase(field.name, STR("Message-ID")))
			continue;
		ptrdiff_t open = str_index(field.value, '<');
		struct str id = str_skip(field.value, open < 0 ? 0 : (size_t)open + 1);
		ptrdiff_t close = str_index(id, '>');
		return str_trim(str_slice(id, 0, close < 0 ? id.n : (size_t)close));
	}
	return STR_EMPTY;
}
