/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_events.h"

#define LOG_MODULE "room"
#include "common/base/log.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/event_stored.h"
#include "homeserver/room/room_version.h"

static enum status from_row(struct arena *arena, const struct event_row *row,
	enum status (*parse)(struct arena *arena, const struct room_version *version,
		struct str room_id, struct str event_id, struct str text, struct event **out),
	struct event **out)
{
	const struct room_version *version = room_version_find(row->room_version);

	if (version == NULL ||
		parse(arena, version, row->room_id, row->event_id, row->json, out) != STATUS_OK) {
		log_error("stored event is damaged event=%.*s", STR_FMT(row->event_id));
		return STATUS_INTERNAL;
	}
	(*out)->position = row->position;
	(*out)->redacted = row->redacted_by.p != NULL;
	(*out)->redacted_by = row->redacted_by;
	return STATUS_OK;
}

enum status event_from_row(struct arena *arena, const struct event_row *row, struct event **out)
{
	return from_row(arena, row, event_parse, out);
}

enum status event_to_tell(struct arena *arena, const struct event_row *row, struct event **out)
{
	return from_row(arena, row, event_stored_read, out);
}

static enum status from_rows(
	struct arena *arena, const struct event_rows *rows, struct event_list *out)
{
	*out = (struct event_list){ARENA_ARRAY(arena, struct event *, rows->count + 1), 0};
	for (size_t i = 0; i < rows->count; i++) {
		enum status status = event_to_tell(arena, &rows->items[i], &out->items[i]);

		if (status != STATUS_OK)
			return status;
		out->count++;
	}
	return STATUS_OK;
}

enum status room_event_find(
	struct db *db, struct arena *arena, struct str event_id, struct event **out)
{
	struct event_row row;
	enum status status = event_store_find(db, arena, event_id, &row);

	return status == STATUS_OK ? event_from_row(arena, &row, out) : status;
}

enum status room_event_at(struct db *db, struct arena *arena, int64_t position, struct event **out)
{
	struct event_row row;
	enum status status = event_store_at(db, arena, position, &row);

	return status == STATUS_OK ? event_from_row(arena, &row, out) : status;
}

enum status room_events_range(
	struct db *db, struct arena *arena, const struct event_range *range, struct event_list *out)
{
	struct event_rows rows;
	enum status status = event_store_range(db, arena, range, &rows);

	return status == STATUS_OK ? from_rows(arena, &rows, out) : status;
}

enum status room_state_get(struct db *db, struct arena *arena, struct str room_id, struct str type,
	struct str state_key, int64_t at, struct event **out)
{
	struct event_row row;
	enum status status = state_store_get(db, arena, room_id, type, state_key, at, &row);

	return status == STATUS_OK ? event_from_row(arena, &row, out) : status;
}

enum status room_state_find(struct db *db, struct arena *arena, struct str room_id, struct str type,
	struct str state_key, int64_t at, struct event **out)
{
	enum status status = room_state_get(db, arena, room_id, type, state_key, at, out);

	if (status != STATUS_NOT_FOUND)
		return status;
	*out = NULL;
	return STATUS_OK;
}

enum status room_state_list(struct db *db, struct arena *arena, struct str room_id, int64_t at,
	const struct state_select *select, struct event_list *out)
{
	struct event_rows rows;
	enum status status = state_store_list(db, arena, room_id, at, select, &rows);

	return status == STATUS_OK ? from_rows(arena, &rows, out) : status;
}

enum status room_state_delta(struct db *db, struct arena *arena, struct str room_id, int64_t after,
	int64_t upto, struct event_list *out)
{
	struct event_rows rows;
	enum status status = state_store_delta(db, arena, room_id, after, upto, &rows);

	return status == STATUS_OK ? from_rows(arena, &rows, out) : status;
}
