/* SPDX-License-Identifier: Apache-2.0 */
/* What an identity server answers when an invite is left with it (Identity Service API,
 * store-invite). */
#ifndef PARVIS_HOMESERVER_API_IDENTITY_ANSWER_H
#define PARVIS_HOMESERVER_API_IDENTITY_ANSWER_H

#include "common/json/json.h"

/* The token, and the content of m.room.third_party_invite as JSON text, both in the arena's
 * lifetime. STATUS_INVALID when the answer, which may be anything, lacks a usable part. */
MUST_CHECK enum status identity_answer_invite(struct arena *arena, const struct json *answer,
	struct str *token_out, struct str *content_out);

#endif
