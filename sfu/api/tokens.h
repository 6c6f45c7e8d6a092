/* SPDX-License-Identifier: Apache-2.0 */
/* Join tokens for those who may have one, and the answer for those who may not. */
#ifndef PARVIS_SFU_TOKENS_H
#define PARVIS_SFU_TOKENS_H

#include "sfu/api/api.h"
#include "sfu/meeting/grants.h"

/* Whether a seat is free for that identity, or is its own already. false: 503 is in the reply. */
bool tokens_seat(struct http_request *request, struct http_reply *reply, struct str room,
	struct str identity);
/* Lets its bearer publish, subscribe and send data in that room. */
struct str tokens_make(struct http_request *request, const struct grants *who);

#endif
