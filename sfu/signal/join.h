/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a client asks to come in: by the parameter join_request (base64url of a WrappedJoinRequest,
 * perhaps gzipped: RFC 1952), or by the older plain parameters.
 */
#ifndef PARVIS_SFU_JOIN_H
#define PARVIS_SFU_JOIN_H

#include "sfu/signal/arena_protobuf.h"
#include "sfu/signal/lws.h"

#define JOIN_INFLATED_MAX ((size_t)512 * 1024)

struct join {
	bool single;	/* one peer connection, offered by the client; else two */
	bool reconnect; /* go on with the session of participant_sid */
	bool auto_subscribe;
	struct str participant_sid; /* may be empty */
	int32_t client_protocol;
	/* Only with a join_request; NULL otherwise. */
	const Livekit__JoinRequest *request;
};

/* STATUS_INVALID or STATUS_TOO_LARGE with a constant for the person in *why_out. `must_have`: the
 * path takes a join_request only. */
MUST_CHECK enum status join_read(
	const struct lws_request *request, bool must_have, struct join *out, const char **why_out);
/* The value of the parameter join_request. */
MUST_CHECK enum status join_decode(
	struct arena *arena, struct str text, const Livekit__JoinRequest **out);

#endif
