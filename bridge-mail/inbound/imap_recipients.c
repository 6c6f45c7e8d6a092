/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_recipients.h"

#include "common/base/mem.h"

#define ADDRESS_MAX 254

/* Bytes of a quoted string or a comment that the text starts with. */
static size_t skipped_length(struct str text)
{
	char close = text.p[0] == '"' ? '"' : ')';
	unsigned depth = 1;
	for (size_t i = 1; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == close && --depth == 0)
			return i + 1;
		else if (close == ')' && text.p[i] == '(')
			depth++;
	}
	return text.n;
}

static size_t word_length(struct str text)
{
	size_t n = 0;
	while (n < text.n && (unsigned char)text.p[n] > ' ' && text.p[n] != 0x7f &&
		strchr("<>,;:()\"[]", text.p[n]) == NULL)
		n++;
	return n;
}

/* Cuts the next word that looks like an address; names in quotes and comments are passed over. */
static bool next_address(struct str *rest, struct str *out)
{
	while (rest->n > 0) {
		if (rest->p[0] == '"' || rest->p[0] == '(') {
			*rest = str_skip(*rest, skipped_length(*rest));
			continue;
		}
		size_t n = word_length(*rest);
		struct str word = str_slice(*rest, 0, n);
		*rest = str_skip(*rest, n == 0 ? 1 : n);
		ptrdiff_t at = str_rindex(word, '@');
		if (at > 0 && (size_t)at + 1 < n && n <= ADDRESS_MAX && str_is_utf8(word)) {
			*out = word;
			return true;
		}
	}
	return false;
}

static void add(struct imap_envelope *out, int64_t mailbox_id, struct str address)
{
	for (size_t i = 0; i < out->count; i++)
		if (out->recipients[i].mailbox_id == mailbox_id)
			return;
	if (out->count < IMAP_RECIPIENTS_MAX)
		out->recipients[out->count++] = (struct mail_recipient){mailbox_id, address};
}

static void add_from(struct arena *arena, const struct headers *headers, const char *name,
	const struct recipients *ours, struct imap_envelope *out)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct str rest = headers->items[i].value, address;
		if (!str_eq_nocase(headers->items[i].name, str_c(name)))
			continue;
		while (next_address(&rest, &address)) {
			int64_t id = recipients_find(ours, address);
			if (id != 0)
				add(out, id, arena_str(arena, address));
		}
	}
}

static struct str read_sender(struct arena *arena, const struct headers *headers)
{
	struct str path = headers_find(headers, "Return-Path");
	struct str rest = path, address;
	if (next_address(&rest, &address))
		return arena_str(arena, address);
	if (str_eq(str_trim(path), STR("<>")))
		return STR("");
	rest = headers_find(headers, "From");
	if (next_address(&rest, &address))
		return arena_str(arena, address);
	return STR("unknown@invalid");
}

void imap_recipients_read(struct arena *arena, const struct headers *headers,
	const struct recipients *ours, struct str fallback, struct imap_envelope *out)
{
	/* The next group is asked only where the last named none of ours. */
	static const char *const groups[][2] = {
		{"X-Original-To", NULL},
		{"To", "Cc"},
		{"Delivered-To", "Envelope-To"},
	};
	*out = (struct imap_envelope){.mail_from = read_sender(arena, headers)};
	for (size_t i = 0; i < ARRAY_LEN(groups) && out->count == 0; i++)
		for (size_t j = 0; j < 2 && groups[i][j] != NULL; j++)
			add_from(arena, headers, groups[i][j], ours, out);
	if (out->count == 0)
		add(out, recipients_find(ours, fallback), fallback);
}
