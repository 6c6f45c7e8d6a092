/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/sid.h"

#include <stdio.h>

#include "common/crypto/secret.h"

void sid_make(const char *prefix, char out[SID_MAX])
{
	ARENA_SCOPE(arena);
	struct str token = secret_token(arena, 12);
	(void)snprintf(out, SID_MAX, "%s%.*s", prefix, STR_FMT(token));
}
