/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_format.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/room/erased.h"
#include "homeserver/room/event_bundle.h"
#include "homeserver/room/event_fields.h"
#include "homeserver/room/redact.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_version.h"
#include "homeserver/room/visibility.h"
#include "homeserver/store/delayed_event_store.h"

/* An event with its unsigned part, which may hold another event besides. */
#define CLIENT_EVENT_MAX (4u * 1024 * 1024)

/* Old clients look for `redacts` at the top, new ones in the content: they get both. */
static enum status write_content(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	const struct json *content;
	enum status status = erased_content(event, format, &content);
	struct json_iter i;

	if (status != STATUS_OK)
		return status;
	if (event->redacts.n == 0 || event->version->redacts_in_content) {
		if (content == event->content && event->content_text.n != 0)
			jw_put_raw(w, "content", event->content_text);
		else
			jw_put_value(w, "content", content);
		return STATUS_OK;
	}
	i = json_iter(content);
	jw_put_object(w, "content");
	while (json_next(&i)) {
		if (str_eq_c(i.key, "redacts"))
			continue;
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	jw_put_str(w, "redacts", event->redacts);
	jw_object_end(w);
	return STATUS_OK;
}

static enum status write_transaction_id(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	struct str txn_id;
	enum status status;

	if (format->device_id.n == 0 || !str_eq(format->user_id, event->sender))
		return STATUS_OK;
	status = event_txn_of(
		format->db, format->arena, event->position, format->device_id, &txn_id);
	if (status == STATUS_OK)
		jw_put_str(w, "transaction_id", txn_id);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Only the sender learns that the event was scheduled (MSC4140). */
static enum status write_delay_id(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	struct str delay_id;
	enum status status;

	if (!str_eq(format->user_id, event->sender))
		return STATUS_OK;
	status = delayed_event_of(format->db, format->arena, event->position, &delay_id);
	if (status == STATUS_OK)
		jw_put_str(w, "org.matrix.msc4140.delay_id", delay_id);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status write_previous_state(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	const struct json *content;
	struct event *previous;
	enum status status;

	if (!event_is_state(event))
		return STATUS_OK;
	status = room_state_find(format->db, format->arena, event->room_id, event->type,
		event->state_key, event->position - 1, &previous);
	if (status != STATUS_OK || previous == NULL)
		return status;
	status = erased_content(previous, format, &content);
	if (status != STATUS_OK)
		return status;
	jw_put_value(w, "prev_content", content);
	jw_put_str(w, "prev_sender", previous->sender);
	jw_put_str(w, "replaces_state", previous->event_id);
	return STATUS_OK;
}

/* Everything but `unsigned`, into an object under way. */
static enum status write_frame(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	enum status status = write_content(w, event, format);

	if (status != STATUS_OK)
		return status;
	jw_put_str(w, "event_id", event->event_id);
	jw_put_int(w, "origin_server_ts", event->origin_server_ts);
	if (event->redacts.n != 0)
		jw_put_str(w, "redacts", event->redacts);
	if (!format->without_room_id)
		jw_put_str(w, "room_id", event->room_id);
	jw_put_str(w, "sender", event->sender);
	if (event_is_state(event))
		jw_put_str(w, "state_key", event->state_key);
	jw_put_str(w, "type", event->type);
	return STATUS_OK;
}

static void write_age(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	int64_t age = format->now - event->origin_server_ts;

	jw_put_int(w, "age", age > 0 ? age : 0);
}

enum status event_write_plain(struct json_writer *w, const struct event *event,
	const struct event *replacement, const struct event_format *format)
{
	enum status status;

	jw_object(w);
	status = write_frame(w, event, format);
	if (status != STATUS_OK)
		return status;
	jw_put_object(w, "unsigned");
	write_age(w, event, format);
	status = write_transaction_id(w, event, format);
	if (status == STATUS_OK && replacement != NULL) {
		jw_put_object(w, "m.relations");
		jw_put_object(w, "m.replace");
		status = write_frame(w, replacement, format);
		if (status != STATUS_OK)
			return status;
		jw_object_end(w);
		jw_object_end(w);
	}
	jw_object_end(w);
	jw_object_end(w);
	return status;
}

/* Why something was taken back is not for who had left by then. */
static enum status hide_reason(struct event *redaction, const struct event_format *format)
{
	BUF_SCOPE(text, CLIENT_EVENT_MAX);
	enum status status =
		redact_content(redaction->version, redaction->type, redaction->content, &text);

	if (status == STATUS_OK)
		status = buf_status(&text);
	redaction->content = NULL;
	redaction->content_text = arena_str(format->arena, buf_str(&text));
	return status;
}

static enum status write_redaction(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	struct event *redaction;
	enum status status;

	if (!event->redacted)
		return STATUS_OK;
	status = room_event_find(format->db, format->arena, event->redacted_by, &redaction);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	jw_put_str(w, "redacted_by", redaction->event_id);
	if (format->visibility != NULL && !visibility_allows(format->visibility, redaction))
		status = hide_reason(redaction, format);
	if (status != STATUS_OK)
		return status;
	jw_key(w, "redacted_because");
	return event_write_plain(w, redaction, NULL, format);
}

static enum status write_unsigned(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	enum status status;

	jw_put_object(w, "unsigned");
	write_age(w, event, format);
	status = write_transaction_id(w, event, format);
	if (status == STATUS_OK)
		status = write_delay_id(w, event, format);
	if (status == STATUS_OK)
		status = write_previous_state(w, event, format);
	if (status == STATUS_OK)
		status = write_redaction(w, event, format);
	if (status == STATUS_OK)
		status = event_bundle_write(w, event, format);
	if (format->visibility != NULL)
		jw_put_str(w, "membership",
			membership_name(
				visibility_membership_at(format->visibility, event->position)));
	jw_object_end(w);
	return status;
}

static enum status write_event(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	enum status status;

	jw_object(w);
	status = write_frame(w, event, format);
	if (status != STATUS_OK)
		return status;
	status = write_unsigned(w, event, format);
	jw_object_end(w);
	return status;
}

enum status event_write_client(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	BUF_SCOPE(text, CLIENT_EVENT_MAX);
	struct json_writer whole;
	const struct json *parsed;
	enum status status;

	if (format->fields == NULL)
		return write_event(w, event, format);
	jw_init(&whole, &text);
	status = write_event(&whole, event, format);
	if (status == STATUS_OK)
		status = json_parse(format->arena, buf_str(&text), &parsed, NULL);
	if (status == STATUS_OK)
		event_fields_write(w, parsed, format->fields);
	return status;
}

void event_write_stripped(struct json_writer *w, const struct event *event)
{
	jw_object(w);
	jw_put_value(w, "content", event->content);
	jw_put_str(w, "sender", event->sender);
	jw_put_str(w, "state_key", event->state_key);
	jw_put_str(w, "type", event->type);
	jw_object_end(w);
}

static enum status write_state_stripped(struct json_writer *w, struct db *db, struct arena *arena,
	struct str room_id, struct str type, struct str state_key)
{
	struct event *event;
	enum status status =
		room_state_find(db, arena, room_id, type, state_key, STATE_NOW, &event);

	if (status == STATUS_OK && event != NULL)
		event_write_stripped(w, event);
	return status;
}

enum status event_stripped_state(struct db *db, struct arena *arena, struct str room_id,
	const struct event *member, struct str *json_out)
{
	static const struct str types[] = {
		STR_INIT("m.room.create"),
		STR_INIT("m.room.join_rules"),
		STR_INIT("m.room.canonical_alias"),
		STR_INIT("m.room.name"),
		STR_INIT("m.room.topic"),
		STR_INIT("m.room.avatar"),
		STR_INIT("m.room.encryption"),
	};
	BUF_SCOPE(text, CLIENT_EVENT_MAX);
	struct json_writer w;
	enum status status = STATUS_OK;

	jw_init(&w, &text);
	jw_array(&w);
	for (size_t i = 0; i < ARRAY_LEN(types) && status == STATUS_OK; i++)
		status = write_state_stripped(&w, db, arena, room_id, types[i], STR(""));
	/* Who invites: clients show the name and the picture. */
	if (status == STATUS_OK && member != NULL && !str_eq(member->sender, member->state_key))
		status = write_state_stripped(
			&w, db, arena, room_id, STR("m.room.member"), member->sender);
	if (status == STATUS_OK && member != NULL)
		event_write_stripped(&w, member);
	jw_array_end(&w);
	if (status == STATUS_OK)
		status = buf_status(&text);
	if (status == STATUS_OK)
		*json_out = arena_str(arena, buf_str(&text));
	return status;
}
