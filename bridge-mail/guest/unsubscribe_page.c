/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/unsubscribe_page.h"

#include "bridge-mail/guest/unsubscribe.h"
#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/outbound/answers.h"
#include "common/base/clock.h"

#define HEAD                                                                              \
	"<!DOCTYPE html><html lang=\"fr\"><head><meta charset=\"utf-8\"><meta "           \
	"name=\"viewport\" content=\"width=device-width\"><title>Courriel</title></head>" \
	"<body style=\"font-family:sans-serif;max-width:30em;margin:2em auto;padding:0 1em\">"
#define TAIL "</body></html>"

static enum http_outcome page(struct http_reply *reply, int status, const char *content)
{
	reply->status = status;
	reply->content_type = "text/html; charset=utf-8";
	buf_append_c(&reply->body, HEAD);
	buf_append_c(&reply->body, content);
	buf_append_c(&reply->body, TAIL);
	return HTTP_REPLY;
}

static enum http_outcome unknown(struct http_reply *reply)
{
	return page(reply, 404,
		"<p>Ce lien n’est pas valable. Répondez « stop » à l’un des courriels.</p>"
		"<p>This link is not good. Answer \"stop\" to one of the mails.</p>");
}

struct leaving {
	int64_t mailbox_id;
	struct str address;
	struct str cause;
};

static enum status read_token(struct http_request *request, struct leaving *out)
{
	struct str room_token;
	struct linked_room room;
	const struct matrix *matrix = request->app;
	struct str secret = str_n((const char *)matrix->bridge->secret, BRIDGE_SECRET_BYTES);
	enum status status = unsubscribe_read(
		request->arena, secret, request->params[0], &room_token, &out->address);
	if (status == STATUS_OK)
		status = linked_room_by_token(request->worker, room_token, request->arena, &room);
	if (status == STATUS_OK)
		out->mailbox_id = room.mailbox_id;
	return status;
}

enum http_outcome unsubscribe_page_get(struct http_request *request, struct http_reply *reply)
{
	struct leaving leaving;
	if (read_token(request, &leaving) != STATUS_OK)
		return unknown(reply);
	return page(reply, 200,
		"<p>Ne plus recevoir les courriels de cette conversation&nbsp;?</p>"
		"<p>Get no more mail from this conversation?</p>"
		"<form method=\"post\"><button name=\"List-Unsubscribe\" value=\"One-Click\" "
		"style=\"font-size:1.1em;padding:.5em 1em\">Se désabonner / Unsubscribe</button>"
		"</form>");
}

static enum status leave(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct leaving *l = arg;
	return guest_leave(tx, l->mailbox_id, l->address, GUEST_END_UNSUBSCRIBED, l->cause);
}

enum http_outcome unsubscribe_page_post(struct http_request *request, struct http_reply *reply)
{
	struct leaving leaving;
	const struct matrix *matrix = request->app;
	if (read_token(request, &leaving) != STATUS_OK)
		return unknown(reply);
	leaving.cause =
		arena_printf(request->arena, "unsubscribed:%lld", (long long)clock_wall_ms());
	if (db_write(matrix->bridge->writer, leave, &leaving) != STATUS_OK)
		return page(reply, 503,
			"<p>Réessayez dans un moment.</p><p>Try again in a moment.</p>");
	answers_wake(matrix->bridge->answers);
	return page(reply, 200,
		"<p>C’est fait : vous ne recevrez plus de courriel de cette conversation.</p>"
		"<p>Done: you will get no more mail from this conversation.</p>");
}
