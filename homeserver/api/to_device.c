/* SPDX-License-Identifier: Apache-2.0 */
/* PUT sendToDevice (specification, "Send-to-Device messaging"). */
#include "common/base/clock.h"
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/rows.h"
#include "homeserver/store/to_device_store.h"
#include "homeserver/stream/streams.h"

static enum http_outcome to_device_put(struct http_request *request, struct http_reply *reply);

#define BODY_MAX    (4 * 1024 * 1024)
#define MESSAGE_MAX (64u * 1024) /* what one may weigh on its way to another server */
#define ID_MAX	    255
/* In one request: the writer serves nobody else meanwhile. */
#define MESSAGES_MAX 10000

static const struct http_route rows[] = {
	{HTTP_PUT, "/_matrix/client/r0|v3|unstable/sendToDevice/{type}/{txn}", AUTH_GUEST,
		LIMIT_WRITE, BODY_JSON, BODY_MAX, to_device_put},
};
const struct http_routes api_to_device_routes = {rows, ARRAY_LEN(rows)};

struct outgoing {
	struct str user_id;
	struct str device_id; /* "*": all */
	struct str json;
};

struct outgoing_list {
	struct outgoing *items;
	size_t count;
};

struct send {
	struct to_device_txn txn;
	struct outgoing_list list;
};

static enum status deliver(struct db_tx *tx, const struct outgoing *message, struct str device_id)
	REQUIRES(on_writer)
{
	int64_t position = stream_next(tx);
	enum status status =
		to_device_store_add(tx, message->user_id, device_id, position, message->json);
	if (status == STATUS_OK)
		status = as_delivery_on_to_device(tx, message->user_id, position);
	if (status == STATUS_OK)
		stream_touch_user(tx, message->user_id);
	return status;
}

/* Devices that do not exist are passed over: the sender's view of them may be old. */
static enum status deliver_where(struct db_tx *tx, const struct outgoing *message)
	REQUIRES(on_writer)
{
	if (!str_eq(message->device_id, STR("*"))) {
		struct device device;
		enum status status = device_find(
			tx->db, tx->arena, message->user_id, message->device_id, &device);
		if (status == STATUS_OK)
			return deliver(tx, message, message->device_id);
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	}
	struct device_list devices;
	enum status status = device_list_get(tx->db, tx->arena, message->user_id, &devices);
	for (size_t i = 0; i < devices.count && status == STATUS_OK; i++)
		status = deliver(tx, message, devices.items[i].device_id);
	return status;
}

static enum status send_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct send *send = arg;
	enum status status = to_device_store_txn(tx, &send->txn);
	for (size_t i = 0; i < send->list.count && status == STATUS_OK; i++)
		status = deliver_where(tx, &send->list.items[i]);
	return status;
}

/* The event as the device will read it. */
static enum status message_text(
	struct http_request *request, struct str type, const struct json *content, struct str *out)
{
	BUF_SCOPE(text, MESSAGE_MAX);
	struct json_writer w;
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_value(&w, "content", content);
	jw_put_str(&w, "sender", api_requester(request)->user_id);
	jw_put_str(&w, "type", type);
	jw_object_end(&w);
	if (buf_status(&text) != STATUS_OK)
		return STATUS_TOO_LARGE;
	*out = arena_str(request->arena, buf_str(&text));
	return STATUS_OK;
}

/* Messages for users of this server; those for others are passed over. */
static enum status read_messages(struct http_request *request, struct str type,
	const struct json *messages, struct outgoing_list *list)
{
	for (struct json_iter u = json_iter(messages); json_next(&u);) {
		struct matrix_id id;
		if (user_id_parse(u.key, &id) != STATUS_OK || !json_is(u.value, JSON_OBJECT))
			return STATUS_INVALID;
		bool here = str_eq(id.server, api_homeserver(request)->server_name);
		for (struct json_iter d = json_iter(u.value); json_next(&d);) {
			if (!json_is(d.value, JSON_OBJECT))
				return STATUS_INVALID;
			if (!here)
				continue;
			if (list->count == MESSAGES_MAX)
				return STATUS_TOO_LARGE;
			struct str json;
			enum status status = message_text(request, type, d.value, &json);
			if (status != STATUS_OK)
				return status;
			*ROWS_ADD(request->arena, list) = (struct outgoing){
				.user_id = u.key, .device_id = d.key, .json = json};
		}
	}
	return STATUS_OK;
}

static enum http_outcome to_device_put(struct http_request *request, struct http_reply *reply)
{
	const struct requester *requester = api_requester(request);
	struct str type = request->params[0];
	struct str txn_id = request->params[1];
	if (type.n > ID_MAX || txn_id.n > ID_MAX)
		return http_error(reply, 400, "M_INVALID_PARAM",
			"The event type and the transaction id may have %d bytes", ID_MAX);
	const struct json *messages = json_get(request->json, "messages");
	if (messages == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "messages is missing");
	struct send send = {.txn = {.user_id = requester->user_id,
				    .device_id = requester->device_id,
				    .type = type,
				    .txn_id = txn_id,
				    .now = clock_wall_ms()}};
	enum status status = json_is(messages, JSON_OBJECT)
				     ? read_messages(request, type, messages, &send.list)
				     : STATUS_INVALID;
	if (status == STATUS_INVALID)
		return http_error(
			reply, 400, "M_BAD_JSON", "messages must map users to devices to objects");
	if (status == STATUS_TOO_LARGE)
		return http_error(reply, 413, "M_TOO_LARGE",
			"A message is larger than 64 KiB, or there are too many");
	status = api_write(request, send_change, &send);
	if (status != STATUS_OK && status != STATUS_EXISTS)
		return api_status(reply, status, NULL);
	return HTTP_REPLY;
}
