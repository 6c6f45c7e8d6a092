/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random and are the same in each run. */
#ifndef PARVIS_TEST_NOISE_H
#define PARVIS_TEST_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* xorshift32; *state is not 0. Below `limit`. */
static inline uint32_t noise_below(uint32_t *state, uint32_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % limit;
}

static inline size_t noise_fill(uint32_t *state, uint8_t *out, size_t limit)
{
	size_t n = noise_below(state, (uint32_t)limit);
	for (size_t i = 0; i < n; i++) {
		out[i] = (uint8_t)noise_below(state, 256);
	}
	return n;
}

#endif
