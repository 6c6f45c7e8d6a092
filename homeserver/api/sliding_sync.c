/* SPDX-License-Identifier: Apache-2.0 */
/* Simplified sliding sync (MSC4186): the merged form, and the one of its unstable name. */
#include "homeserver/sync/sliding.h"

#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/store/to_device_store.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/presence.h"

static enum http_outcome sync_v4(struct http_request *request, struct http_reply *reply);
static enum http_outcome sync_unstable(struct http_request *request, struct http_reply *reply);

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/v4/sync", AUTH_GUEST, LIMIT_READ, BODY_JSON_OPTIONAL, 0,
		sync_v4},
	{HTTP_POST, "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync", AUTH_GUEST,
		LIMIT_READ, BODY_JSON_OPTIONAL, 0, sync_unstable},
};
const struct http_routes api_sliding_sync_routes = {rows, ARRAY_LEN(rows)};

/* Times that a sync looks again at once because something was touched while it looked. */
#define LOOKS_MAX 20

static enum status delete_delivered(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct sliding_request *sliding = arg;

	return to_device_store_delete(
		tx, sliding->user_id, sliding->device_id, sliding->to_device.since);
}

/* The client came back with the token that followed the messages: it has them. */
static enum status forget_delivered(struct http_request *request, struct sliding_request *sliding)
{
	bool any;
	enum status status;

	if (request->woken || !sliding->to_device.enabled || sliding->device_id.p == NULL)
		return STATUS_OK;
	/* A token from the future comes from a database that was lost: all is told anew. */
	if (sliding->to_device.since > stream_current(api_homeserver(request)->streams))
		sliding->to_device.since = 0;
	status = to_device_store_any(api_db(request), sliding->user_id, sliding->device_id,
		sliding->to_device.since, &any);
	if (status != STATUS_OK || !any)
		return status;
	status = api_write(request, delete_delivered, sliding);
	/* The token leaves them out all the same, and the next one deletes them. */
	return status == STATUS_IO ? STATUS_OK : status;
}

static enum status say_present(struct http_request *request, const struct sliding_request *sliding)
{
	const struct presence_sync sync = {
		.user_id = sliding->user_id,
		.wish = sliding->set_presence,
		.lasts_ms = sliding->timeout_ms,
		.now_ms = clock_mono_ms(),
		.wall_ms = clock_wall_ms(),
	};

	if (request->woken || api_requester(request)->is_guest)
		return STATUS_OK;
	return presence_sync_begins(api_homeserver(request)->presence, api_db(request), &sync);
}

/* Whether the answer goes out as it is. */
static bool is_over(struct http_request *request, const struct sliding *sliding)
{
	if (sliding_has_news(sliding) || !sliding->request->has_pos ||
		sliding->request->timeout_ms == 0 || atomic_load(&sliding->sync.hs->stopping))
		return true;
	if (request->park_until_ms == 0)
		request->park_until_ms = clock_mono_ms() + sliding->request->timeout_ms;
	return clock_mono_ms() >= request->park_until_ms;
}

static bool wait_for_news(struct http_request *request, const struct sliding *sliding)
{
	struct str_list rooms = sliding_watched_rooms(sliding);
	const struct stream_wait wait = {
		.user_id = sliding->request->user_id,
		.rooms = rooms.items,
		.room_count = rooms.count,
		.seen = sliding->sync.position,
		.ticket = http_ticket(request),
	};

	return stream_wait(sliding->sync.hs->streams, &wait);
}

static enum http_outcome refuse(struct http_reply *reply, enum status status)
{
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 400, "M_UNKNOWN_POS", "%s",
			"This pos is not known (any longer). Start again without one");
	return api_status(reply, status, NULL);
}

static enum http_outcome answer(struct http_request *request, struct http_reply *reply,
	const struct sliding_request *sliding_request)
{
	enum status status;

	for (int look = 1;; look++) {
		struct sliding sliding = {
			.request = sliding_request,
			.sync = {.hs = api_homeserver(request),
				.db = api_db(request),
				.arena = request->arena,
				.now = clock_wall_ms(),
				.out = &reply->json},
		};

		buf_clear(&reply->body);
		jw_init(&reply->json, &reply->body);
		status = sliding_write(&sliding);
		if (status != STATUS_OK)
			return refuse(reply, status);
		if (look == LOOKS_MAX || is_over(request, &sliding)) {
			status = sliding_finish(&sliding);
			return status == STATUS_OK ? HTTP_REPLY : refuse(reply, status);
		}
		if (wait_for_news(request, &sliding))
			return HTTP_PARK;
	}
}

static enum http_outcome sync_any(struct http_request *request, struct http_reply *reply,
	enum sliding_form form, const struct sliding_params *params)
{
	const struct requester *requester = api_requester(request);
	struct sliding_request sliding = {
		.form = form,
		.user_id = requester->user_id,
		.device_id = requester->device_id,
	};
	const char *why = NULL;
	enum status status;

	if (request->woken)
		stream_forget(api_homeserver(request)->streams, http_ticket(request));
	status = sliding_request_parse(request->arena, request->json, params, &sliding, &why);
	if (status == STATUS_NOT_FOUND)
		return refuse(reply, status);
	if (status == STATUS_OK)
		status = forget_delivered(request, &sliding);
	if (status == STATUS_OK)
		status = say_present(request, &sliding);
	if (status != STATUS_OK)
		return api_status(reply, status, why);
	return answer(request, reply, &sliding);
}

static enum http_outcome sync_v4(struct http_request *request, struct http_reply *reply)
{
	return sync_any(request, reply, SLIDING_V4, NULL);
}

static enum http_outcome sync_unstable(struct http_request *request, struct http_reply *reply)
{
	const struct sliding_params params = {
		.pos = http_query(request, "pos"),
		.timeout = http_query(request, "timeout"),
		.set_presence = http_query(request, "set_presence"),
	};

	return sync_any(request, reply, SLIDING_UNSTABLE, &params);
}
