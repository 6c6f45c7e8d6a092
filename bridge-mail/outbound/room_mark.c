/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/room_mark.h"

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/events.h"
#include "bridge-mail/matrix/say.h"
#include "common/json/json_writer.h"

#define CONTENT_MAX 4096

/* The server keeps one such reaction of a user, however often it is asked. */
enum status room_mark_put(
	const struct matrix_session *s, struct str room_id, struct str event_id, const char *mark)
{
	ARENA_SCOPE(arena);
	struct str reaction = STR_EMPTY;
	BUF_SCOPE(content, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	jw_put_object(&w, "m.relates_to");
	jw_put_c_str(&w, "rel_type", "m.annotation");
	jw_put_str(&w, "event_id", event_id);
	jw_put_c_str(&w, "key", mark);
	jw_object_end(&w);
	jw_object_end(&w);
	struct room_send_request request = {
		.room_id = room_id,
		.type = STR("m.reaction"),
		.content = buf_str(&content),
		.txn_id = say_txn_id(arena, "mark", event_id, str_c(mark)),
	};
	return say_settle(events_send(s, &request, arena, &reaction));
}

/* The bot's reaction among those to the message; empty when there is none. */
static enum status find(const struct matrix_session *s, struct str room_id, struct str event_id,
	const char *mark, struct arena *arena, struct str *reaction_out)
{
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(arena,
			"/_matrix/client/v1/rooms/%/relations/%/m.annotation/m.reaction?limit=100",
			room_id, event_id),
	};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	if (status != STATUS_OK)
		return status;
	const struct json *chunk = json_get(answer.json, "chunk");
	for (size_t i = 0; i < json_count(chunk); i++) {
		const struct json *event = json_at(chunk, i);
		struct str key = json_str(json_path(event, "content", "m.relates_to", "key", NULL));
		if (str_eq_c(key, mark) &&
			str_eq(json_str(json_get(event, "sender")), s->matrix->bot))
			*reaction_out = json_str(json_get(event, "event_id"));
	}
	return STATUS_OK;
}

enum status room_mark_remove(
	const struct matrix_session *s, struct str room_id, struct str event_id, const char *mark)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	struct str reaction = STR_EMPTY;
	enum status status = find(s, room_id, event_id, mark, arena, &reaction);
	if (status != STATUS_OK || reaction.n == 0)
		return say_settle(status);
	struct matrix_call call = {
		.method = "PUT",
		.path = MATRIX_PATH(arena, "/_matrix/client/v3/rooms/%/redact/%/%", room_id,
			reaction, say_txn_id(arena, "unmark", reaction, STR(""))),
		.body = STR("{}"),
	};
	return say_settle(matrix_call(s->client, arena, &call, &answer));
}
