/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_bundle.h"

#include "common/json/json.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/visibility.h"
#include "homeserver/store/relation_store.h"

#define MAX_EDITS      1000
#define MAX_REFERENCES 100

/* What is to be told about one event. */
struct bundle {
	struct event *replacement; /* NULL: none */
	struct event *latest;	   /* of the thread; NULL: none */
	struct event *latest_replacement;
	struct thread_row thread;
	struct event_rows references;
};

static bool is_shown(const struct event_format *format, const struct event *event)
{
	return format->visibility == NULL || visibility_allows(format->visibility, event);
}

static bool is_newer(const struct event *a, const struct event *b)
{
	if (b == NULL || a->origin_server_ts != b->origin_server_ts)
		return b == NULL || a->origin_server_ts > b->origin_server_ts;
	return str_cmp(a->event_id, b->event_id) > 0;
}

/* Whether the child is a valid edit of the event. What is encrypted cannot be looked into. */
static bool is_edit(const struct event *child)
{
	return str_eq_c(child->type, "m.room.encrypted") ||
	       json_is(json_get(child->content, "m.new_content"), JSON_OBJECT);
}

static enum status find_replacement(
	const struct event_format *format, const struct event *event, struct event **out)
{
	struct relation_query query = {
		.parent = event->position,
		.rel_type = STR(RELATION_REPLACE),
		.type = event->type,
		.sender = event->sender,
		.upto = INT64_MAX,
		.backward = true,
		.depth = 1,
		.limit = MAX_EDITS,
	};
	struct str own = json_str(json_path(event->content, "m.relates_to", "rel_type", NULL));
	struct event_rows rows = {NULL, 0};
	enum status status = STATUS_OK;

	*out = NULL;
	if (event->redacted || event_is_state(event) || str_eq_c(own, RELATION_REPLACE))
		return STATUS_OK;
	status = relation_list(format->db, format->arena, &query, &rows);
	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
		struct event *child;

		status = event_from_row(format->arena, &rows.items[i], &child);
		if (status == STATUS_OK && is_edit(child) && is_shown(format, child) &&
			is_newer(child, *out))
			*out = child;
	}
	return status;
}

static enum status find_thread(
	const struct event_format *format, const struct event *event, struct bundle *out)
{
	enum status status =
		relation_thread(format->db, event->position, format->user_id, &out->thread);

	if (status == STATUS_OK)
		status = room_event_at(format->db, format->arena, out->thread.latest, &out->latest);
	if (status == STATUS_OK && !is_shown(format, out->latest))
		out->latest = NULL;
	if (status == STATUS_OK && out->latest != NULL)
		status = find_replacement(format, out->latest, &out->latest_replacement);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status find_references(
	const struct event_format *format, const struct event *event, struct bundle *out)
{
	struct relation_query query = {
		.parent = event->position,
		.rel_type = STR("m.reference"),
		.upto = INT64_MAX,
		.depth = 1,
		.limit = MAX_REFERENCES,
	};

	struct event_rows *rows = &out->references;
	enum status status = relation_list(format->db, format->arena, &query, rows);
	size_t kept = 0;

	for (size_t i = 0; status == STATUS_OK && i < rows->count; i++) {
		struct event *child;

		status = event_from_row(format->arena, &rows->items[i], &child);
		if (status == STATUS_OK && is_shown(format, child))
			rows->items[kept++] = rows->items[i];
	}
	rows->count = kept;
	return status;
}

static enum status bundle_load(
	const struct event_format *format, const struct event *event, struct bundle *out)
{
	struct relation_kinds kinds;
	enum status status = relation_kinds(format->db, event->position, &kinds);

	*out = (struct bundle){0};
	if (status == STATUS_OK && kinds.replace)
		status = find_replacement(format, event, &out->replacement);
	if (status == STATUS_OK && kinds.thread)
		status = find_thread(format, event, out);
	if (status == STATUS_OK && kinds.reference)
		status = find_references(format, event, out);
	return status;
}

static enum status write_thread(
	struct json_writer *w, const struct event_format *format, const struct bundle *bundle)
{
	enum status status;

	jw_put_object(w, RELATION_THREAD);
	jw_put_int(w, "count", bundle->thread.replies);
	jw_put_bool(w, "current_user_participated", bundle->thread.participated);
	jw_key(w, "latest_event");
	status = event_write_plain(w, bundle->latest, bundle->latest_replacement, format);
	jw_object_end(w);
	return status;
}

static void write_references(struct json_writer *w, const struct event_rows *references)
{
	jw_put_object(w, "m.reference");
	jw_put_array(w, "chunk");
	for (size_t i = 0; i < references->count; i++) {
		jw_object(w);
		jw_put_str(w, "event_id", references->items[i].event_id);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

enum status event_bundle_write(
	struct json_writer *w, const struct event *event, const struct event_format *format)
{
	struct bundle bundle;
	enum status status = bundle_load(format, event, &bundle);

	if (status != STATUS_OK || (bundle.replacement == NULL && bundle.latest == NULL &&
					   bundle.references.count == 0))
		return status;
	jw_put_object(w, "m.relations");
	if (bundle.replacement != NULL) {
		jw_key(w, RELATION_REPLACE);
		status = event_write_plain(w, bundle.replacement, NULL, format);
	}
	if (status == STATUS_OK && bundle.latest != NULL)
		status = write_thread(w, format, &bundle);
	if (bundle.references.count != 0)
		write_references(w, &bundle.references);
	jw_object_end(w);
	return status;
}
