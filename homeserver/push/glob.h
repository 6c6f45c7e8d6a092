/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of push rules (specification, appendices, "Glob-style matching"): '*' is any run of
 * characters, '?' is one. Without regard to case, which here means: the letters of ASCII, Latin,
 * Greek and Cyrillic. Texts and patterns are folded once, then compared character by character.
 */
#ifndef PARVIS_HOMESERVER_GLOB_H
#define PARVIS_HOMESERVER_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

struct folded {
	const uint32_t *p; /* code points */
	size_t n;
};

/* What is not UTF-8 is read byte by byte. */
struct folded glob_fold(struct arena *arena, struct str text);

/*
 * Each compares at most *budget pairs of characters and counts them off; when it is used up the
 * answer is false.
 */
/* The whole text. */
bool glob_matches(struct folded pattern, struct folded text, uint64_t *budget);
/* Some part of the text that starts and ends at a word boundary: an end of the text, or next to a
 * character outside [A-Za-z0-9_]. */
bool glob_matches_words(struct folded pattern, struct folded text, uint64_t *budget);
/* As above for a text in which '*' and '?' mean themselves. */
bool glob_finds_words(struct folded words, struct folded text, uint64_t *budget);

#endif
