/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Third-party Lookup". Application services know the answers: each that offers
 * the protocol is asked, and what they say is put together. One that does not answer is left out.
 */
#include "homeserver/api/api.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/as_query.h"

#define APP_PATH       "/_matrix/app/v1/thirdparty/"
#define PATH_MAX_BYTES 8192

static enum http_outcome protocols_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome protocol_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome location_of_protocol_get(
	struct http_request *request, struct http_reply *reply);
static enum http_outcome user_of_protocol_get(
	struct http_request *request, struct http_reply *reply);
static enum http_outcome location_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome user_get(struct http_request *request, struct http_reply *reply);

#define THIRDPARTY "/_matrix/client/r0|v3/thirdparty/"

static const struct http_route routes[] = {
	{HTTP_GET, THIRDPARTY "protocols", AUTH_USER, LIMIT_READ, BODY_NONE, 0, protocols_get},
	{HTTP_GET, THIRDPARTY "protocol/{protocol}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		protocol_get},
	{HTTP_GET, THIRDPARTY "location/{protocol}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		location_of_protocol_get},
	{HTTP_GET, THIRDPARTY "user/{protocol}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		user_of_protocol_get},
	{HTTP_GET, THIRDPARTY "location", AUTH_USER, LIMIT_READ, BODY_NONE, 0, location_get},
	{HTTP_GET, THIRDPARTY "user", AUTH_USER, LIMIT_READ, BODY_NONE, 0, user_get},
};

const struct http_routes api_thirdparty_routes = {routes, ARRAY_LEN(routes)};

/* The JSON that the service answered to GET APP_PATH `rest`; NULL when it did not, or of another
 * kind. */
static const struct json *ask(struct http_request *request, const struct appservice *service,
	struct str rest, enum json_kind kind)
{
	const struct as_question question = {
		.method = "GET",
		.path = arena_printf(request->arena, APP_PATH "%.*s", STR_FMT(rest)),
	};
	struct http_answer answer = {0};
	const struct json *json = NULL;
	if (as_ask(api_homeserver(request), service, request->arena, &question, &answer) !=
			STATUS_OK ||
		answer.status != 200 ||
		json_parse(request->arena, answer.body, &json, NULL) != STATUS_OK)
		return NULL;
	return json_is(json, kind) ? json : NULL;
}

static bool offers(const struct appservice *service, struct str protocol)
{
	for (size_t i = 0; i < service->protocol_count; i++)
		if (str_eq(service->protocols[i], protocol))
			return true;
	return false;
}

static struct str escaped(struct arena *arena, struct str text)
{
	BUF_SCOPE(out, PATH_MAX_BYTES);
	http_escape(&out, text);
	return arena_str(arena, buf_str(&out));
}

struct offer {
	const struct appservice *service;
	const struct json *json;
};

/* What each service says about the protocol; returns how many did. */
static size_t collect_offers(
	struct http_request *request, struct str protocol, struct offer *offers_out)
{
	const struct appservices *all = api_homeserver(request)->appservices;
	struct str rest = arena_printf(
		request->arena, "protocol/%.*s", STR_FMT(escaped(request->arena, protocol)));
	size_t count = 0;
	for (size_t i = 0; i < appservices_count(all); i++) {
		const struct appservice *service = appservices_at(all, i);
		const struct json *json =
			offers(service, protocol) ? ask(request, service, rest, JSON_OBJECT) : NULL;
		if (json != NULL)
			offers_out[count++] = (struct offer){service, json};
	}
	return count;
}

/* The service's instance, with an id that is unique on this server. */
static void write_instance(struct json_writer *w, const struct json *instance,
	const struct appservice *service, struct str protocol, size_t index, struct arena *arena)
{
	jw_object(w);
	for (struct json_iter i = json_iter(instance); json_next(&i);) {
		if (str_eq_c(i.key, "instance_id"))
			continue;
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	struct str id = arena_printf(
		arena, "%.*s-%.*s-%zu", STR_FMT(service->id), STR_FMT(protocol), index);
	jw_put_str(w, "instance_id", id);
	jw_object_end(w);
}

/* The first service's description with everybody's instances. */
static void write_protocol(struct json_writer *w, const struct offer *all, size_t count,
	struct str protocol, struct arena *arena)
{
	jw_object(w);
	for (struct json_iter i = json_iter(all[0].json); json_next(&i);) {
		if (str_eq_c(i.key, "instances"))
			continue;
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	jw_put_array(w, "instances");
	for (size_t i = 0; i < count; i++) {
		const struct json *instances = json_get(all[i].json, "instances");
		for (size_t j = 0; j < json_count(instances); j++)
			if (json_is(json_at(instances, j), JSON_OBJECT))
				write_instance(w, json_at(instances, j), all[i].service, protocol,
					j, arena);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static bool is_first_to_offer(
	const struct appservices *all, size_t service_index, struct str protocol)
{
	for (size_t i = 0; i < service_index; i++)
		if (offers(appservices_at(all, i), protocol))
			return false;
	return true;
}

static enum http_outcome protocols_get(struct http_request *request, struct http_reply *reply)
{
	const struct appservices *all = api_homeserver(request)->appservices;
	size_t service_count = appservices_count(all);
	struct offer *found = ARENA_ARRAY(request->arena, struct offer, service_count + 1);
	jw_object(&reply->json);
	for (size_t i = 0; i < service_count; i++) {
		const struct appservice *service = appservices_at(all, i);
		for (size_t j = 0; j < service->protocol_count; j++) {
			struct str protocol = service->protocols[j];
			if (!is_first_to_offer(all, i, protocol))
				continue;
			size_t count = collect_offers(request, protocol, found);
			if (count == 0)
				continue;
			jw_key_str(&reply->json, protocol);
			write_protocol(&reply->json, found, count, protocol, request->arena);
		}
	}
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome protocol_get(struct http_request *request, struct http_reply *reply)
{
	struct str protocol = request->params[0];
	size_t service_count = appservices_count(api_homeserver(request)->appservices);
	struct offer *found = ARENA_ARRAY(request->arena, struct offer, service_count + 1);
	size_t count = collect_offers(request, protocol, found);
	if (count == 0)
		return http_error(reply, 404, "M_NOT_FOUND", "Nobody here knows this protocol");
	write_protocol(&reply->json, found, count, protocol, request->arena);
	return HTTP_REPLY;
}

/* The query as it came, without what is between the client and us. */
static struct str passed_on(struct http_request *request)
{
	static const char *const ours[] = {"access_token", "user_id", "device_id", "ts"};
	BUF_SCOPE(out, PATH_MAX_BYTES);
	struct str rest = request->query;
	struct str part;
	while (str_cut(&rest, '&', &part)) {
		ptrdiff_t equals = str_index(part, '=');
		struct str name = equals < 0 ? part : str_slice(part, 0, (size_t)equals);
		bool is_ours = name.n == 0;
		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			is_ours |= str_eq_c(name, ours[i]);
		if (is_ours)
			continue;
		buf_append_byte(&out, out.n == 0 ? '?' : '&');
		buf_append(&out, part);
	}
	return arena_str(request->arena, buf_str(&out));
}

/* "location" or "user", of one protocol or backwards from a Matrix id: lists that are joined.
 * protocol p == NULL: all services are asked. */
static enum http_outcome look_up(struct http_request *request, struct http_reply *reply,
	const char *what, struct str protocol)
{
	const struct appservices *all = api_homeserver(request)->appservices;
	struct str name = escaped(request->arena, protocol);
	struct str rest = arena_printf(request->arena, "%s%s%.*s%.*s", what,
		protocol.p == NULL ? "" : "/", STR_FMT(name), STR_FMT(passed_on(request)));
	size_t found = 0;
	jw_array(&reply->json);
	for (size_t i = 0; i < appservices_count(all); i++) {
		const struct appservice *service = appservices_at(all, i);
		if (protocol.p == NULL ? service->protocol_count == 0 : !offers(service, protocol))
			continue;
		const struct json *list = ask(request, service, rest, JSON_ARRAY);
		for (size_t j = 0; j < json_count(list); j++)
			jw_value(&reply->json, json_at(list, j));
		found += json_count(list);
	}
	jw_array_end(&reply->json);
	return found > 0 ? HTTP_REPLY
			 : http_error(reply, 404, "M_NOT_FOUND", "Nobody here knows about this");
}

static enum http_outcome location_of_protocol_get(
	struct http_request *request, struct http_reply *reply)
{
	return look_up(request, reply, "location", request->params[0]);
}

static enum http_outcome user_of_protocol_get(
	struct http_request *request, struct http_reply *reply)
{
	return look_up(request, reply, "user", request->params[0]);
}

static enum http_outcome location_get(struct http_request *request, struct http_reply *reply)
{
	if (http_query(request, "alias").n == 0)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"alias\" is missing");
	return look_up(request, reply, "location", STR_EMPTY);
}

static enum http_outcome user_get(struct http_request *request, struct http_reply *reply)
{
	if (http_query(request, "userid").n == 0)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"userid\" is missing");
	return look_up(request, reply, "user", STR_EMPTY);
}
