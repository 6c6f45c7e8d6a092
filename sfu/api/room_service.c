/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiveKit's server API for meetings, over Twirp (v7 of its wire protocol): POST
 * /twirp/livekit.RoomService/{method} with JSON or protobuf, and a token signed with the API secret
 * whose grants say what it may. Errors are {"code", "msg"}. What the methods do:
 * signal/room_service.h.
 */
#include "sfu/signal/room_service.h"
#include "common/base/clock.h"
#include "common/base/thread.h"
#include "common/json/json.h"
#include "sfu/api/api.h"
#include "sfu/sfu.h"
#include "sfu/signal/json_protobuf.h"
#include "sfu/signal/signal.h"
#include "sfu/signal/token.h"

#define BODY_MAX ((size_t)256 * 1024)

static enum http_outcome call_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/twirp/livekit.RoomService/{method}", 0, LIMIT_ASK, BODY_BYTES, BODY_MAX,
		call_post},
};

const struct http_routes api_room_service_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome fail(
	struct http_reply *reply, int status, const char *code, const char *text)
{
	http_error_begin(reply, status, NULL, NULL);
	jw_put_c_str(&reply->json, "code", code);
	jw_put_c_str(&reply->json, "msg", text);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome fail_status(struct http_reply *reply, enum status status, const char *why)
{
	switch (status) {
	case STATUS_NOT_FOUND:
		return fail(reply, 404, "not_found", why);
	case STATUS_INVALID:
	case STATUS_TOO_LARGE:
		return fail(reply, 400, "invalid_argument", why);
	case STATUS_CONFLICT:
	case STATUS_DENIED:
		return fail(reply, 412, "failed_precondition", why);
	case STATUS_LIMITED:
		return fail(reply, 429, "resource_exhausted", why);
	default:
		return fail(reply, 503, "unavailable", "try again");
	}
}

/* --- who asks --------------------------------------------------------------------------------- */

static struct str bearer_of(struct http_request *request)
{
	struct str header = http_header(request, "Authorization"), word = STR("Bearer ");
	return header.n > word.n && str_eq_nocase(str_slice(header, 0, word.n), word)
		       ? str_trim(str_skip(header, word.n))
		       : STR_EMPTY;
}

static bool may(
	const struct server_grants *grants, const struct room_method *method, struct str room)
{
	switch (method->needs) {
	case MAY_CREATE:
		return grants->room_create;
	case MAY_LIST:
		return grants->room_list;
	case MAY_ADMIN:
		return grants->room_admin && grants->room.n > 0 && str_eq(grants->room, room);
	}
	return false;
}

/* --- what is asked ---------------------------------------------------------------------------- */

struct call {
	const struct room_method *method;
	struct arena *arena;
	const void *message;
	ProtobufCMessage *answer;
	enum status status;
	const char *why;
};

static void run_call(struct signal_server *server, void *arg)
{
	struct call *call = arg;
	role_take(&on_signal);
	call->status =
		call->method->handle(server, call->arena, call->message, &call->answer, &call->why);
}

static bool is_type(struct http_request *request, struct str type)
{
	struct str header = http_header(request, "Content-Type");
	return header.n >= type.n && str_eq_nocase(str_slice(header, 0, type.n), type);
}

static void *read_message(
	struct http_request *request, const struct room_method *method, bool is_json)
{
	const struct json *json;
	if (!is_json)
		return arena_unpack(request->arena, method->request, request->body);
	if (json_parse(request->arena, request->body, &json, NULL) != STATUS_OK)
		return NULL;
	return json_protobuf_read(request->arena, method->request, json);
}

static enum http_outcome write_answer(struct http_request *request, struct http_reply *reply,
	const struct call *call, bool is_json)
{
	if (is_json) {
		json_protobuf_write(&reply->json, call->answer);
	} else {
		buf_append(&reply->body, arena_pack(request->arena, call->answer));
		reply->content_type = "application/protobuf";
	}
	return HTTP_REPLY;
}

static enum http_outcome call_post(struct http_request *request, struct http_reply *reply)
{
	const struct sfu *sfu = api_sfu(request);
	const struct token_key key = {sfu->api_key, sfu->api_secret};
	const bool is_json = is_type(request, STR("application/json"));
	struct call call = {.arena = request->arena, .why = ""};
	struct server_grants grants;
	if (token_verify_server(request->arena, &key, bearer_of(request), clock_wall_ms() / 1000,
		    &grants, &call.why) != STATUS_OK)
		return fail(reply, 401, "unauthenticated", call.why);
	call.method = room_method_find(request->params[0]);
	if (call.method == NULL)
		return fail(reply, 404, "bad_route", "no such method");
	if (!is_json && !is_type(request, STR("application/protobuf")))
		return fail(reply, 404, "bad_route", "JSON or protobuf, by Content-Type");
	call.message = read_message(request, call.method, is_json);
	if (call.message == NULL)
		return fail(reply, 400, "malformed", "the request cannot be read");
	if (!may(&grants, call.method, room_method_room(call.method, call.message)))
		return fail(reply, 403, "permission_denied", "the token does not permit that");
	enum status status = signal_ask(sfu->signal, run_call, &call);
	if (status == STATUS_OK)
		status = call.status;
	return status == STATUS_OK ? write_answer(request, reply, &call, is_json)
				   : fail_status(reply, status, call.why);
}
