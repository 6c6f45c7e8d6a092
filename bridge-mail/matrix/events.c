/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/events.h"

#include "bridge-mail/matrix/client.h"

#define PAGE_ANSWER_MAX ((size_t)32 * 1024 * 1024)

static struct str send_path(struct arena *arena, const struct room_send_request *request)
{
	struct str path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/send/%/%",
		request->room_id, request->type, request->txn_id);
	if (request->timestamp <= 0)
		return path;
	return arena_printf(arena, "%.*s?ts=%lld", STR_FMT(path), (long long)request->timestamp);
}

enum status events_send(const struct matrix_session *s, const struct room_send_request *request,
	struct arena *arena, struct str *event_id_out)
{
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "PUT",
		.path = send_path(arena, request),
		.body = request->content,
		.as = request->user_id,
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	*event_id_out = STR_EMPTY;
	if (status != STATUS_OK)
		return str_eq_c(answer.errcode, "M_DUPLICATE_ANNOTATION") ? STATUS_OK : status;
	*event_id_out = json_str(json_get(answer.json, "event_id"));
	return event_id_out->n > 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static bool is_it(const struct matrix_session *s, const struct json *event, struct str txn_id)
{
	struct str txn = json_str(json_path(event, "content", ROOM_PORT_MARKER, "txn", NULL));
	return str_eq(txn, txn_id) &&
	       matrix_is_ours(s->matrix, json_str(json_get(event, "sender")));
}

static enum status read_page(const struct matrix_session *s, struct str room_id, struct str as,
	struct str from, struct arena *arena, const struct json **page_out)
{
	struct matrix_answer answer;
	struct str path =
		MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/messages?dir=b&limit=100", room_id);
	if (from.n > 0)
		path = arena_printf(arena, "%.*s%.*s", STR_FMT(path),
			STR_FMT(MATRIX_PATH(arena, "&from=%", from)));
	struct matrix_call call = {
		.method = "GET", .path = path, .max_answer = PAGE_ANSWER_MAX, .as = as};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	*page_out = answer.json;
	return status;
}

enum status events_find(const struct matrix_session *s, struct str room_id, struct str txn_id,
	struct arena *arena, struct str *event_id_out)
{
	return events_find_as(s, room_id, STR_EMPTY, txn_id, arena, event_id_out);
}

enum status events_find_as(const struct matrix_session *s, struct str room_id, struct str as,
	struct str txn_id, struct arena *arena, struct str *event_id_out)
{
	struct str from = STR_EMPTY;
	for (size_t seen = 0; seen < EVENTS_LOOK_BACK;) {
		const struct json *page = NULL;
		enum status status = read_page(s, room_id, as, from, arena, &page);
		if (status != STATUS_OK)
			return status == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : status;
		const struct json *chunk = json_get(page, "chunk");
		for (size_t i = 0; i < json_count(chunk); i++) {
			const struct json *event = json_at(chunk, i);
			if (!is_it(s, event, txn_id))
				continue;
			*event_id_out = json_str(json_get(event, "event_id"));
			return STATUS_OK;
		}
		seen += json_count(chunk);
		from = json_str(json_get(page, "end"));
		if (json_count(chunk) == 0 || from.n == 0)
			break;
	}
	return STATUS_NOT_FOUND;
}
