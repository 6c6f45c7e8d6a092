/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/as_query.h"

#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/homeserver.h"

#define ANSWER_MAX     ((size_t)1024 * 1024)
#define PATH_MAX_BYTES 4096

enum status as_ask(struct homeserver *hs, const struct appservice *appservice, struct arena *arena,
	const struct as_question *question, struct http_answer *out)
{
	const struct http_call call = {
		.method = question->method,
		.url = arena_printf(
			arena, "%.*s%.*s", STR_FMT(appservice->url), STR_FMT(question->path))
			.p,
		.body = question->body,
		.bearer = arena_c_str(arena, appservice->hs_token),
		.timeout_ms = AS_QUESTION_TIMEOUT_MS,
		.max_answer = ANSWER_MAX,
		.cancel = &hs->stopping,
	};
	struct http_client *client;
	enum status status;

	if (appservice->url.n == 0 || !as_delivery_enter(hs->as_delivery))
		return STATUS_UNAVAILABLE;
	client = http_client_new();
	status = http_call(client, arena, &call, out);
	http_client_free(&client);
	as_delivery_leave(hs->as_delivery);
	return status;
}

static enum status query(struct homeserver *hs, const char *kind, struct str id,
	bool (*is_its)(const struct appservice *appservice, struct str id))
{
	enum status result = STATUS_NOT_FOUND;

	for (size_t i = 0; i < appservices_count(hs->appservices); i++) {
		ARENA_SCOPE(arena);
		const struct appservice *service = appservices_at(hs->appservices, i);
		BUF_SCOPE(path, PATH_MAX_BYTES);
		struct as_question question = {.method = "GET"};
		struct http_answer answer = {0};
		enum status status;

		if (!is_its(service, id) || str_eq(service->sender, id) || service->url.n == 0)
			continue;
		buf_printf(&path, "/_matrix/app/v1/%s/", kind);
		http_escape(&path, id);
		question.path = buf_str(&path);
		status = as_ask(hs, service, arena, &question, &answer);
		if (status == STATUS_OK && answer.status == 200)
			return STATUS_OK;
		if (status != STATUS_OK)
			result = STATUS_TIMEOUT;
	}
	return result;
}

enum status as_query_user(struct homeserver *hs, struct str user_id)
{
	return query(hs, "users", user_id, appservice_is_user);
}

enum status as_query_alias(struct homeserver *hs, struct str room_alias)
{
	return query(hs, "rooms", room_alias, appservice_has_alias);
}
