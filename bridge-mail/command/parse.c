/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/parse.h"

#include "common/base/buf.h"
#include "common/matrix/ids.h"

#define NAME_MAX_BYTES 32
#define LINK	       "https://matrix.to/#/"

/* The next letter of a name in lower case and without its accent; 0 at its end. */
static char next_letter(struct str *s)
{
	unsigned char a = s->n > 0 ? (unsigned char)s->p[0] : 0;
	if ((a >= 'a' && a <= 'z') || (a >= 'A' && a <= 'Z')) {
		*s = str_skip(*s, 1);
		return (char)(a | 0x20);
	}
	if (a != 0xc3 || s->n < 2)
		return 0;
	/* U+00C0 to U+00FF: capitals and small letters are 0x20 apart. */
	unsigned char b = (unsigned char)s->p[1] | 0x20;
	*s = str_skip(*s, 2);
	if (b >= 0xa8 && b <= 0xab)
		return 'e';
	if (b >= 0xa0 && b <= 0xa5)
		return 'a';
	if (b >= 0xac && b <= 0xaf)
		return 'i';
	if (b >= 0xb2 && b <= 0xb6)
		return 'o';
	if (b >= 0xb9 && b <= 0xbc)
		return 'u';
	return b == 0xa7 ? 'c' : '?';
}

static const struct command_entry *find(struct str name, bool *english_out)
{
	for (size_t i = 0; i < command_count; i++) {
		for (int language = 0; language < 2; language++) {
			if (!str_eq_c(name, command_table[i].names[language]))
				continue;
			*english_out = language == 1;
			return &command_table[i];
		}
	}
	return NULL;
}

enum status command_parse(struct str text, struct command *out)
{
	char name[NAME_MAX_BYTES];
	size_t n = 0;
	*out = (struct command){0};
	text = str_trim(text);
	if (text.n > COMMAND_TEXT_MAX || !str_starts(text, STR("!")))
		return STATUS_NOT_FOUND;
	struct str rest = str_skip(text, 1);
	const char *start = rest.p;
	for (char c; (c = next_letter(&rest)) != 0 && n < sizeof(name);)
		name[n++] = c;
	if (n == 0 || n == sizeof(name))
		return STATUS_NOT_FOUND;
	if (rest.n > 0 && strchr(" \t\r\n", rest.p[0]) == NULL)
		return STATUS_NOT_FOUND;
	out->entry = find(str_n(name, n), &out->english);
	out->argument = str_trim(rest);
	if (out->entry != NULL)
		return STATUS_OK;
	out->argument = str_n(start, (size_t)(rest.p - start));
	return STATUS_INVALID;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char lower = (char)(c | 0x20);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Percent-decoded, as far as what may stand in an id goes on. */
static struct str decode_id(struct arena *arena, struct str text)
{
	BUF_SCOPE(id, MATRIX_ID_MAX);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\0' || (unsigned char)c <= ' ' || strchr("\"'<>?/", c) != NULL)
			break;
		if (c == '%' && i + 2 < text.n && hex_digit(text.p[i + 1]) >= 0 &&
			hex_digit(text.p[i + 2]) >= 0) {
			c = (char)(hex_digit(text.p[i + 1]) * 16 + hex_digit(text.p[i + 2]));
			i += 2;
		}
		buf_append_byte(&id, c);
	}
	return id.overflow ? STR_EMPTY : arena_str(arena, buf_str(&id));
}

static bool id_ok(struct str id)
{
	struct matrix_id parts;
	if (id.n == 0 || !str_is_utf8(id) || str_contains_nul(id))
		return false;
	switch (id.p[0]) {
	case '@':
		return user_id_parse(id, &parts) == STATUS_OK;
	case '#':
		return room_alias_parse(id, &parts) == STATUS_OK;
	default:
		return room_id_ok(id);
	}
}

enum status command_link_find(
	struct arena *arena, struct str text, const char *sigils, struct str *id_out)
{
	for (ptrdiff_t at; (at = str_find(text, STR(LINK))) >= 0;) {
		text = str_skip(text, (size_t)at + sizeof(LINK) - 1);
		struct str id = decode_id(arena, text);
		if (id.n > 0 && id.p[0] != '\0' && strchr(sigils, id.p[0]) != NULL && id_ok(id)) {
			*id_out = id;
			return STATUS_OK;
		}
	}
	return STATUS_NOT_FOUND;
}

enum status command_target_parse(struct arena *arena, struct str text, struct command_target *out)
{
	*out = (struct command_target){.kind = TARGET_THREAD};
	text = str_trim(text);
	struct str digits = str_starts(text, STR("#")) ? str_skip(text, 1) : text;
	if (str_to_i64(digits, &out->number) == STATUS_OK)
		return out->number > 0 ? STATUS_OK : STATUS_INVALID;
	out->number = 0;
	if (command_link_find(arena, text, "!#", &out->id) != STATUS_OK)
		out->id = decode_id(arena, text);
	if (!id_ok(out->id) || out->id.p[0] == '@')
		return STATUS_INVALID;
	out->kind = out->id.p[0] == '#' ? TARGET_ALIAS : TARGET_ROOM;
	return STATUS_OK;
}
