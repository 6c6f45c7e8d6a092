/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/secret.h"

#include <argon2.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define ARGON2_PASSES	  2u
#define ARGON2_KIBIBYTES  19456u
#define ARGON2_LANES	  1u
#define ARGON2_SALT_BYTES 16u
#define ARGON2_HASH_BYTES 32u
#define ENCODED_MAX_BYTES 255u

void secret_random(void *out, size_t n)
{
	unsigned char *p = out;

	while (n > 0) {
		int now = n > INT_MAX ? INT_MAX : (int)n;

		if (RAND_priv_bytes(p, now) != 1)
			abort();
		p += now;
		n -= (size_t)now;
	}
}

struct str secret_token(struct arena *arena, size_t length)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const unsigned symbols = sizeof(alphabet) - 1;
	char *token = arena_calloc(arena, length + 1, 1);
	size_t n = 0;

	while (n < length) {
		unsigned char bytes[64];

		secret_random(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes) && n < length; i++) {
			/* The last, incomplete round of the alphabet would favour its start. */
			if (bytes[i] < 256 / symbols * symbols)
				token[n++] = alphabet[bytes[i] % symbols];
		}
		secret_wipe(bytes, sizeof(bytes));
	}
	return str_n(token, length);
}

bool secret_equal(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	return a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

void secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

struct str password_hash(struct arena *arena, struct str password)
{
	unsigned char salt[ARGON2_SALT_BYTES];
	char *encoded = arena_calloc(arena, ENCODED_MAX_BYTES + 1, 1);

	secret_random(salt, sizeof(salt));
	if (argon2id_hash_encoded(ARGON2_PASSES, ARGON2_KIBIBYTES, ARGON2_LANES,
		    password.p == NULL ? "" : password.p, password.n, salt, sizeof(salt),
		    ARGON2_HASH_BYTES, encoded, ENCODED_MAX_BYTES + 1) != ARGON2_OK)
		abort();
	return str_c(encoded);
}

bool password_matches(struct str encoded, struct str password)
{
	char text[ENCODED_MAX_BYTES + 1];

	if (encoded.n == 0 || encoded.n > ENCODED_MAX_BYTES || str_contains_nul(encoded))
		return false;
	memcpy(text, encoded.p, encoded.n);
	text[encoded.n] = '\0';
	return argon2id_verify(text, password.p == NULL ? "" : password.p, password.n) == ARGON2_OK;
}
