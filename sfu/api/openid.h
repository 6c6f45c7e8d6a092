/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, by an OpenID token of the homeserver (server-server API, "OpenID"). */
#ifndef PARVIS_SFU_OPENID_H
#define PARVIS_SFU_OPENID_H

#include "sfu/api/api.h"

/*
 * The account whose token this is. false: the reply is filled (400, 401, 403, 502). `token` is the
 * whole object that the homeserver gave its user; one of another homeserver than ours is refused.
 * Blocks for as long as the homeserver takes, 5 s at most.
 */
bool openid_check(struct http_request *request, struct http_reply *reply, const struct json *token,
	struct str *user_id_out);

#endif
