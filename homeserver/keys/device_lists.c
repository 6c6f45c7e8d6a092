/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/keys/device_lists.h"

#include "common/base/map.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/push_store.h"
#include "homeserver/stream/streams.h"

/* Users are told of many others at most; past this they would look at all of them anyway. */
#define LIST_MAX 100000

static void seen_free(void *seen)
{
	struct map *map = seen;
	map_free(&map, NULL);
}

/* A set of names that ends with the arena. */
static struct map *seen_new(struct arena *arena)
{
	struct map *map = map_new(LIST_MAX);
	arena_defer(arena, seen_free, map);
	return map;
}

static void add_once(struct arena *arena, struct map *seen, struct str_list *list, struct str name)
{
	static char there;
	if (map_find(seen, name) == NULL && map_put(seen, name, &there, NULL) == STATUS_OK)
		*ROWS_ADD(arena, list) = name;
}

static void add_all(
	struct arena *arena, struct map *seen, struct str_list *list, const struct str_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		add_once(arena, seen, list, from->items[i]);
}

/* Users whose keys changed, as far as they concern this one. */
MUST_CHECK static enum status add_changed(struct db *db, struct arena *arena, struct str user_id,
	int64_t after, int64_t upto, struct map *seen, struct str_list *list)
{
	struct str_list changes;
	enum status status = device_list_store_changes(db, arena, after, upto, &changes);
	for (size_t i = 0; i < changes.count && status == STATUS_OK; i++) {
		bool shares = str_eq(changes.items[i], user_id);
		if (!shares)
			status = membership_shares_room(db, user_id, changes.items[i], &shares);
		if (status == STATUS_OK && shares)
			add_once(arena, seen, list, changes.items[i]);
	}
	return status;
}

enum status device_lists_between(struct db *db, struct arena *arena, struct str user_id,
	int64_t after, int64_t upto, struct device_lists *out)
{
	struct device_lists lists = {0};
	struct str_list some;
	struct map *seen = seen_new(arena);
	enum status status = add_changed(db, arena, user_id, after, upto, seen, &lists.changed);
	if (status != STATUS_OK)
		return status;
	status = device_list_store_signed(db, arena, user_id, after, upto, &some);
	if (status != STATUS_OK)
		return status;
	add_all(arena, seen, &lists.changed, &some);
	status = device_list_store_joined(db, arena, user_id, after, &some);
	if (status != STATUS_OK)
		return status;
	add_all(arena, seen, &lists.changed, &some);

	status = device_list_store_parted(db, arena, user_id, after, &some);
	struct map *gone = seen_new(arena);
	for (size_t i = 0; i < some.count && status == STATUS_OK; i++) {
		bool shares;
		status = membership_shares_room(db, user_id, some.items[i], &shares);
		if (status == STATUS_OK && !shares)
			add_once(arena, gone, &lists.left, some.items[i]);
	}
	if (status == STATUS_OK)
		*out = lists;
	return status;
}

enum status device_lists_mark(struct db_tx *tx, struct str user_id)
{
	struct str_list neighbours;
	enum status status = membership_neighbours(tx->db, tx->arena, user_id, &neighbours);
	if (status == STATUS_OK)
		status = device_list_store_mark(tx, user_id, stream_next(tx));
	if (status == STATUS_OK)
		status = as_delivery_on_devices(tx, user_id, &neighbours);
	if (status != STATUS_OK)
		return status;
	stream_note_people(tx);
	stream_touch_user(tx, user_id);
	for (size_t i = 0; i < neighbours.count; i++)
		stream_touch_user(tx, neighbours.items[i]);
	return STATUS_OK;
}

enum status device_lists_mark_signed(struct db_tx *tx, struct str signer_id, struct str user_id)
{
	enum status status = device_list_store_mark_signed(tx, signer_id, user_id, stream_next(tx));
	if (status != STATUS_OK)
		return status;
	stream_note_people(tx);
	stream_touch_user(tx, signer_id);
	return STATUS_OK;
}

enum status device_lists_device_deleted(struct db_tx *tx, struct str user_id, struct str device_id)
{
	bool had_keys = false;
	enum status status = key_store_device_delete(tx, user_id, device_id, &had_keys);
	if (status == STATUS_OK)
		status = push_store_device_delete(tx, user_id, device_id);
	if (status == STATUS_OK && had_keys)
		status = device_lists_mark(tx, user_id);
	return status;
}

enum status device_lists_user_deactivated(struct db_tx *tx, struct str user_id)
{
	enum status status = key_store_user_delete(tx, user_id);
	if (status == STATUS_OK)
		status = push_store_user_delete(tx, user_id);
	if (status == STATUS_OK)
		status = device_lists_mark(tx, user_id);
	return status;
}

enum status device_lists_device_renamed(struct db_tx *tx, struct str user_id, struct str device_id)
{
	struct device_keys keys;
	enum status status = key_store_device_keys(tx->db, tx->arena, user_id, device_id, &keys);
	if (status == STATUS_OK)
		return device_lists_mark(tx, user_id);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
