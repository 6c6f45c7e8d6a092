/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/str.h"

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
	return str_eq(a, str_c(b));
}

static unsigned char lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int order = common == 0 ? 0 : memcmp(a.p, b.p, common);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

bool str_contains_nul(struct str s)
{
	return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

struct str str_skip(struct str s, size_t from)
{
	if (from >= s.n)
		return s.p == NULL ? STR_EMPTY : (struct str){s.p + s.n, 0};
	return (struct str){s.p + from, s.n - from};
}

struct str str_slice(struct str s, size_t from, size_t count)
{
	struct str rest = str_skip(s, from);

	if (rest.n > count)
		rest.n = count;
	return rest;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

ptrdiff_t str_index(struct str s, char c)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

ptrdiff_t str_rindex(struct str s, char c)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	at = s.n < needle.n ? NULL : memmem(s.p, s.n, needle.p, needle.n);
	return at == NULL ? -1 : at - s.p;
}

bool str_cut(struct str *rest, char separator, struct str *part_out)
{
	ptrdiff_t at;

	if (rest->p == NULL)
		return false;
	at = str_index(*rest, separator);
	if (at < 0) {
		*part_out = *rest;
		*rest = STR_EMPTY;
		return true;
	}
	*part_out = (struct str){rest->p, (size_t)at};
	*rest = (struct str){rest->p + at + 1, rest->n - (size_t)at - 1};
	return true;
}

enum status str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	int64_t value = 0;
	size_t i = negative ? 1 : 0;

	if (i == s.n)
		return STATUS_INVALID;
	for (; i < s.n; i++) {
		int64_t digit = s.p[i] - '0';

		if (digit < 0 || digit > 9)
			return STATUS_INVALID;
		/* Counted downwards, because INT64_MIN has no positive twin. */
		if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
			__builtin_sub_overflow(value, digit, &value))
			return STATUS_INVALID;
	}
	if (!negative && value == INT64_MIN)
		return STATUS_INVALID;
	*out = negative ? value : -value;
	return STATUS_OK;
}

static bool is_tail(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/* RFC 3629, section 4: the second byte's range depends on the first. */
static size_t sequence_of_three(const unsigned char *p)
{
	unsigned char least = p[0] == 0xE0 ? 0xA0 : 0x80;
	unsigned char most = p[0] == 0xED ? 0x9F : 0xBF;

	return p[1] >= least && p[1] <= most && is_tail(p[2]) ? 3 : 0;
}

static size_t sequence_of_four(const unsigned char *p)
{
	unsigned char least = p[0] == 0xF0 ? 0x90 : 0x80;
	unsigned char most = p[0] == 0xF4 ? 0x8F : 0xBF;

	return p[1] >= least && p[1] <= most && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
}

size_t str_utf8_first(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		return s.n >= 2 && is_tail(p[1]) ? 2 : 0;
	if (p[0] >= 0xE0 && p[0] <= 0xEF)
		return s.n >= 3 ? sequence_of_three(p) : 0;
	if (p[0] >= 0xF0 && p[0] <= 0xF4)
		return s.n >= 4 ? sequence_of_four(p) : 0;
	return 0;
}

bool str_is_utf8(struct str s)
{
	while (s.n > 0) {
		size_t length;
		uint64_t word;

		/* Most text is ASCII: eight bytes at a time. */
		if (s.n >= sizeof(word)) {
			memcpy(&word, s.p, sizeof(word));
			if ((word & UINT64_C(0x8080808080808080)) == 0) {
				s.p += sizeof(word);
				s.n -= sizeof(word);
				continue;
			}
		}
		length = str_utf8_first(s);
		if (length == 0)
			return false;
		s.p += length;
		s.n -= length;
	}
	return true;
}
