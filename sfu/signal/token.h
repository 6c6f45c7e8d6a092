/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Join tokens: JSON Web Tokens (RFC 7519) signed with HS256, with the claims of LiveKit's access
 * tokens. Made by the token service, verified when somebody connects; a token service of somebody
 * else that knows the key can make them too.
 */
#ifndef PARVIS_SFU_TOKEN_H
#define PARVIS_SFU_TOKEN_H

#include "common/base/arena.h"
#include "sfu/meeting/grants.h"

#define TOKEN_MAX	8192 /* bytes */
#define TOKEN_LEEWAY_S	60
#define TOKEN_REASON_OK ""

struct token_key {
	struct str issuer; /* the API key */
	struct str secret;
};

/* With all of SOURCES_ALL the claim canPublishSources is left out. */
struct str token_make(struct arena *arena, const struct token_key *key, const struct grants *grants,
	int64_t now_s);

/*
 * STATUS_DENIED when it is not ours, forged, expired or not valid yet, or does not let its bearer
 * into a room; STATUS_INVALID when it is no token. *why_out is a constant for the person. A hidden
 * participant is refused: whoever is in a meeting is seen by the others.
 */
MUST_CHECK enum status token_verify(struct arena *arena, const struct token_key *key,
	struct str token, int64_t now_s, struct grants *out, const char **why_out);

/* What a token of the server API lets its bearer do. */
struct server_grants {
	bool room_create, room_list, room_admin;
	struct str room; /* of room_admin */
};
/* As token_verify(), for the server API: roomJoin is not asked for. */
MUST_CHECK enum status token_verify_server(struct arena *arena, const struct token_key *key,
	struct str token, int64_t now_s, struct server_grants *out, const char **why_out);
/* Signs any claims, one JSON object. */
struct str token_sign(struct arena *arena, const struct token_key *key, struct str claims);

#endif
