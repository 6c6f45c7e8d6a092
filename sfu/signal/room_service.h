/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiveKit's RoomService: what another program of the same owner may ask about meetings and do in
 * them. Requests and answers are messages of livekit.proto. on_signal.
 */
#ifndef PARVIS_SFU_ROOM_SERVICE_H
#define PARVIS_SFU_ROOM_SERVICE_H

#include "sfu/signal/arena_protobuf.h"

struct signal_server;

enum room_permission { MAY_CREATE, MAY_LIST, MAY_ADMIN };

struct room_method {
	const char *name;
	enum room_permission needs;
	const ProtobufCMessageDescriptor *request;
	/*
	 * The answer, in the arena. STATUS_NOT_FOUND: no such meeting, participant or track;
	 * STATUS_INVALID; STATUS_CONFLICT: not in that meeting's state; STATUS_LIMITED;
	 * STATUS_UNAVAILABLE. *why_out is a constant for the one who asks.
	 */
	enum status (*handle)(struct signal_server *server, struct arena *arena,
		const void *request, ProtobufCMessage **out, const char **why_out);
};

/* NULL when there is no such method. Any thread. */
const struct room_method *room_method_find(struct str name);
/* The room that a request is about; empty: none. Any thread. */
struct str room_method_room(const struct room_method *method, const void *request);

#endif
