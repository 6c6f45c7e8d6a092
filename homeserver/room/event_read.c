/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_read.h"

#include "common/json/canonical.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/event_refs.h"
#include "homeserver/room/room_version.h"

/* What comes may be written at more length than it is stored. */
#define TEXT_MAX (8 * EVENT_MAX_BYTES)

struct reading {
	const struct room_version *version;
	const struct json *pdu;
	const char *why;
};

static enum status invalid(struct reading *reading, const char *why)
{
	reading->why = why;
	return STATUS_INVALID;
}

static enum status too_large(struct reading *reading, const char *why)
{
	reading->why = why;
	return STATUS_TOO_LARGE;
}

static enum status check_names(struct reading *reading)
{
	const struct json *pdu = reading->pdu;
	struct str sender = json_str(json_get(pdu, "sender")),
		   type = json_str(json_get(pdu, "type"));
	const struct json *state_key = json_get(pdu, "state_key");
	struct matrix_id id;

	if (type.p == NULL || (state_key != NULL && !json_is(state_key, JSON_STRING)))
		return invalid(reading, "An event has a type, and a state key that is text");
	if (type.n > MATRIX_ID_MAX || json_str(state_key).n > MATRIX_ID_MAX ||
		sender.n > MATRIX_ID_MAX)
		return too_large(reading, "Type, state key and sender are limited to 255 bytes");
	if (user_id_parse(sender, &id) != STATUS_OK)
		return invalid(reading, "The sender of an event is a user");
	return STATUS_OK;
}

/* The room id is missing exactly where the event itself makes it. */
static enum status check_room(struct reading *reading)
{
	const struct json *room_id = json_get(reading->pdu, "room_id");
	bool is_create = str_eq_c(json_str(json_get(reading->pdu, "type")), "m.room.create") &&
			 json_is(json_get(reading->pdu, "state_key"), JSON_STRING);

	if (room_id == NULL && reading->version->room_id_is_hash && is_create)
		return STATUS_OK;
	if (!room_id_ok(json_str(room_id)))
		return invalid(reading, "An event belongs to a room");
	return STATUS_OK;
}

static bool hashes_ok(const struct json *hashes)
{
	return json_is(hashes, JSON_OBJECT) && json_is(json_get(hashes, "sha256"), JSON_STRING);
}

static bool ref_ok(const struct room_version *version, const struct json *ref)
{
	if (version->event_id_form != EVENT_ID_GIVEN)
		return event_id_ok(json_str(ref));
	return json_is(ref, JSON_ARRAY) && json_count(ref) == 2 &&
	       event_id_ok(json_str(json_at(ref, 0))) && json_is(json_at(ref, 1), JSON_OBJECT);
}

static enum status check_refs(struct reading *reading, const char *key, size_t max)
{
	const struct json *refs = json_get(reading->pdu, key);

	if (!json_is(refs, JSON_ARRAY))
		return invalid(
			reading, "An event names the events before it and those that allow it");
	if (json_count(refs) > max)
		return too_large(reading, "The event names too many other events");
	for (size_t i = 0; i < json_count(refs); i++)
		if (!ref_ok(reading->version, json_at(refs, i)))
			return invalid(
				reading, "What the event names is no event id of this version");
	return STATUS_OK;
}

static bool signatures_ok(const struct json *signatures)
{
	struct json_iter server = json_iter(signatures);

	if (!json_is(signatures, JSON_OBJECT))
		return false;
	while (json_next(&server)) {
		struct json_iter key = json_iter(server.value);

		if (!json_is(server.value, JSON_OBJECT))
			return false;
		while (json_next(&key))
			if (!json_is(key.value, JSON_STRING))
				return false;
	}
	return true;
}

static enum status check_values(struct reading *reading)
{
	const struct json *pdu = reading->pdu;
	const struct json *depth = json_get(pdu, "depth"), *unsign = json_get(pdu, "unsigned");

	/* That integers stay within 2^53 where the version says so was seen to before. */
	if (!json_is(depth, JSON_INT) || json_int(depth, 0) < 0)
		return invalid(reading, "The depth of an event is a number from 0 on");
	if (!json_is(json_get(pdu, "origin_server_ts"), JSON_INT))
		return invalid(reading, "The time of an event is a whole number");
	if (!json_is(json_get(pdu, "content"), JSON_OBJECT))
		return invalid(reading, "The content of an event is an object");
	if (unsign != NULL && !json_is(unsign, JSON_OBJECT))
		return invalid(reading, "What is not signed stands in an object");
	if (!hashes_ok(json_get(pdu, "hashes")) || !signatures_ok(json_get(pdu, "signatures")))
		return invalid(reading, "An event has hashes and signatures");
	return STATUS_OK;
}

static enum status check_form(struct reading *reading)
{
	enum status status = check_names(reading);

	if (status == STATUS_OK)
		status = check_room(reading);
	if (status == STATUS_OK)
		status = check_refs(reading, "prev_events", EVENT_MAX_PREV);
	if (status == STATUS_OK)
		status = check_refs(reading, "auth_events", EVENT_MAX_AUTH);
	if (status == STATUS_OK)
		status = check_values(reading);
	return status;
}

/* The one text of the event, and with it the limits on numbers and on size. */
static enum status write_canonical(struct reading *reading, struct buf *out)
{
	enum status status = reading->version->strict_json
				     ? canonical_write(reading->pdu, out)
				     : canonical_write_loose(reading->pdu, out);

	if (status == STATUS_INVALID)
		return invalid(reading, "The event is no canonical JSON");
	if (status == STATUS_TOO_LARGE)
		return too_large(reading, "The event is larger than 65,536 bytes");
	return status;
}

static enum status read(
	struct arena *arena, struct reading *reading, struct str text, struct event **out)
{
	BUF_SCOPE(canonical, EVENT_MAX_BYTES);
	struct str event_id, room_id;
	enum status status;

	if (text.n > TEXT_MAX)
		return too_large(reading, "The event is larger than 65,536 bytes");
	if (json_parse(arena, text, &reading->pdu, NULL) != STATUS_OK ||
		!json_is(reading->pdu, JSON_OBJECT))
		return invalid(reading, "An event is a JSON object");
	status = write_canonical(reading, &canonical);
	if (status == STATUS_OK)
		status = check_form(reading);
	if (status != STATUS_OK)
		return status;
	if (event_id_compute(arena, reading->version, reading->pdu, &event_id) != STATUS_OK)
		return invalid(reading, "The event does not name its id");
	room_id = json_str(json_get(reading->pdu, "room_id"));
	if (room_id.p == NULL)
		room_id = arena_printf(arena, "!%.*s", STR_FMT(str_skip(event_id, 1)));
	return event_parse(arena, reading->version, room_id, event_id,
		arena_str(arena, buf_str(&canonical)), out);
}

enum status event_read(struct arena *arena, const struct room_version *version, struct str text,
	struct event **out, const char **why_out)
{
	struct reading reading = {.version = version, .why = "The event is not valid"};
	enum status status = read(arena, &reading, text, out);

	if (status != STATUS_OK && why_out != NULL)
		*why_out = reading.why;
	return status;
}
