/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/arena_protobuf.h"

struct budget {
	struct arena *arena;
	size_t left;
};

static void *take(void *context, size_t size)
{
	struct budget *budget = context;
	if (size > budget->left)
		return NULL;
	budget->left -= size;
	return arena_alloc(budget->arena, size);
}

static void give_back(void *context, void *p)
{
	(void)context;
	(void)p;
}

void *arena_unpack(
	struct arena *arena, const ProtobufCMessageDescriptor *descriptor, struct str bytes)
{
	struct budget budget = {arena, PROTOBUF_MEMORY_MAX};
	ProtobufCAllocator allocator = {take, give_back, &budget};
	return protobuf_c_message_unpack(
		descriptor, &allocator, bytes.n, (const uint8_t *)(bytes.n == 0 ? "" : bytes.p));
}

struct str arena_pack(struct arena *arena, const ProtobufCMessage *message)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	char *bytes = arena_alloc(arena, n + 1);
	n = protobuf_c_message_pack(message, (uint8_t *)bytes);
	return str_n(bytes, n);
}

bool text_ok(const char *text, size_t max)
{
	struct str s = str_c(text);
	return s.n <= max && str_is_utf8(s);
}
