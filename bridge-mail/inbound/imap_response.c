/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_response.h"

#include "common/base/mem.h"

#define VALUE_DEPTH_MAX 100 /* of lists in a value that is passed over */

/* Cuts up to the next space; the rest is behind it. */
static struct str cut_word(struct str *rest)
{
	struct str word;
	if (!str_cut(rest, ' ', &word))
		return STR_EMPTY;
	return word;
}

bool imap_next_number(struct str *rest, int64_t *out)
{
	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = str_skip(*rest, 1);
	size_t n = 0;
	while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
		n++;
	if (n == 0 || n > 18 || str_to_i64(str_slice(*rest, 0, n), out) != STATUS_OK)
		return false;
	*rest = str_skip(*rest, n);
	return true;
}

static bool read_condition(struct str word, enum imap_condition *out)
{
	static const char *const names[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(word, str_c(names[i]))) {
			*out = (enum imap_condition)i;
			return true;
		}
	}
	return false;
}

/* "[CODE arguments] text", both optional. */
static void read_condition_text(struct str rest, struct imap_response *out)
{
	ptrdiff_t close = str_index(rest, ']');
	if (rest.n > 0 && rest.p[0] == '[' && close > 0) {
		out->code = str_slice(rest, 1, (size_t)close - 1);
		rest = str_skip(rest, (size_t)close + 1);
	}
	out->text = str_trim(rest);
}

