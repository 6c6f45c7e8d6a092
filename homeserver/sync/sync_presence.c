/* SPDX-License-Identifier: Apache-2.0 */
/* "presence" of an answer: of the user and of those who share a room with them. */
#include "homeserver/homeserver.h"
#include "homeserver/sync/presence.h"
#include "homeserver/sync/presence_write.h"
#include "homeserver/sync/sync_parts.h"

/* More changes than that are looked up among the neighbours, not one by one. */
#define ASK_EACH_MAX 20

static bool is_wanted(const struct sync *sync, struct str sender)
{
	const struct event_filter *filter = &sync->request->filter.presence;

	return event_filter_passes_type(filter, STR("m.presence"), sender) &&
	       !sync_names_have(&sync->ignored, sender);
}

bool sync_presence_wanted(const struct sync_request *request)
{
	return event_filter_passes_type(&request->filter.presence, STR("m.presence"), STR_EMPTY);
}

static void write_view(struct sync *sync, const struct presence_view *view)
{
	if (!is_wanted(sync, view->user_id))
		return;
	presence_write_event(sync->out, view, sync->now);
	sync->has_news = true;
}

/* Everybody near whose state is worth a word. */
static enum status write_all(struct sync *sync)
{
	struct str_list near = {0};
	enum status status =
		membership_neighbours(sync->db, sync->arena, sync->request->user_id, &near);

	*ROWS_ADD(sync->arena, &near) = sync->request->user_id;
	for (size_t i = 0; i < near.count && status == STATUS_OK; i++) {
		struct presence_view view;

		if (presence_find(sync->hs->presence, sync->arena, near.items[i], &view) &&
			(view.state != PRESENCE_OFFLINE || view.status_msg.p != NULL))
			write_view(sync, &view);
	}
	return status;
}

/* Rooms the user came into behind the token: who is there is new to them. */
static enum status load_new_neighbours(struct sync *sync, struct str_list *out)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sync->rooms.count && status == STATUS_OK; i++) {
		const struct membership_row *row = &sync->rooms.items[i];
		struct str_list users = {0};

		if (row->membership != MEMBERSHIP_JOIN || row->joined_since <= sync->since)
			continue;
		status = membership_joined_users(sync->db, sync->arena, row->room_id, &users);
		for (size_t j = 0; j < users.count && status == STATUS_OK; j++)
			*ROWS_ADD(sync->arena, out) = users.items[j];
	}
	sync_names_sort(out);
	return status;
}

static enum status is_near(
	struct sync *sync, const struct str_list *near, struct str user_id, bool *out)
{
	*out = str_eq(user_id, sync->request->user_id);
	if (*out)
		return STATUS_OK;
	if (near == NULL)
		return membership_shares_room(sync->db, sync->request->user_id, user_id, out);
	*out = sync_names_have(near, user_id);
	return STATUS_OK;
}

static enum status write_changes(struct sync *sync, const struct presence_views *views,
	const struct str_list *near, const struct str_list *fresh)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < views->count && status == STATUS_OK; i++) {
		bool concerns;

		if (sync_names_have(fresh, views->items[i].user_id))
			continue;
		status = is_near(sync, near, views->items[i].user_id, &concerns);
		if (status == STATUS_OK && concerns)
			write_view(sync, &views->items[i]);
	}
	return status;
}

static enum status write_news(struct sync *sync)
{
	struct presence_views views =
		presence_changes(sync->hs->presence, sync->arena, sync->since, sync->position);
	struct str_list near = {0}, fresh = {0};
	bool many = views.count > ASK_EACH_MAX;
	enum status status = load_new_neighbours(sync, &fresh);

	if (status == STATUS_OK && many)
		status =
			membership_neighbours(sync->db, sync->arena, sync->request->user_id, &near);
	if (status != STATUS_OK)
		return status;
	sync_names_sort(&near);
	for (size_t i = 0; i < fresh.count; i++) {
		struct presence_view view;

		if ((i == 0 || !str_eq(fresh.items[i], fresh.items[i - 1])) &&
			presence_find(sync->hs->presence, sync->arena, fresh.items[i], &view) &&
			view.state != PRESENCE_OFFLINE)
			write_view(sync, &view);
	}
	return write_changes(sync, &views, many ? &near : NULL, &fresh);
}

enum status sync_presence_write(struct sync *sync)
{
	enum status status;

	if (sync->hs->presence == NULL || !sync_presence_wanted(sync->request))
		return STATUS_OK;
	jw_put_object(sync->out, "presence");
	jw_put_array(sync->out, "events");
	status = sync->since == 0 ? write_all(sync) : write_news(sync);
	if (status != STATUS_OK)
		return status;
	jw_array_end(sync->out);
	jw_object_end(sync->out);
	return STATUS_OK;
}
