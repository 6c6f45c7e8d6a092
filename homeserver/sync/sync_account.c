/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_rules.h"
#include "homeserver/room/ignored_users.h"
#include "homeserver/store/push_store.h"
#include "homeserver/sync/sync_parts.h"

static enum status load_ignored(struct sync *sync)
{
	enum status status =
		ignored_users_load(sync->db, sync->arena, sync->request->user_id, &sync->ignored);

	sync_names_sort(&sync->ignored);
	return status;
}

enum status sync_account_load(struct sync *sync)
{
	enum status status = account_data_changes(sync->db, sync->arena, sync->request->user_id,
		sync->since, sync->position, &sync->account_data);

	return status == STATUS_OK ? load_ignored(sync) : status;
}

bool sync_account_has_room(const struct sync *sync, struct str room_id)
{
	for (size_t i = 0; i < sync->account_data.count; i++) {
		if (str_eq(sync->account_data.items[i].room_id, room_id))
			return true;
	}
	return false;
}

void sync_account_write_item(struct json_writer *w, const struct account_data *item)
{
	jw_object(w);
	jw_put_str(w, "type", item->type);
	jw_put_raw(w, "content", item->content);
	jw_object_end(w);
}

static enum status write_push_rules(struct sync *sync)
{
	int64_t changed;
	enum status status;

	if (!event_filter_passes_type(
		    &sync->request->filter.account_data, STR("m.push_rules"), STR_EMPTY))
		return STATUS_OK;
	status = push_store_rules_position(sync->db, sync->request->user_id, &changed);
	if (status != STATUS_OK || (sync->since != 0 && changed <= sync->since))
		return status;
	jw_object(sync->out);
	jw_put_c_str(sync->out, "type", "m.push_rules");
	jw_key(sync->out, "content");
	status = push_rules_write(sync->db, sync->arena, sync->request->user_id, sync->out);
	if (status != STATUS_OK)
		return status;
	jw_object_end(sync->out);
	sync->has_news = true;
	return STATUS_OK;
}

enum status sync_account_write_events(struct sync *sync)
{
	enum status status = write_push_rules(sync);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < sync->account_data.count; i++) {
		const struct account_data *item = &sync->account_data.items[i];

		if (item->room_id.n != 0 ||
			!event_filter_passes_type(
				&sync->request->filter.account_data, item->type, STR_EMPTY))
			continue;
		sync_account_write_item(sync->out, item);
		sync->has_news = true;
	}
	return STATUS_OK;
}

enum status sync_account_write(struct sync *sync)
{
	enum status status;

	jw_put_object(sync->out, "account_data");
	jw_put_array(sync->out, "events");
	status = sync_account_write_events(sync);
	if (status != STATUS_OK)
		return status;
	jw_array_end(sync->out);
	jw_object_end(sync->out);
	return STATUS_OK;
}

enum status sync_account_write_room(
	struct sync *sync, struct json_writer *w, struct sync_room *room)
{
	const struct event_filter *filter = &sync->request->filter.room_account_data;
	struct str room_id = room->row->room_id;
	struct account_data_list all = sync->account_data;
	enum status status = STATUS_OK;

	/* A room new to the client: tags may have been set long before. */
	if (room->since < sync->since)
		status = account_data_all(
			sync->db, sync->arena, sync->request->user_id, room_id, &all);
	if (status != STATUS_OK)
		return status;
	jw_put_object(w, "account_data");
	jw_put_array(w, "events");
	for (size_t i = 0; i < all.count; i++) {
		if (!str_eq(all.items[i].room_id, room_id) ||
			!event_filter_passes_type(filter, all.items[i].type, STR_EMPTY) ||
			!event_filter_passes_room(filter, room_id))
			continue;
		sync_account_write_item(w, &all.items[i]);
		room->is_news = true;
	}
	jw_array_end(w);
	jw_object_end(w);
	return STATUS_OK;
}
