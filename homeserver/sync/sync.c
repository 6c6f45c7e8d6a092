/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sync.h"

#include "homeserver/homeserver.h"
#include "homeserver/store/push_store.h"
#include "homeserver/store/receipt_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/sync_parts.h"

/* What is asked once for all rooms. */
static enum status sync_load(struct sync *sync)
{
	struct str user_id = sync->request->user_id;
	enum status status = membership_of_user(sync->db, sync->arena, user_id, &sync->rooms);

	if (status == STATUS_OK)
		status = sync_account_load(sync);
	if (status != STATUS_OK || sync->since == 0)
		return status;
	status = receipt_store_rooms(
		sync->db, sync->arena, user_id, sync->since, &sync->receipt_rooms);
	if (status == STATUS_OK)
		status = push_store_counts_changed(sync->db, sync->arena, user_id, sync->since,
			sync->position, &sync->count_rooms);
	sync_names_sort(&sync->receipt_rooms);
	sync_names_sort(&sync->count_rooms);
	return status;
}

static enum status sync_write_parts(struct sync *sync)
{
	int64_t to_device;
	enum status status = sync_load(sync);

	if (status != STATUS_OK)
		return status;
	jw_object(sync->out);
	status = sync_device_write(sync, &to_device);
	if (status == STATUS_OK)
		status = sync_account_write(sync);
	if (status == STATUS_OK)
		status = sync_presence_write(sync);
	if (status == STATUS_OK)
		status = sync_rooms_write(sync);
	if (status != STATUS_OK)
		return status;
	jw_put_str(
		sync->out, "next_batch", stream_token_sync(sync->arena, sync->position, to_device));
	jw_object_end(sync->out);
	return STATUS_OK;
}

enum status sync_write(struct sync *sync)
{
	enum status status = stream_snapshot_begin(sync->hs->streams, sync->db, &sync->position);

	if (status != STATUS_OK)
		return status;
	/* A token from the future comes from a database that was lost: all is told anew. */
	sync->since = sync->request->since > sync->position ? 0 : sync->request->since;
	status = sync_write_parts(sync);
	db_snapshot_end(sync->db);
	return status;
}