/* Bytes of the quoted string that the text starts with, quotes included; 0 when it has no end. */
static size_t quoted_length(struct str text)
{
	for (size_t i = 1; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* "{n}" CR LF and n bytes, or 0. */
static size_t literal_length(struct str text)
{
	ptrdiff_t lf = str_index(text, '\n');
	struct str digits = str_skip(text, 1);
	int64_t n = 0;
	if (lf < 0 || !imap_next_number(&digits, &n) || digits.n == 0 || digits.p[0] != '}' ||
		n > (int64_t)text.n)
		return 0;
	size_t length = (size_t)lf + 1 + (size_t)n;
	return length <= text.n ? length : 0;
}

/* An atom, or the name of a section with what stands in its brackets. */
static size_t atom_length(struct str text)
{
	size_t n = 0;
	bool brackets = false;
	while (n < text.n && (brackets || strchr(" ()\"{", text.p[n]) == NULL)) {
		if (text.p[n] == '[')
			brackets = true;
		else if (text.p[n] == ']')
			brackets = false;
		n++;
	}
	return n;
}

/* Bytes of the value that the text starts with: atom, string or list; 0 when there is none. */
static size_t value_length(struct str text)
{
	size_t at = 0;
	unsigned depth = 0;
	do {
		struct str rest = str_skip(text, at);
		size_t n = 1;
		if (rest.n == 0)
			return 0;
		if (rest.p[0] == '(') {
			if (++depth > VALUE_DEPTH_MAX)
				return 0;
		} else if (rest.p[0] == ')') {
			if (depth == 0)
				return 0;
			depth--;
		} else if (rest.p[0] == '"') {
			n = quoted_length(rest);
		} else if (rest.p[0] == '{') {
			n = literal_length(rest);
		} else if (rest.p[0] != ' ' || depth == 0) {
			n = atom_length(rest);
		}
		if (n == 0)
			return 0;
		at += n;
	} while (depth > 0);
	return at;
}

static void read_flags(struct str list, struct imap_response *out)
{
	static const struct {
		struct str name;
		enum imap_flag flag;
	} rows[] = {
		{STR_INIT("\\Seen"), IMAP_FLAG_SEEN},
		{STR_INIT("\\Deleted"), IMAP_FLAG_DELETED},
		{STR_INIT("\\Draft"), IMAP_FLAG_DRAFT},
	};
	out->has_flags = true;
	struct str rest = str_slice(list, 1, list.n >= 2 ? list.n - 2 : 0);
	while (rest.n > 0) {
		struct str flag = cut_word(&rest);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (str_eq_nocase(flag, rows[i].name))
				out->flags |= (unsigned)rows[i].flag;
	}
}

static void read_body(struct arena *arena, struct str value, struct imap_response *out)
{
	if (value.p[0] == '{') {
		out->body = IMAP_BODY_LITERAL;
	} else if (value.p[0] == '"') {
		char *text = arena_alloc(arena, value.n);
		size_t n = 0;
		for (size_t i = 1; i + 1 < value.n; i++) {
			if (value.p[i] == '\\' && i + 2 < value.n)
				i++;
			text[n++] = value.p[i];
		}
		out->body = IMAP_BODY_QUOTED;
		out->text = str_n(text, n);
	} else {
		out->body = IMAP_BODY_NIL;
	}
}

static void read_item(
	struct arena *arena, struct str name, struct str value, struct imap_response *out)
{
	struct str rest = value;
	int64_t number = 0;
	if (str_eq_nocase(name, STR("UID")) && imap_next_number(&rest, &number))
		out->uid = number;
	else if (str_eq_nocase(name, STR("RFC822.SIZE")) && imap_next_number(&rest, &number))
		out->size = number;
	else if (str_eq_nocase(name, STR("FLAGS")) && value.p[0] == '(')
		read_flags(value, out);
	else if (str_eq_nocase(name, STR("BODY[]")))
		read_body(arena, value, out);
}

/* "(NAME value NAME value ...)" */
static enum status read_fetch(struct arena *arena, struct str rest, struct imap_response *out)
{
	if (rest.n == 0 || rest.p[0] != '(')
		return STATUS_INVALID;
	rest = str_skip(rest, 1);
	while (rest.n > 0 && rest.p[0] != ')') {
		size_t n = atom_length(rest);
		struct str name = str_slice(rest, 0, n);
		rest = str_skip(rest, n);
		if (n == 0 || rest.n < 2 || rest.p[0] != ' ')
			return STATUS_INVALID;
		rest = str_skip(rest, 1);
		n = value_length(rest);
		if (n == 0)
			return STATUS_INVALID;
		read_item(arena, name, str_slice(rest, 0, n), out);
		rest = str_skip(rest, n);
		while (rest.n > 0 && rest.p[0] == ' ')
			rest = str_skip(rest, 1);
	}
	return rest.n > 0 ? STATUS_OK : STATUS_INVALID;
}

static enum status read_untagged(struct arena *arena, struct str rest, struct imap_response *out)
{
	struct str word = cut_word(&rest);
	out->kind = IMAP_OTHER;
	if (read_condition(word, &out->condition)) {
		out->kind = IMAP_CONDITION;
		read_condition_text(rest, out);
		return STATUS_OK;
	}
	if (str_eq_nocase(word, STR("CAPABILITY"))) {
		out->kind = IMAP_CAPABILITY;
		out->text = rest;
		return STATUS_OK;
	}
	if (str_eq_nocase(word, STR("SEARCH"))) {
		out->kind = IMAP_SEARCH;
		out->text = rest;
		return STATUS_OK;
	}
	if (!imap_next_number(&word, &out->number) || word.n > 0)
		return STATUS_OK;
	word = cut_word(&rest);
	if (str_eq_nocase(word, STR("EXISTS")))
		out->kind = IMAP_EXISTS;
	if (!str_eq_nocase(word, STR("FETCH")))
		return STATUS_OK;
	out->kind = IMAP_FETCH;
	return read_fetch(arena, rest, out);
}

enum status imap_response_read(struct arena *arena, struct str text, struct imap_response *out)
{
	*out = (struct imap_response){.kind = IMAP_TAGGED};
	struct str rest = text;
	out->tag = cut_word(&rest);
	if (str_eq(out->tag, STR("+"))) {
		out->kind = IMAP_CONTINUE;
		out->text = rest;
		return STATUS_OK;
	}
	if (str_eq(out->tag, STR("*")))
		return read_untagged(arena, rest, out);
	if (out->tag.n == 0 || !read_condition(cut_word(&rest), &out->condition) ||
		out->condition > IMAP_BAD)
		return STATUS_INVALID;
	read_condition_text(rest, out);
	return STATUS_OK;
}

unsigned imap_capabilities(struct str list)
{
	static const struct {
		struct str name;
		unsigned flags;
	} rows[] = {
		{STR_INIT("IDLE"), IMAP_CAN_IDLE},
		{STR_INIT("MOVE"), IMAP_CAN_MOVE},
		{STR_INIT("UIDPLUS"), IMAP_CAN_UIDPLUS},
		{STR_INIT("STARTTLS"), IMAP_CAN_STARTTLS},
		{STR_INIT("AUTH=PLAIN"), IMAP_CAN_PLAIN},
		{STR_INIT("AUTH=XOAUTH2"), IMAP_CAN_XOAUTH2},
		{STR_INIT("SASL-IR"), IMAP_CAN_SASL_IR},
		{STR_INIT("LOGINDISABLED"), IMAP_CAN_NO_LOGIN},
		{STR_INIT("IMAP4rev2"), IMAP_CAN_REV2 | IMAP_CAN_IDLE | IMAP_CAN_MOVE |
						IMAP_CAN_UIDPLUS | IMAP_CAN_SASL_IR},
	};
	unsigned flags = 0;
	while (list.n > 0) {
		struct str word = cut_word(&list);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (str_eq_nocase(word, rows[i].name))
				flags |= rows[i].flags;
	}
	return flags;
}
