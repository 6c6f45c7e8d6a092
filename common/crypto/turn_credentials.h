/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time-limited credentials for a TURN server ("A REST API For Access To TURN Services",
 * draft-uberti-behave-turn-rest; coturn's use-auth-secret): made, not stored. The user name says
 * until when they are good, and the password is its HMAC under the secret that both servers know.
 */
#ifndef PARVIS_CRYPTO_TURN_CREDENTIALS_H
#define PARVIS_CRYPTO_TURN_CREDENTIALS_H

#include <stdint.h>

#include "common/base/arena.h"

struct turn_credentials {
	struct str username, password; /* in the arena; each ends with a NUL */
};

/* `user` is for the TURN server's log. */
struct turn_credentials turn_credentials_make(
	struct arena *arena, struct str secret, struct str user, int64_t until_s);

#endif
