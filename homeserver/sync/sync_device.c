/* SPDX-License-Identifier: Apache-2.0 */
/* What is for one device alone: end-to-end encryption (client-server API, "Extensions to /sync").
 */
#include "homeserver/homeserver.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/store/key_store.h"
#include "homeserver/store/to_device_store.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/sync_parts.h"

static enum status write_to_device(struct sync *sync, int64_t *to_device_out)
{
	struct to_device_list list;
	enum status status = to_device_store_list(sync->db, sync->arena, sync->request->user_id,
		sync->request->device_id, sync->since == 0 ? 0 : sync->request->since_to_device,
		sync->position, TO_DEVICE_SYNC_LIMIT, &list);

	if (status != STATUS_OK)
		return status;
	jw_put_object(sync->out, "to_device");
	jw_put_array(sync->out, "events");
	for (size_t i = 0; i < list.count; i++)
		jw_raw(sync->out, list.items[i].json);
	jw_array_end(sync->out);
	jw_object_end(sync->out);
	if (list.count != 0)
		sync->has_news = true;
	*to_device_out =
		list.more && list.count != 0 ? list.items[list.count - 1].position : sync->position;
	return STATUS_OK;
}

static void write_names(struct json_writer *w, const char *key, const struct str *names, size_t n)
{
	jw_put_array(w, key);
	for (size_t i = 0; i < n; i++)
		jw_str(w, names[i]);
	jw_array_end(w);
}

enum status sync_device_write_lists(struct sync *sync)
{
	struct device_lists lists = {0};
	enum status status = STATUS_OK;

	if (sync->since != 0 && stream_people_changed(sync->hs->streams, sync->since))
		status = device_lists_between(sync->db, sync->arena, sync->request->user_id,
			sync->since, sync->position, &lists);
	if (status != STATUS_OK || (lists.changed.count == 0 && lists.left.count == 0))
		return status;
	jw_put_object(sync->out, "device_lists");
	write_names(sync->out, "changed", lists.changed.items, lists.changed.count);
	write_names(sync->out, "left", lists.left.items, lists.left.count);
	jw_object_end(sync->out);
	sync->has_news = true;
	return STATUS_OK;
}

enum status sync_device_write_counts(struct sync *sync)
{
	struct key_counts counts;
	bool has_curve25519 = false;
	enum status status = key_store_one_time_counts(
		sync->db, sync->arena, sync->request->user_id, sync->request->device_id, &counts);

	if (status != STATUS_OK)
		return status;
	jw_put_object(sync->out, "device_one_time_keys_count");
	for (size_t i = 0; i < counts.count; i++) {
		jw_key_str(sync->out, counts.items[i].algorithm);
		jw_int(sync->out, counts.items[i].count);
		if (str_eq(counts.items[i].algorithm, STR("signed_curve25519")))
			has_curve25519 = true;
	}
	/* Clients make new keys when they read a small number, and not when they read none. */
	if (!has_curve25519)
		jw_put_int(sync->out, "signed_curve25519", 0);
	jw_object_end(sync->out);
	return STATUS_OK;
}

enum status sync_device_write_fallbacks(struct sync *sync)
{
	struct str_list unused;
	enum status status = key_store_unused_fallbacks(
		sync->db, sync->arena, sync->request->user_id, sync->request->device_id, &unused);

	if (status != STATUS_OK)
		return status;
	write_names(sync->out, "device_unused_fallback_key_types", unused.items, unused.count);
	/* The name from before it was specified, which older clients look for. */
	write_names(sync->out, "org.matrix.msc2732.device_unused_fallback_key_types", unused.items,
		unused.count);
	return STATUS_OK;
}

enum status sync_device_write(struct sync *sync, int64_t *to_device_out)
{
	enum status status = sync_device_write_lists(sync);

	*to_device_out = sync->position;
	if (status == STATUS_OK && sync->request->device_id.p != NULL)
		status = write_to_device(sync, to_device_out);
	if (status == STATUS_OK && sync->request->device_id.p != NULL)
		status = sync_device_write_counts(sync);
	if (status == STATUS_OK && sync->request->device_id.p != NULL)
		status = sync_device_write_fallbacks(sync);
	return status;
}
