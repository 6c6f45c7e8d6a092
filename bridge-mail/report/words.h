/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What folding hides: words of a mail's whole text that its message in the room does not show, and
 * those of them that no earlier mail of the thread has said either. A word counts as said together
 * with the two behind it, so that a quotation is known again whatever was wrapped or indented.
 */
#ifndef PARVIS_BRIDGE_REPORT_WORDS_H
#define PARVIS_BRIDGE_REPORT_WORDS_H

#include <stdint.h>

#include "common/base/str.h"

/* A filter of 16 MiB that never forgets and may, rarely, take for said what was not: below one word in
 * a hundred up to some ten million words. */
struct report_memory;

struct report_words {
	int64_t all;
	int64_t folded;
	int64_t lost; /* of the folded */
};

struct report_memory *report_memory_new(void);
void report_memory_free(struct report_memory **memory);

/* Compares, then remembers the whole text for the thread. */
void report_words_count(struct report_memory *memory, int64_t thread_id, struct str whole,
	struct str shown, struct report_words *out);

#endif
