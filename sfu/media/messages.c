/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/messages.h"

#include "common/base/mem.h"
#include "sfu/transport/tcp.h"

struct media_command *media_command_new(enum media_command_kind kind)
{
	struct media_command *command = MEM_NEW(struct media_command);
	command->kind = kind;
	return command;
}

struct media_command *media_command_new_data(
	uint64_t transport, enum media_channel channel, struct str bytes)
{
	if (bytes.n > MEDIA_DATA_MAX) {
		return NULL;
	}
	struct media_command *command = mem_alloc(sizeof(*command) + bytes.n);
	command->kind = MEDIA_SEND_DATA;
	command->transport = transport;
	command->u.data = (struct media_data){
		.channel = channel, .size = bytes.n, .bytes = (uint8_t *)(command + 1)};
	if (bytes.n > 0) {
		memcpy(command->u.data.bytes, bytes.p, bytes.n);
	}
	return command;
}

void media_command_free(struct media_command **command)
{
	if (*command != NULL && (*command)->kind == MEDIA_TAKE_CONNECTION) {
		tcp_stranger_free(&(*command)->u.stranger);
	}
	mem_freep(command);
}

struct media_event *media_event_new(enum media_event_kind kind)
{
	struct media_event *event = MEM_NEW(struct media_event);
	event->kind = kind;
	return event;
}

struct media_event *media_event_new_data(
	uint64_t transport, enum media_channel channel, const uint8_t *bytes, size_t n)
{
	struct media_event *event = mem_alloc(sizeof(*event) + n);
	event->kind = MEDIA_DATA_RECEIVED;
	event->transport = transport;
	event->u.data =
		(struct media_data){.channel = channel, .size = n, .bytes = (uint8_t *)(event + 1)};
	if (n > 0) {
		memcpy(event->u.data.bytes, bytes, n);
	}
	return event;
}

void media_event_free(struct media_event **event)
{
	mem_freep(event);
}

void media_event_drop(void *event)
{
	mem_freep(&event);
}
