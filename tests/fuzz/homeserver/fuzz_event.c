/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as they may come: the input is a JSON array; its first element is the event to judge, the
 * others are the state it is judged by. Every version looks at them.
 */
#include "homeserver/room/auth.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/room/redact.h"

#define MAX_STATE 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event *event_of(
	struct arena *arena, const struct room_version *version, const struct json *json)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	struct event *event;

	json_write(json, &text);
	if (buf_status(&text) != STATUS_OK ||
		event_parse(arena, version, STR("!room:h"), STR("$event"),
			arena_str(arena, buf_str(&text)), &event) != STATUS_OK)
		return NULL;
	return event;
}

static void judge(struct arena *arena, const struct room_version *version, const struct json *list)
{
	const struct event *state[MAX_STATE];
	struct auth_state room = {state, 0};
	struct event *event = event_of(arena, version, json_at(list, 0));
	const char *why;

	for (size_t i = 1; i < json_count(list) && room.count < MAX_STATE; i++) {
		struct event *other = event_of(arena, version, json_at(list, i));

		if (other != NULL)
			state[room.count++] = other;
	}
	if (event == NULL)
		return;
	(void)auth_check(event, &room, &why);
	(void)auth_check_cited(event, state, room.count, &why);
}

/* What is left of an event must prune to itself and keep the hash that names the event. */
static void prune(struct arena *arena, const struct room_version *version, const struct json *pdu)
{
	BUF_SCOPE(once, EVENT_MAX_BYTES);
	BUF_SCOPE(twice, EVENT_MAX_BYTES);
	const struct json *pruned;
	struct str id, pruned_id;

	if (redact_event(version, pdu, &once) != STATUS_OK)
		return;
	if (json_parse(arena, arena_str(arena, buf_str(&once)), &pruned, NULL) != STATUS_OK ||
		redact_event(version, pruned, &twice) != STATUS_OK ||
		!str_eq(buf_str(&once), buf_str(&twice)) ||
		event_reference_hash(arena, version, pdu, &id) != STATUS_OK ||
		event_reference_hash(arena, version, pruned, &pruned_id) != STATUS_OK ||
		!str_eq(id, pruned_id))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count;
	const struct room_version *versions = room_version_all(&count);
	ARENA_SCOPE(arena);
	const struct json *list;

	if (json_parse(arena, str_n((const char *)data, size), &list, NULL) != STATUS_OK)
		return 0;
	for (size_t i = 0; i < count; i++) {
		judge(arena, &versions[i], list);
		if (json_is(json_at(list, 0), JSON_OBJECT))
			prune(arena, &versions[i], json_at(list, 0));
		(void)event_content_hash_matches(arena, &versions[i], json_at(list, 0));
	}
	return 0;
}
