/* SPDX-License-Identifier: Apache-2.0 */
/* What the application-service API adds to the client-server API: the ping. */
#include "homeserver/api/api.h"

#include "common/base/clock.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/appservice/as_query.h"

static enum http_outcome ping_post(struct http_request *request, struct http_reply *reply);

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/v1/appservice/{id}/ping", AUTH_APPSERVICE, LIMIT_NONE,
		BODY_JSON_OPTIONAL, 0, ping_post},
};
const struct http_routes api_appservice_routes = {rows, ARRAY_LEN(rows)};

#define BODY_TEXT_MAX	 4096
#define TRANSACTION_MAX	 1024
#define SHOWN_ANSWER_MAX 2048

struct ping_body {
	struct str transaction_id;
};

static struct str ping_text(struct arena *arena, const struct ping_body *body)
{
	BUF_SCOPE(text, BODY_TEXT_MAX * 2);
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w);
	if (body->transaction_id.p != NULL)
		jw_put_str(&w, "transaction_id", body->transaction_id);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&text));
}

/* The service answered, but not as it should: its words help whoever set it up. */
static enum http_outcome bad_status(struct http_reply *reply, const struct http_answer *answer)
{
	struct str body = str_slice(answer->body, 0, SHOWN_ANSWER_MAX);

	http_error_begin(reply, 502, "M_BAD_STATUS", "The application service refused the ping");
	jw_put_int(&reply->json, "status", answer->status);
	jw_put_str(&reply->json, "body", body);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome ping_post(struct http_request *request, struct http_reply *reply)
{
	static const struct json_field fields[] = {
		{"transaction_id", FIELD_STR, false, offsetof(struct ping_body, transaction_id),
			TRANSACTION_MAX, false},
	};
	struct homeserver *hs = api_homeserver(request);
	const struct appservice *service = api_requester(request)->appservice;
	struct ping_body body = {0};
	struct as_question question = {"POST", STR("/_matrix/app/v1/ping"), STR_EMPTY};
	struct http_answer answer = {0};
	int64_t begin = clock_mono_ms();
	enum status status;

	if (!API_READ_BODY(request, reply, fields, &body))
		return HTTP_REPLY;
	if (!str_eq(service->id, request->params[0]))
		return http_error(reply, 403, "M_FORBIDDEN",
			"The token is that of another application service");
	if (service->url.n == 0)
		return http_error(reply, 400, "M_URL_NOT_SET",
			"The registration of this application service has no url");
	question.body = ping_text(request->arena, &body);
	status = as_ask(hs, service, request->arena, &question, &answer);
	if (status == STATUS_TIMEOUT)
		return http_error(reply, 504, "M_CONNECTION_TIMEOUT",
			"The application service did not answer in time");
	if (status != STATUS_OK)
		return http_error(reply, 502, "M_CONNECTION_FAILED",
			"The application service cannot be reached");
	if (answer.status != 200)
		return bad_status(reply, &answer);
	as_delivery_hurry(hs->as_delivery, service);
	jw_object(&reply->json);
	jw_put_int(&reply->json, "duration_ms", clock_mono_ms() - begin);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
