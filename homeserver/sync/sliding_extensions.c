/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions (MSC4186, "Extensions"): to_device (MSC3885), e2ee (MSC3884) and those by room. */
#include <inttypes.h>

#include "homeserver/store/to_device_store.h"
#include "homeserver/sync/sliding_parts.h"

static enum status write_to_device(struct sliding *s)
{
	struct to_device_list list = {0};
	struct sync *sync = &s->sync;
	int64_t next = sync->position;
	enum status status = STATUS_OK;

	if (!s->request->to_device.enabled)
		return STATUS_OK;
	if (s->request->device_id.p != NULL)
		status = to_device_store_list(sync->db, sync->arena, s->request->user_id,
			s->request->device_id, s->request->to_device.since, sync->position,
			(size_t)s->request->to_device.limit, &list);
	if (status != STATUS_OK)
		return status;
	if (list.more && list.count != 0)
		next = list.items[list.count - 1].position;
	jw_put_object(sync->out, "to_device");
	jw_put_str(sync->out, "next_batch", arena_printf(sync->arena, "%" PRId64, next));
	jw_put_array(sync->out, "events");
	for (size_t i = 0; i < list.count; i++)
		jw_raw(sync->out, list.items[i].json);
	jw_array_end(sync->out);
	jw_object_end(sync->out);
	if (list.count != 0)
		sync->has_news = true;
	return STATUS_OK;
}

static enum status write_e2ee(struct sliding *s)
{
	enum status status;

	if (!s->request->e2ee)
		return STATUS_OK;
	jw_put_object(s->sync.out, "e2ee");
	status = sync_device_write_lists(&s->sync);
	if (status == STATUS_OK && s->request->device_id.p != NULL)
		status = sync_device_write_counts(&s->sync);
	if (status == STATUS_OK && s->request->device_id.p != NULL)
		status = sync_device_write_fallbacks(&s->sync);
	if (status == STATUS_OK)
		jw_object_end(s->sync.out);
	return status;
}

enum status sliding_extensions_write(struct sliding *s)
{
	enum status status;

	jw_put_object(s->sync.out, "extensions");
	status = write_to_device(s);
	if (status == STATUS_OK)
		status = write_e2ee(s);
	if (status == STATUS_OK)
		status = sliding_streams_account_data(s);
	if (status == STATUS_OK)
		status = sliding_streams_receipts(s);
	if (status == STATUS_OK)
		status = sliding_streams_typing(s);
	if (status == STATUS_OK)
		jw_object_end(s->sync.out);
	return status;
}
