/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/auth_results.h"

#include <stdbool.h>

#define VALUE_MAX 1024

struct reader {
	struct str rest;
	struct arena *arena;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes of the comment that the text starts with; all of it when it has no end. */
static size_t comment_length(struct str text)
{
	unsigned depth = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == '(')
			depth++;
		else if (text.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return text.n;
}

static void skip_blank(struct reader *r)
{
	while (r->rest.n > 0) {
		if (is_blank(r->rest.p[0]))
			r->rest = str_skip(r->rest, 1);
		else if (r->rest.p[0] == '(')
			r->rest = str_skip(r->rest, comment_length(r->rest));
		else
			return;
	}
}

static bool take(struct reader *r, char c)
{
	skip_blank(r);
	if (r->rest.n == 0 || r->rest.p[0] != c)
		return false;
	r->rest = str_skip(r->rest, 1);
	return true;
}

static struct str take_quoted(struct reader *r)
{
	char *out = arena_alloc(r->arena, r->rest.n);
	size_t n = 0, i = 1;
	while (i < r->rest.n && r->rest.p[i] != '"') {
		if (r->rest.p[i] == '\\' && i + 1 < r->rest.n)
			i++;
		out[n++] = r->rest.p[i++];
	}
	r->rest = str_skip(r->rest, i + 1);
	return str_n(out, n);
}

/* Up to one of `ends`, a blank or a comment; or a quoted string. May be empty. */
static struct str take_word(struct reader *r, const char *ends)
{
	skip_blank(r);
	if (r->rest.n > 0 && r->rest.p[0] == '"')
		return take_quoted(r);
	size_t n = 0;
	while (n < r->rest.n && !is_blank(r->rest.p[n]) && r->rest.p[n] != '\0' &&
		r->rest.p[n] != '(' && strchr(ends, r->rest.p[n]) == NULL)
		n++;
	struct str word = str_slice(r->rest, 0, n);
	r->rest = str_skip(r->rest, n);
	return word;
}

static struct str domain_of(struct str value)
{
	ptrdiff_t at = str_rindex(value, '@');
	return at < 0 ? value : str_skip(value, (size_t)at + 1);
}

/* "ptype.property=value" or "reason=text" */
static bool read_property(struct reader *r, struct auth_result *out)
{
	struct str name = take_word(r, "=;");
	if (name.n == 0 || name.n > VALUE_MAX || !take(r, '='))
		return false;
	struct str value = take_word(r, ";");
	if (value.n > VALUE_MAX)
		return false;
	if (str_eq_nocase(name, STR("header.from")))
		out->header_from = domain_of(value);
	else if (str_eq_nocase(name, STR("header.d")))
		out->signer = value;
	else if (str_eq_nocase(name, STR("header.i")) && out->signer.n == 0)
		out->signer = domain_of(value);
	else if (str_eq_nocase(name, STR("smtp.mailfrom")))
		out->mail_from = domain_of(value);
	return true;
}

/* "method/version=result properties"; "none" stands alone. */
static bool read_result(struct reader *r, struct auth_results *out)
{
	struct auth_result result = {.method = take_word(r, "=/;")};
	if (str_eq_nocase(result.method, STR("none")))
		return true;
	if (take(r, '/'))
		(void)take_word(r, "=;");
	if (result.method.n == 0 || !take(r, '='))
		return false;
	result.result = take_word(r, ";");
	for (skip_blank(r); r->rest.n > 0 && r->rest.p[0] != ';'; skip_blank(r))
		if (!read_property(r, &result))
			return false;
	if (out->count < AUTH_RESULTS_MAX)
		out->items[out->count++] = result;
	return result.result.n > 0;
}

enum status auth_results_read(struct arena *arena, struct str value, struct auth_results *out)
{
	struct reader r = {.rest = value, .arena = arena};
	*out = (struct auth_results){.server = take_word(&r, ";")};
	if (out->server.n == 0)
		return STATUS_INVALID;
	skip_blank(&r);
	/* a version */
	if (r.rest.n > 0 && r.rest.p[0] != ';')
		(void)take_word(&r, ";");
	while (take(&r, ';')) {
		skip_blank(&r);
		if (r.rest.n == 0)
			break;
		if (!read_result(&r, out))
			return STATUS_INVALID;
	}
	return r.rest.n == 0 ? STATUS_OK : STATUS_INVALID;
}
