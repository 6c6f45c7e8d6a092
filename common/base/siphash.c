/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/siphash.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

struct siphash_key siphash_key_random(void)
{
	struct siphash_key key;
	ssize_t n;

	/* So few bytes come whole or, before the kernel has its entropy, interrupted. */
	do
		n = getrandom(&key, sizeof(key), 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(key))
		abort();
	return key;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void round_of(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	round_of(v);
	round_of(v);
	v[0] ^= word;
}

uint64_t siphash(const struct siphash_key *key, struct str bytes)
{
	uint64_t v[4] = {
		key->k0 ^ UINT64_C(0x736f6d6570736575),
		key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261),
		key->k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)bytes.n << 56;
	size_t i = 0;

	for (; bytes.n - i >= 8; i += 8) {
		uint64_t word;

		memcpy(&word, bytes.p + i, sizeof(word));
		absorb(v, le64toh(word));
	}
	for (unsigned shift = 0; i < bytes.n; i++, shift += 8)
		last |= (uint64_t)(unsigned char)bytes.p[i] << shift;
	absorb(v, last);
	v[2] ^= 0xff;
	for (int finish = 0; finish < 4; finish++)
		round_of(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
