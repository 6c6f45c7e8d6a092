/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/say.h"

#include "bridge-mail/matrix/events.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/json/json_writer.h"

#define LOG_MODULE "matrix"
#include "common/base/log.h"

#define CONTENT_MAX 60000

struct str say_txn_id(struct arena *arena, const char *kind, struct str a, struct str b)
{
	uint8_t hash[SHA256_BYTES];
	sha256(arena_printf(arena, "%s%c%.*s%c%.*s", kind, 0, STR_FMT(a), 0, STR_FMT(b)), hash);
	return base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED);
}

enum status say_settle(enum status status)
{
	switch (status) {
	case STATUS_OK:
	case STATUS_UNAVAILABLE:
	case STATUS_TIMEOUT:
	case STATUS_LIMITED:
	case STATUS_IO:
		return status;
	default:
		log_warning("a room cannot be told something: %s", status_name(status));
		return STATUS_OK;
	}
}

static void write_content(struct buf *out, const struct saying *saying)
{
	struct json_writer w;
	jw_init(&w, out);
	jw_object(&w);
	jw_put_c_str(&w, "msgtype", "m.notice");
	jw_put_str(&w, "body", saying->text);
	if (saying->html.n > 0) {
		jw_put_c_str(&w, "format", "org.matrix.custom.html");
		jw_put_str(&w, "formatted_body", saying->html);
	}
	if (saying->reply_to.n > 0) {
		jw_put_object(&w, "m.relates_to");
		jw_put_object(&w, "m.in_reply_to");
		jw_put_str(&w, "event_id", saying->reply_to);
		jw_object_end(&w);
		jw_object_end(&w);
	}
	jw_put_object(&w, ROOM_PORT_MARKER);
	jw_put_str(&w, "txn", saying->txn_id);
	jw_object_end(&w);
	jw_object_end(&w);
}

/* Said before, perhaps by a run that ended without writing it down: then there is nothing to do. */
enum status say(const struct matrix_session *s, const struct saying *saying)
{
	ARENA_SCOPE(arena);
	struct str sent = STR_EMPTY;
	enum status status =
		events_find_as(s, saying->room_id, saying->as, saying->txn_id, arena, &sent);
	if (status != STATUS_NOT_FOUND)
		return say_settle(status);
	BUF_SCOPE(content, CONTENT_MAX);
	write_content(&content, saying);
	struct room_send_request request = {
		.room_id = saying->room_id,
		.user_id = saying->as,
		.type = STR("m.room.message"),
		.content = buf_str(&content),
		.txn_id = saying->txn_id,
	};
	return say_settle(events_send(s, &request, arena, &sent));
}
