/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf messages as JSON and back, after proto3's mapping: camel-case names (those of the schema
 * are read, too), 64-bit numbers as strings, bytes in base64, enums by name or number, what has its
 * default left out. livekit.Entry is a map's entry, so repeated ones are an object. No oneof.
 */
#ifndef PARVIS_SFU_JSON_PROTOBUF_H
#define PARVIS_SFU_JSON_PROTOBUF_H

#include "common/json/json.h"
#include "common/json/json_writer.h"
#include "sfu/signal/arena_protobuf.h"

void json_protobuf_write(struct json_writer *w, const ProtobufCMessage *message);
/* NULL: a member has another kind than the schema says. Unknown members are skipped. In the arena;
 * strings end at their first NUL. */
void *json_protobuf_read(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
	const struct json *object);

#endif
