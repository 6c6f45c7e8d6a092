/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/file_name.h"

#include "common/base/mem.h"

static struct str last_segment(struct str name)
{
	size_t start = 0;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/' || name.p[i] == '\\')
			start = i + 1;
	return str_skip(name, start);
}

/* Length of a direction override or isolate (U+202A to 202E, U+2066 to 2069, U+200E, U+200F) at
 * the start of the text, else 0. */
static size_t direction_mark(struct str s)
{
	if (s.n < 3 || (unsigned char)s.p[0] != 0xe2)
		return 0;
	unsigned char b = (unsigned char)s.p[1], c = (unsigned char)s.p[2];
	if (b == 0x80 && ((c >= 0xaa && c <= 0xae) || c == 0x8e || c == 0x8f))
		return 3;
	return b == 0x81 && c >= 0xa6 && c <= 0xa9 ? 3 : 0;
}

static struct str extension_of_type(struct str type)
{
	static const struct {
		struct str type;
		struct str extension;
	} rows[] = {
		{STR_INIT("application/pdf"), STR_INIT(".pdf")},
		{STR_INIT("image/gif"), STR_INIT(".gif")},
		{STR_INIT("image/jpeg"), STR_INIT(".jpg")},
		{STR_INIT("image/png"), STR_INIT(".png")},
		{STR_INIT("message/rfc822"), STR_INIT(".eml")},
		{STR_INIT("text/calendar"), STR_INIT(".ics")},
		{STR_INIT("text/csv"), STR_INIT(".csv")},
		{STR_INIT("text/html"), STR_INIT(".html")},
		{STR_INIT("text/plain"), STR_INIT(".txt")},
		{STR_INIT("text/vcard"), STR_INIT(".vcf")},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].type, type))
			return rows[i].extension;
	return STR(".bin");
}

/* Cuts in the middle, so that the extension stays. */
static struct str shorten(struct arena *arena, struct str name)
{
	if (name.n <= FILE_NAME_MAX)
		return name;
	ptrdiff_t dot = str_rindex(name, '.');
	struct str extension =
		dot > 0 && name.n - (size_t)dot <= 16 ? str_skip(name, (size_t)dot) : STR_EMPTY;
	size_t n = FILE_NAME_MAX - extension.n;
	while (n > 0 && ((unsigned char)name.p[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(arena, "%.*s%.*s", (int)n, name.p, STR_FMT(extension));
}

struct str file_name_safe(
	struct arena *arena, struct str name, struct str content_type, unsigned number)
{
	struct str raw = str_trim(last_segment(name));
	char *out = arena_alloc(arena, raw.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];
		size_t mark = direction_mark(str_skip(raw, i));
		if (mark > 0)
			i += mark - 1;
		else if (c < 0x20 || c == 0x7f || (n == 0 && (c == '.' || c == ' ')))
			continue;
		else
			out[n++] = strchr("<>:\"|?*", c) != NULL ? '_' : (char)c;
	}
	struct str safe = str_trim(str_n(out, n));
	if (safe.n == 0 || !str_is_utf8(safe))
		return arena_printf(arena, "attachment-%u%.*s", number + 1,
			STR_FMT(extension_of_type(content_type)));
	return shorten(arena, safe);
}
