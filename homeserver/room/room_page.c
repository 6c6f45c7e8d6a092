/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_page.h"

#include "homeserver/store/rows.h"

/* Filters and gaps in what one may see make a page need more rows than it shows. */
#define MIN_BATCH 20

static bool is_shown(const struct room_page_request *request, const struct event *event)
{
	return visibility_allows(request->visibility, event) &&
	       (request->passes == NULL || request->passes(request->context, event));
}

/* Takes events until the page is full; returns how many were looked at. */
static size_t page_fill(struct arena *arena, const struct room_page_request *request,
	const struct event_list *batch, struct room_page *page)
{
	size_t seen = 0;

	while (seen < batch->count && page->events.count < request->limit) {
		struct event *event = batch->items[seen++];

		page->next = request->backward ? event->position - 1 : event->position;
		if (is_shown(request, event))
			*ROWS_ADD(arena, &page->events) = event;
	}
	return seen;
}

static enum status batch_read(struct db *db, struct arena *arena,
	const struct room_page_request *request, int64_t from, size_t limit, struct event_list *out)
{
	struct event_range range = {
		.room_id = request->room_id,
		.after = request->backward ? request->to : from,
		.upto = request->backward ? from : request->to,
		.backward = request->backward,
		.limit = limit,
	};

	return room_events_range(db, arena, &range, out);
}

enum status room_page_read(struct db *db, struct arena *arena,
	const struct room_page_request *request, struct room_page *out)
{
	size_t scanned = 0;

	*out = (struct room_page){.next = request->from, .has_more = true};
	while (out->events.count < request->limit && scanned < ROOM_PAGE_MAX_SCAN) {
		size_t limit = request->limit - out->events.count + 1;
		struct event_list batch;
		enum status status;

		if (limit < MIN_BATCH)
			limit = MIN_BATCH;
		status = batch_read(db, arena, request, out->next, limit, &batch);
		if (status != STATUS_OK)
			return status;
		size_t seen = page_fill(arena, request, &batch, out);
		scanned += seen;
		if (seen == batch.count && batch.count < limit) {
			out->has_more = false;
			break;
		}
	}
	return STATUS_OK;
}
