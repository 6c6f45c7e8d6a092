/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for tables whose keys a hostile peer
 * chooses. Not for signatures.
 */
#ifndef PARVIS_BASE_SIPHASH_H
#define PARVIS_BASE_SIPHASH_H

#include <stdint.h>

#include "common/base/str.h"

/* The 16 key bytes as two little-endian words. */
struct siphash_key {
	uint64_t k0, k1;
};

/* A random key from the kernel; aborts when there is none. */
struct siphash_key siphash_key_random(void);
uint64_t siphash(const struct siphash_key *key, struct str bytes);

#endif
