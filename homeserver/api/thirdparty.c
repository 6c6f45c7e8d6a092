/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Third-party lookup (client-server API, module of this name): questions handed on to the
 * application services that bridge to other networks, and their answers put together.
 */
#include "homeserver/api/api.h"

#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/as_query.h"
#include "homeserver/store/rows.h"

static enum http_outcome protocols_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome protocol_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome location_search(struct http_request *request, struct http_reply *reply);
static enum http_outcome user_search(struct http_request *request, struct http_reply *reply);
static enum http_outcome location_of_alias(struct http_request *request, struct http_reply *reply);
static enum http_outcome user_of_id(struct http_request *request, struct http_reply *reply);

#define THIRDPARTY "/_matrix/client/r0|v3/thirdparty/"

static const struct http_route routes[] = {
	{HTTP_GET, THIRDPARTY "protocols", AUTH_USER, LIMIT_READ, BODY_NONE, 0, protocols_get},
	{HTTP_GET, THIRDPARTY "protocol/{protocol}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		protocol_get},
	{HTTP_GET, THIRDPARTY "location/{protocol}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		location_search},
	{HTTP_GET, THIRDPARTY "user/{protocol}", AUTH_USER, LIMIT_READ, BODY_NONE, 0, user_search},
	{HTTP_GET, THIRDPARTY "location", AUTH_USER, LIMIT_READ, BODY_NONE, 0, location_of_alias},
	{HTTP_GET, THIRDPARTY "user", AUTH_USER, LIMIT_READ, BODY_NONE, 0, user_of_id},
};
const struct http_routes api_thirdparty_routes = {routes, ARRAY_LEN(routes)};

#define PATH_TEXT_MAX 8192

struct answer {
	const struct appservice *service;
	const struct json *json;
};

struct answers {
	struct answer *items;
	size_t count;
};

static bool has_protocol(const struct appservice *service, struct str protocol)
{
	for (size_t i = 0; i < service->protocol_count; i++) {
		if (str_eq(service->protocols[i], protocol))
			return true;
	}
	return false;
}

/* An answer that is no use counts as none: one broken bridge does not hide the others. */
static void ask(struct http_request *request, const struct appservice *service, struct str path,
	enum json_kind kind, struct answers *answers)
{
	const struct as_question question = {"GET", path, STR_EMPTY};
	struct http_answer answer = {0};
	const struct json *json;

	if (as_ask(api_homeserver(request), service, request->arena, &question, &answer) ==
			STATUS_OK &&
		answer.status == 200 &&
		json_parse(request->arena, answer.body, &json, NULL) == STATUS_OK &&
		json_is(json, kind))
		*ROWS_ADD(request->arena, answers) = (struct answer){service, json};
}

/* What is between the client and this server stays here, the token first of all. A name written
 * with escapes could be one of these and no bridge has such fields. */
static bool is_for_bridges(struct str parameter)
{
	static const struct str ours[] = {
		STR_INIT("access_token"),
		STR_INIT("user_id"),
		STR_INIT("device_id"),
		STR_INIT("org.matrix.msc3202.device_id"),
		STR_INIT("ts"),
	};
	ptrdiff_t equals = str_index(parameter, '=');
	struct str name = equals < 0 ? parameter : str_slice(parameter, 0, (size_t)equals);

	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (str_eq(name, ours[i]))
			return false;
	}
	return name.n != 0 && str_index(name, '%') < 0 && str_index(name, '+') < 0;
}

/* "/_matrix/app/v1/thirdparty/<what>/<name>?<fields of the request's own query>" */
static struct str path_for(struct http_request *request, const char *what, struct str name)
{
	BUF_SCOPE(path, PATH_TEXT_MAX);
	struct str rest = request->query, part;
	char separator = '?';

	buf_printf(&path, "/_matrix/app/v1/thirdparty/%s", what);
	if (name.n != 0) {
		buf_append_byte(&path, '/');
		http_escape(&path, name);
	}
	while (str_cut(&rest, '&', &part)) {
		if (!is_for_bridges(part))
			continue;
		buf_append_byte(&path, separator);
		buf_append(&path, part);
		separator = '&';
	}
	return arena_str(request->arena, buf_str(&path));
}

static void ask_protocol(struct http_request *request, const char *what, struct str protocol,
	enum json_kind kind, struct answers *answers)
{
	const struct appservices *all = api_homeserver(request)->appservices;

	for (size_t i = 0; i < appservices_count(all); i++) {
		const struct appservice *service = appservices_at(all, i);

		if (has_protocol(service, protocol))
			ask(request, service, path_for(request, what, protocol), kind, answers);
	}
}

/* As the bridge describes it, with an id that is unique on this server. */
static void write_instance(struct json_writer *w, const struct answer *answer, struct str protocol,
	size_t index, struct arena *arena)
{
	const struct json *instance = json_at(json_get(answer->json, "instances"), index);
	struct str network = json_str(json_get(instance, "network_id"));
	/* api/public_rooms.c finds the network in it again. */
	struct str id = network.p != NULL
				? arena_printf(arena, "%.*s|%.*s", STR_FMT(answer->service->id),
					  STR_FMT(network))
				: arena_printf(arena, "%.*s-%.*s-%zu", STR_FMT(answer->service->id),
					  STR_FMT(protocol), index);

	if (!json_is(instance, JSON_OBJECT))
		return;
	jw_object(w);
	for (struct json_iter i = json_iter(instance); json_next(&i);) {
		if (str_eq(i.key, STR("instance_id")))
			continue;
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	jw_put_str(w, "instance_id", id);
	jw_object_end(w);
}

/* Several bridges to one network: its fields as the first says, the instances of all. */
static void write_protocol(struct json_writer *w, struct str protocol,
	const struct answers *answers, struct arena *arena)
{
	jw_object(w);
	for (struct json_iter i = json_iter(answers->items[0].json); json_next(&i);) {
		if (str_eq(i.key, STR("instances")))
			continue;
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	jw_put_array(w, "instances");
	for (size_t n = 0; n < answers->count; n++) {
		const struct answer *answer = &answers->items[n];

		for (size_t i = 0; i < json_count(json_get(answer->json, "instances")); i++)
			write_instance(w, answer, protocol, i, arena);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void list_protocols(const struct appservices *all, struct arena *arena, struct str_list *out)
{
	for (size_t i = 0; i < appservices_count(all); i++) {
		const struct appservice *service = appservices_at(all, i);

		for (size_t p = 0; p < service->protocol_count; p++) {
			bool known = false;

			for (size_t k = 0; k < out->count && !known; k++)
				known = str_eq(out->items[k], service->protocols[p]);
			if (!known)
				*ROWS_ADD(arena, out) = service->protocols[p];
		}
	}
}

static enum http_outcome protocols_get(struct http_request *request, struct http_reply *reply)
{
	struct str_list protocols = {0};

	list_protocols(api_homeserver(request)->appservices, request->arena, &protocols);
	jw_object(&reply->json);
	for (size_t i = 0; i < protocols.count; i++) {
		struct answers answers = {0};

		ask_protocol(request, "protocol", protocols.items[i], JSON_OBJECT, &answers);
		if (answers.count == 0)
			continue;
		jw_key_str(&reply->json, protocols.items[i]);
		write_protocol(&reply->json, protocols.items[i], &answers, request->arena);
	}
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome protocol_get(struct http_request *request, struct http_reply *reply)
{
	struct answers answers = {0};

	ask_protocol(request, "protocol", request->params[0], JSON_OBJECT, &answers);
	if (answers.count == 0)
		return http_error(reply, 404, "M_NOT_FOUND", "No bridge to that network");
	write_protocol(&reply->json, request->params[0], &answers, request->arena);
	return HTTP_REPLY;
}

static enum http_outcome write_lists(struct http_reply *reply, const struct answers *answers)
{
	jw_array(&reply->json);
	for (size_t n = 0; n < answers->count; n++) {
		for (size_t i = 0; i < json_count(answers->items[n].json); i++)
			jw_value(&reply->json, json_at(answers->items[n].json, i));
	}
	jw_array_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome search(
	struct http_request *request, struct http_reply *reply, const char *what)
{
	struct answers answers = {0};

	ask_protocol(request, what, request->params[0], JSON_ARRAY, &answers);
	return write_lists(reply, &answers);
}

static enum http_outcome location_search(struct http_request *request, struct http_reply *reply)
{
	return search(request, reply, "location");
}

static enum http_outcome user_search(struct http_request *request, struct http_reply *reply)
{
	return search(request, reply, "user");
}

static enum http_outcome look_up(struct http_request *request, struct http_reply *reply,
	const char *what, const char *parameter,
	bool (*is_its)(const struct appservice *service, struct str id))
{
	const struct appservices *all = api_homeserver(request)->appservices;
	struct str id = http_query(request, parameter);
	struct answers answers = {0};

	if (id.n == 0)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"%s\" is missing", parameter);
	for (size_t i = 0; i < appservices_count(all); i++) {
		const struct appservice *service = appservices_at(all, i);

		if (is_its(service, id))
			ask(request, service, path_for(request, what, STR_EMPTY), JSON_ARRAY,
				&answers);
	}
	if (answers.count == 0)
		return http_error(reply, 404, "M_NOT_FOUND", "No bridge knows it");
	return write_lists(reply, &answers);
}

static enum http_outcome location_of_alias(struct http_request *request, struct http_reply *reply)
{
	return look_up(request, reply, "location", "alias", appservice_has_alias);
}

static enum http_outcome user_of_id(struct http_request *request, struct http_reply *reply)
{
	return look_up(request, reply, "user", "userid", appservice_is_user);
}
