/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/target.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 3986 wants non-ASCII bytes escaped; some clients send them as they are, and the decoded
 * text has to be UTF-8 either way. */
static bool is_target_byte(char c)
{
	unsigned char u = (unsigned char)c;
	return u > 0x20 && u != 0x7f && u != '#';
}

/* True for the bytes of an escape that is whole. */
static bool escape_at(struct str s, size_t i, char *byte_out)
{
	if (s.n - i < 3)
		return false;
	int high = hex_digit(s.p[i + 1]);
	int low = hex_digit(s.p[i + 2]);
	if (high < 0 || low < 0)
		return false;
	*byte_out = (char)(high * 16 + low);
	return true;
}

size_t target_decode(struct str part, bool form, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < part.n; i++) {
		char c = part.p[i];
		if (c == '%' && escape_at(part, i, &c))
			i += 2;
		else if (c == '+' && form)
			c = ' ';
		out[n++] = c;
	}
	return n;
}

static enum target_fault check_bytes(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];
		if (!is_target_byte(c))
			return TARGET_FORM;
		if (c != '%')
			continue;
		if (!escape_at(raw, i, &c))
			return TARGET_ESCAPE;
		if (c == '\0')
			return TARGET_NUL;
	}
	return TARGET_OK;
}

/* Cuts the path at its slashes and decodes each part, with a '/' between them. */
static void split(struct str path, char *scratch, struct http_target *out)
{
	struct str rest = str_skip(path, 1);
	struct str part;
	size_t n = 0;
	bool first = true;
	while (str_cut(&rest, '/', &part)) {
		if (!first)
			scratch[n++] = '/';
		first = false;
		size_t length = target_decode(part, false, scratch + n);
		if (out->count < HTTP_MAX_SEGMENTS)
			out->segments[out->count++] = str_n(scratch + n, length);
		else
			out->more = true;
		n += length;
	}
	out->decoded = str_n(scratch, n);
}

enum target_fault target_parse(struct str raw, char *scratch, struct http_target *out)
{
	*out = (struct http_target){0};
	if (raw.n == 0 || raw.p[0] != '/')
		return TARGET_FORM;
	enum target_fault fault = check_bytes(raw);
	if (fault != TARGET_OK)
		return fault;
	ptrdiff_t mark = str_index(raw, '?');
	out->path = mark < 0 ? raw : str_slice(raw, 0, (size_t)mark);
	out->query = mark < 0 ? str_n(raw.p + raw.n, 0) : str_skip(raw, (size_t)mark + 1);

	/* The separators are ASCII: the whole is UTF-8 exactly when each part is. */
	size_t n = target_decode(out->query, true, scratch);
	if (!str_is_utf8(str_n(scratch, n)))
		return TARGET_UTF8;
	split(out->path, scratch, out);
	for (size_t i = 0; i < out->count; i++)
		if (!str_is_utf8(out->segments[i]))
			return TARGET_UTF8;
	return str_is_utf8(out->decoded) ? TARGET_OK : TARGET_UTF8;
}

struct str target_tail(const struct http_target *target, size_t first)
{
	if (first >= target->count)
		return str_n(target->decoded.p + target->decoded.n, 0);
	return str_skip(target->decoded, (size_t)(target->segments[first].p - target->decoded.p));
}

bool target_has_dots(struct str path)
{
	struct str part;
	while (str_cut(&path, '/', &part))
		if (str_eq_c(part, ".") || str_eq_c(part, ".."))
			return true;
	return false;
}
