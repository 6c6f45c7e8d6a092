/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sliding.h"

#include <stdlib.h>

#include "common/json/json.h"
#include "homeserver/homeserver.h"
#include "homeserver/store/push_store.h"
#include "homeserver/store/receipt_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/sliding_parts.h"

/* A connection that is used without being changed says so once a day. */
#define USED_EVERY_MS (INT64_C(24) * 3600 * 1000)

static struct sliding_key key_of(const struct sliding_request *request)
{
	return (struct sliding_key){request->user_id, request->device_id, request->conn_id};
}

/* STATUS_NOT_FOUND unless the pos was made for this user, device and connection. */
static enum status load_state(struct sliding *s)
{
	const struct sliding_request *request = s->request;
	struct sliding_key key = key_of(request);
	enum status status;

	if (!request->has_pos)
		return STATUS_OK;
	/* A position from the future comes from a database that was lost. */
	if (request->position > s->sync.position)
		return STATUS_NOT_FOUND;
	status = sliding_store_load(s->sync.db, s->sync.arena, &key, request->state_id, &s->stored);
	if (status != STATUS_OK || request->position < s->stored.position)
		return status == STATUS_OK ? STATUS_NOT_FOUND : status;
	s->sync.since = request->position;
	if (sliding_state_parse(s->sync.arena, s->stored.state, &s->was) == STATUS_OK)
		return STATUS_OK;
	return STATUS_NOT_FOUND;
}

/* m.direct: {"@user:server": ["!room", ...]}. The client wrote it: what is no list of rooms is none. */
static enum status load_dms(struct sliding *s)
{
	const struct json *json;
	struct str content;
	enum status status = account_data_get(
		s->sync.db, s->sync.arena, s->request->user_id, STR(""), STR("m.direct"), &content);

	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	if (json_parse(s->sync.arena, content, &json, NULL) != STATUS_OK)
		return STATUS_OK;
	for (struct json_iter i = json_iter(json); json_next(&i);) {
		for (size_t j = 0; json_is(i.value, JSON_ARRAY) && j < json_count(i.value); j++) {
			struct str room_id = json_str(json_at(i.value, j));

			if (room_id.p != NULL)
				*ROWS_ADD(s->sync.arena, &s->dms) = room_id;
		}
	}
	sync_names_sort(&s->dms);
	return STATUS_OK;
}

static enum status load_changes(struct sliding *s)
{
	struct sync *sync = &s->sync;
	enum status status = sync_account_load(sync);

	if (status != STATUS_OK || sync->since == 0)
		return status;
	status = receipt_store_rooms(
		sync->db, sync->arena, sync->request->user_id, sync->since, &sync->receipt_rooms);
	if (status == STATUS_OK)
		status = push_store_counts_changed(sync->db, sync->arena, sync->request->user_id,
			sync->since, sync->position, &sync->count_rooms);
	sync_names_sort(&sync->receipt_rooms);
	sync_names_sort(&sync->count_rooms);
	return status;
}

static enum status write_parts(struct sliding *s)
{
	enum status status = load_state(s);

	if (status == STATUS_OK)
		status = load_changes(s);
	if (status == STATUS_OK)
		status = load_dms(s);
	if (status == STATUS_OK)
		status = sliding_rooms_load(s);
	if (status != STATUS_OK)
		return status;
	jw_object(s->sync.out);
	status = sliding_lists_write(s);
	if (status == STATUS_OK)
		status = sliding_rooms_write(s);
	if (status == STATUS_OK)
		status = sliding_extensions_write(s);
	return status;
}

enum status sliding_write(struct sliding *s)
{
	enum status status;

	s->sync_request = (struct sync_request){
		.user_id = s->request->user_id,
		.device_id = s->request->device_id,
	};
	s->sync.request = &s->sync_request;
	status = stream_snapshot_begin(s->sync.hs->streams, s->sync.db, &s->sync.position);
	if (status != STATUS_OK)
		return status;
	status = write_parts(s);
	db_snapshot_end(s->sync.db);
	return status;
}

struct save {
	const struct sliding *sliding;
	struct str state; /* p == NULL: only that the connection is used */
	int64_t state_id;
};

static enum status save_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct save *save = arg;
	const struct sliding *s = save->sliding;
	struct sliding_key key = key_of(s->request);
	int64_t connection = s->stored.connection;
	enum status status = STATUS_OK;

	if (!s->request->has_pos)
		status = sliding_store_connect(tx, &key, s->sync.now, &connection);
	else
		status = sliding_store_used(tx, connection, s->sync.now);
	if (status == STATUS_OK && save->state.p != NULL)
		status = sliding_store_add(tx, connection,
			s->request->has_pos ? s->request->state_id : 0, s->sync.position,
			save->state, &save->state_id);
	return status;
}

static struct sliding_state new_state(struct sliding *s)
{
	struct sliding_state state = {
		.rooms = ARENA_ARRAY(s->sync.arena, struct sliding_known, s->places.count + 1),
	};

	for (size_t i = 0; i < s->places.count; i++) {
		if (s->rooms[i].is_kept)
			state.rooms[state.count++] = s->rooms[i].now;
	}
	return state;
}

enum status sliding_finish(struct sliding *s)
{
	struct sliding_state state = new_state(s);
	struct save save = {.sliding = s, .state_id = s->request->state_id};
	enum status status;
	BUF_SCOPE(bytes, SLIDING_STATE_MAX);

	/* Too much to remember: the client starts again. */
	if (sliding_state_write(&state, &bytes) != STATUS_OK)
		return STATUS_NOT_FOUND;
	if (!s->request->has_pos || !str_eq(buf_str(&bytes), s->stored.state))
		save.state = buf_str(&bytes);
	if (save.state.p != NULL || s->sync.now - s->stored.used_ts > USED_EVERY_MS) {
		status = db_write(s->sync.hs->writer, save_change, &save);
		if (status != STATUS_OK)
			return status;
	}
	/* Always in two parts: a state's number may be equal to the position. */
	jw_put_str(s->sync.out, "pos",
		arena_printf(s->sync.arena, "p%lld_%lld", (long long)s->sync.position,
			(long long)save.state_id));
	if (s->request->txn_id.p != NULL)
		jw_put_str(s->sync.out, "txn_id", s->request->txn_id);
	jw_object_end(s->sync.out);
	return STATUS_OK;
}

/* What is for the user alone (to-device messages, device lists) touches the user. */
struct str_list sliding_watched_rooms(const struct sliding *s)
{
	const struct sliding_request *request = s->request;
	struct str_list list = {0};

	if (request->list_count == 0 && request->subscription_count == 0)
		return list;
	for (size_t i = 0; i < s->places.count; i++) {
		if (s->places.items[i].row.membership == MEMBERSHIP_JOIN)
			*ROWS_ADD(s->sync.arena, &list) = s->places.items[i].row.room_id;
	}
	return list;
}
