/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/glob.h"

/* Lower case of the letters whose pairs lie in simple patterns in Unicode. */
static uint32_t fold_letter(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if (c >= 0xC0 && c <= 0xDE)
		return c == 0xD7 ? c : c + 32;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
		return c % 2 == 1 ? c + 1 : c;
	if (c == 0x178)
		return 0xFF;
	if (c >= 0x391 && c <= 0x3A9)
		return c + 32;
	if (c >= 0x410 && c <= 0x42F)
		return c + 32;
	if (c >= 0x400 && c <= 0x40F)
		return c + 80;
	return c;
}

/* One character at p, of which at most n bytes are there; *used_out is at least 1. */
static uint32_t decode(const unsigned char *p, size_t n, size_t *used_out)
{
	static const uint32_t lead_mask[] = {0, 0, 0x1F, 0x0F, 0x07};
	size_t length = p[0] < 0xC0 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	*used_out = 1;
	if (length == 1 || length > n)
		return p[0];
	uint32_t c = p[0] & lead_mask[length];
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return p[0];
		c = (c << 6) | (p[i] & 0x3Fu);
	}
	*used_out = length;
	return c;
}

struct folded glob_fold(struct arena *arena, struct str text)
{
	uint32_t *p = ARENA_ARRAY(arena, uint32_t, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n;) {
		size_t used;
		uint32_t c = decode((const unsigned char *)text.p + i, text.n - i, &used);
		p[n++] = fold_letter(c);
		i += used;
	}
	return (struct folded){p, n};
}

static bool is_word(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool starts_word(struct folded text, size_t at)
{
	return at == 0 || !is_word(text.p[at - 1]);
}

static bool ends_word(struct folded text, size_t at)
{
	return at == text.n || !is_word(text.p[at]);
}

/* What a piece between two '*' must meet. */
struct placing {
	bool wild;     /* '?' is any character */
	bool at_start; /* begins at a boundary (words) or at 0 (whole) */
	bool at_end;   /* ends at a boundary (words) or at the end (whole) */
	bool words;
};

static bool piece_at(
	struct folded piece, struct folded text, size_t at, bool wild, uint64_t *budget)
{
	for (size_t i = 0; i < piece.n; i++) {
		if (*budget == 0)
			return false;
		--*budget;
		if (piece.p[i] != text.p[at + i] && !(wild && piece.p[i] == '?'))
			return false;
	}
	return true;
}

/* Where the piece is first found at or behind `from`; false when nowhere. */
static bool piece_find(struct folded piece, struct folded text, size_t from,
	const struct placing *placing, uint64_t *budget, size_t *at_out)
{
	if (piece.n > text.n || from > text.n - piece.n)
		return false;
	size_t last = text.n - piece.n;
	if (!placing->words && placing->at_start)
		last = from;
	if (!placing->words && placing->at_end) {
		if (from > text.n - piece.n || (placing->at_start && from != text.n - piece.n))
			return false;
		from = last = text.n - piece.n;
	}
	for (size_t at = from; at <= last; at++) {
		if (*budget == 0)
			return false;
		--*budget;
		if (placing->words && placing->at_start && !starts_word(text, at))
			continue;
		if (placing->words && placing->at_end && !ends_word(text, at + piece.n))
			continue;
		if (piece_at(piece, text, at, placing->wild, budget)) {
			*at_out = at;
			return true;
		}
	}
	return false;
}

/* The pieces between stars, each at the first place behind the one before: a later place would
 * only leave less room for the rest. */
static bool match(struct folded pattern, struct folded text, bool words, uint64_t *budget)
{
	size_t from = 0;
	size_t begin = 0;
	while (true) {
		size_t end = begin;
		while (end < pattern.n && pattern.p[end] != '*')
			end++;
		struct folded piece = {pattern.p + begin, end - begin};
		struct placing placing = {.wild = true,
			.at_start = begin == 0,
			.at_end = end == pattern.n,
			.words = words};
		size_t at;
		if (!piece_find(piece, text, from, &placing, budget, &at))
			return false;
		if (end == pattern.n)
			return true;
		from = at + piece.n;
		begin = end + 1;
	}
}

bool glob_matches(struct folded pattern, struct folded text, uint64_t *budget)
{
	return match(pattern, text, false, budget);
}

bool glob_matches_words(struct folded pattern, struct folded text, uint64_t *budget)
{
	return match(pattern, text, true, budget);
}

bool glob_finds_words(struct folded words, struct folded text, uint64_t *budget)
{
	struct placing placing = {.at_start = true, .at_end = true, .words = true};
	size_t at;
	return piece_find(words, text, 0, &placing, budget, &at);
}
