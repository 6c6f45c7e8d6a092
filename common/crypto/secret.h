/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes, tokens, comparison in constant time, password hashes. Any thread. */
#ifndef PARVIS_CRYPTO_SECRET_H
#define PARVIS_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/str.h"

/* From the kernel's generator by way of OpenSSL; aborts when there is none. */
void secret_random(void *out, size_t n);
/* `length` characters of [A-Za-z0-9]: 5.95 bits each. */
struct str secret_token(struct arena *arena, size_t length);
/* Time depends on the lengths only. */
bool secret_equal(struct str a, struct str b);
void secret_wipe(void *p, size_t n);

/*
 * Argon2id (RFC 9106), 19 MiB, 2 passes, 1 lane: OWASP's floor, 20–40 ms here. The encoded form
 * carries its parameters, so they can be raised later. Slow on purpose: never on the network's
 * thread nor the writer's.
 */
struct str password_hash(struct arena *arena, struct str password);
bool password_matches(struct str encoded, struct str password);

#endif
