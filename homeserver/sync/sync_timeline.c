/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read backwards from the newest event until there are enough. The timeline ends early at an event
 * that the user may not see: a state change hidden in its middle would be lost to the client, one
 * before its start is told in the state.
 */
#include "common/base/mem.h"
#include "homeserver/sync/sync_parts.h"

#define PAGE_MIN 20
#define PAGE_MAX 200

enum verdict { GO_ON, STOP };

struct scan {
	struct sync *sync;
	struct sync_room *room;
	size_t limit;
	struct event **newest_first;
	size_t count;
};

static void scan_stop(struct scan *scan, int64_t start)
{
	scan->room->timeline.limited = true;
	scan->room->timeline.start = start;
}

static enum verdict scan_event(struct scan *scan, struct event *event)
{
	struct sync_timeline *timeline = &scan->room->timeline;

	if (!visibility_allows(scan->room->visibility, event)) {
		scan_stop(scan, event->position);
		return STOP;
	}
	if (!event_is_state(event) && sync_names_have(&scan->sync->ignored, event->sender))
		return GO_ON;
	if (!event_filter_passes(&scan->sync->request->filter.timeline, event)) {
		if (event_is_state(event))
			*ROWS_ADD(scan->sync->arena, &timeline->filtered_state) = event;
		return GO_ON;
	}
	if (scan->count == scan->limit) {
		scan_stop(scan, scan->newest_first[scan->count - 1]->position - 1);
		return STOP;
	}
	scan->newest_first[scan->count++] = event;
	return GO_ON;
}

static enum status scan_pages(struct scan *scan)
{
	struct sync_room *room = scan->room;
	struct event_range range = {
		.room_id = room->row->room_id,
		.after = room->since,
		.upto = room->upto,
		.backward = true,
		.limit = scan->limit + 1,
	};
	bool may_skip = event_filter_is_narrow(&scan->sync->request->filter.timeline) ||
			scan->sync->ignored.count != 0;
	size_t scanned = 0;

	if (range.limit < PAGE_MIN && may_skip)
		range.limit = PAGE_MIN;
	if (range.limit > PAGE_MAX)
		range.limit = PAGE_MAX;
	for (;;) {
		struct event_list page;
		enum status status =
			room_events_range(scan->sync->db, scan->sync->arena, &range, &page);

		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < page.count; i++) {
			if (scan_event(scan, page.items[i]) == STOP)
				return STATUS_OK;
		}
		if (page.count < range.limit)
			return STATUS_OK;
		range.upto = page.items[page.count - 1]->position - 1;
		scanned += page.count;
		if (scanned >= SYNC_TIMELINE_SCAN_MAX) {
			scan_stop(scan, range.upto);
			return STATUS_OK;
		}
	}
}

/* What lies before the start is in the state anyway. */
static void drop_before_start(struct sync_timeline *timeline)
{
	struct event_list *list = &timeline->filtered_state;

	while (list->count > 0 && list->items[list->count - 1]->position <= timeline->start)
		list->count--;
}

enum status sync_timeline_load(struct sync *sync, struct sync_room *room)
{
	const struct event_filter *filter = &sync->request->filter.timeline;
	struct sync_timeline *timeline = &room->timeline;
	size_t limit = filter->limit == 0 ? SYNC_TIMELINE_DEFAULT : (size_t)filter->limit;
	struct scan scan = {.sync = sync, .room = room, .limit = limit};
	enum status status;

	timeline->start = room->since;
	if (!room->has_events || (filter->types.present && filter->types.count == 0) ||
		!event_filter_passes_room(filter, room->row->room_id)) {
		timeline->start = room->upto;
		return STATUS_OK;
	}
	scan.newest_first = ARENA_ARRAY(sync->arena, struct event *, limit);
	status = scan_pages(&scan);
	if (status != STATUS_OK)
		return status;
	timeline->items = ARENA_ARRAY(sync->arena, struct event *, scan.count);
	timeline->count = scan.count;
	for (size_t i = 0; i < scan.count; i++)
		timeline->items[i] = scan.newest_first[scan.count - 1 - i];
	drop_before_start(timeline);
	return STATUS_OK;
}
