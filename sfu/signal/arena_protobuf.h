/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf into an arena, with a bound: an empty submessage takes two bytes on the wire and two
 * hundred in memory.
 */
#ifndef PARVIS_SFU_ARENA_PROTOBUF_H
#define PARVIS_SFU_ARENA_PROTOBUF_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "sfu/signal/livekit.pb-c.h"

#define PROTOBUF_MEMORY_MAX ((size_t)8 * 1024 * 1024)

/* NULL when the bytes are no such message or would take more than PROTOBUF_MEMORY_MAX. Strings end
 * at their first NUL, and are UTF-8 only where text_ok() says so. */
void *arena_unpack(
	struct arena *arena, const ProtobufCMessageDescriptor *descriptor, struct str bytes);
struct str arena_pack(struct arena *arena, const ProtobufCMessage *message);

/* A text of the wire that is short enough and UTF-8. */
bool text_ok(const char *text, size_t max);

#endif
