/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sync.h"

#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/store/to_device_store.h"
#include "homeserver/stream/streams.h"

static enum http_outcome sync_get(struct http_request *request, struct http_reply *reply);

static const struct http_route rows[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/sync", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, sync_get},
};
const struct http_routes api_sync_routes = {rows, ARRAY_LEN(rows)};

/* Times that a sync looks again at once because something was touched while it looked. */
#define LOOKS_MAX 20

static enum status delete_delivered(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct sync_request *request = arg;

	return to_device_store_delete(
		tx, request->user_id, request->device_id, request->since_to_device);
}

/* The client came back with the token that followed the messages: it has them. */
static enum status forget_delivered(struct http_request *request, struct sync_request *sync_request)
{
	bool any;
	enum status status;

	if (request->woken || sync_request->since == 0 || sync_request->device_id.p == NULL ||
		sync_request->since > stream_current(api_homeserver(request)->streams))
		return STATUS_OK;
	status = to_device_store_any(api_db(request), sync_request->user_id,
		sync_request->device_id, sync_request->since_to_device, &any);
	if (status != STATUS_OK || !any)
		return status;
	status = api_write(request, delete_delivered, sync_request);
	/* The token leaves them out all the same, and the next one deletes them: a disk that is full
	 * is no reason not to read. */
	return status == STATUS_IO ? STATUS_OK : status;
}

static enum status read_request(
	struct http_request *request, struct sync_request *sync_request, const char **why)
{
	const struct requester *requester = api_requester(request);
	const struct sync_params params = {
		.since = http_query(request, "since"),
		.filter = http_query(request, "filter"),
		.timeout = http_query(request, "timeout"),
		.full_state = http_query(request, "full_state"),
		.set_presence = http_query(request, "set_presence"),
		.use_state_after = http_query(request, "use_state_after"),
		.unstable_use_state_after =
			http_query(request, "org.matrix.msc4222.use_state_after"),
	};

	*sync_request = (struct sync_request){
		.user_id = requester->user_id,
		.device_id = requester->device_id,
	};
	return sync_request_parse(api_db(request), request->arena, &params, sync_request, why);
}

static enum status say_present(
	struct http_request *request, const struct sync_request *sync_request)
{
	const struct presence_sync sync = {
		.user_id = sync_request->user_id,
		.wish = sync_request->set_presence,
		.wants = sync_presence_wanted(sync_request),
		.lasts_ms = sync_request->timeout_ms,
		.now_ms = clock_mono_ms(),
		.wall_ms = clock_wall_ms(),
	};

	if (request->woken || api_requester(request)->is_guest)
		return STATUS_OK;
	return presence_sync_begins(api_homeserver(request)->presence, api_db(request), &sync);
}

/* Whether the answer goes out as it is. */
static bool is_over(struct http_request *request, const struct sync *sync)
{
	if (sync->has_news || sync->since == 0 || sync->request->full_state ||
		sync->request->timeout_ms == 0 || atomic_load(&sync->hs->stopping))
		return true;
	if (request->park_until_ms == 0)
		request->park_until_ms = clock_mono_ms() + sync->request->timeout_ms;
	return clock_mono_ms() >= request->park_until_ms;
}

static bool wait_for_news(struct http_request *request, const struct sync *sync)
{
	struct str_list rooms = sync_joined_rooms(sync);
	const struct stream_wait wait = {
		.user_id = sync->request->user_id,
		.rooms = rooms.items,
		.room_count = rooms.count,
		.seen = sync->position,
		.ticket = http_ticket(request),
	};

	return stream_wait(sync->hs->streams, &wait);
}

static enum http_outcome sync_get(struct http_request *request, struct http_reply *reply)
{
	struct homeserver *hs = api_homeserver(request);
	struct sync_request sync_request;
	const char *why = NULL;
	enum status status;

	if (request->woken)
		stream_forget(hs->streams, http_ticket(request));
	status = read_request(request, &sync_request, &why);
	if (status == STATUS_OK)
		status = forget_delivered(request, &sync_request);
	if (status == STATUS_OK)
		status = say_present(request, &sync_request);
	if (status != STATUS_OK)
		return api_status(reply, status, why);
	for (int look = 1;; look++) {
		struct sync sync = {
			.hs = hs,
			.db = api_db(request),
			.arena = request->arena,
			.request = &sync_request,
			.now = clock_wall_ms(),
			.out = &reply->json,
		};

		buf_clear(&reply->body);
		jw_init(&reply->json, &reply->body);
		status = sync_write(&sync);
		if (status != STATUS_OK)
			return api_status(reply, status, NULL);
		if (look == LOOKS_MAX || is_over(request, &sync))
			return HTTP_REPLY;
		if (wait_for_news(request, &sync))
			return HTTP_PARK;
	}
}
