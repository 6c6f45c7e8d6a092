/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from identity servers: the answer to an invite that is left with one, and the object
 * by which one says that an address is somebody's. The input is one JSON value, taken as both.
 */
#include <stdlib.h>

#include "homeserver/api/identity_answer.h"
#include "homeserver/room/event.h"
#include "homeserver/room/third_party_invite.h"
#include "homeserver/room/third_party_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	const struct json *json, *content;
	struct str token, text, key, url;
	struct event invite = {.type = STR("m.room.third_party_invite")};

	if (json_parse(arena, str_n((const char *)data, size), &json, NULL) != STATUS_OK)
		return 0;
	(void)third_party_sign_ok(json, json_str(json_get(json, "public_key")));
	invite.content = json;
	(void)third_party_invite_key(&invite, json_get(json, "signed"), &key, &url);
	if (identity_answer_invite(arena, json, &token, &text) != STATUS_OK)
		return 0;
	/* What was taken can stand in an event. */
	if (json_parse(arena, text, &content, NULL) != STATUS_OK || token.n == 0 || token.n > 255 ||
		json_str(json_get(content, "public_key")).n == 0)
		abort();
	return 0;
}
