/* SPDX-License-Identifier: Apache-2.0 */
/* The server API's requests in both of their forms: what can be read can be written and read. */
#include <stdlib.h>

#include "sfu/signal/json_protobuf.h"
#include "sfu/signal/room_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct arena *arena, const struct room_method *method, const void *message)
{
	BUF_SCOPE(out, (size_t)4 * 1024 * 1024);
	struct json_writer w;
	const struct json *json;
	jw_init(&w, &out);
	json_protobuf_write(&w, message);
	if (buf_status(&out) != STATUS_OK ||
		json_parse(arena, buf_str(&out), &json, NULL) != STATUS_OK)
		return; /* protobuf may hold a key twice, JSON may not */
	if (json_protobuf_read(arena, method->request, json) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"UpdateParticipant", "SendData", "UpdateSubscriptions"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ARENA_SCOPE(arena);
		const struct room_method *method = room_method_find(str_c(names[i]));
		const struct str text = str_n((const char *)data, size);
		const struct json *json;
		const void *message = arena_unpack(arena, method->request, text);
		if (message != NULL)
			write_again(arena, method, message);
		if (json_parse(arena, text, &json, NULL) != STATUS_OK)
			continue;
		message = json_protobuf_read(arena, method->request, json);
		if (message != NULL)
			write_again(arena, method, message);
	}
	return 0;
}
