/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Room aliases", and what the room directory lists. */
#include "common/base/clock.h"
#include "common/matrix/ids.h"
#include "homeserver/api/rooms.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/room/power.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/room_store.h"

/* A change of an alias or of the directory. */
struct directory_job {
	struct str user_id;
	bool is_admin;
	struct str alias;
	struct str room_id;
	bool publish;
	const char *why;
};

static struct directory_job job_of(struct http_request *request)
{
	const struct requester *who = api_requester(request);

	return (struct directory_job){.user_id = who->user_id, .is_admin = who->is_admin};
}

/* An alias that may be made or removed here by the requester. false: the reply is filled. */
static bool check_alias(struct http_request *request, struct http_reply *reply, struct str alias)
{
	const struct homeserver *hs = api_homeserver(request);
	struct matrix_id id;

	if (room_alias_parse(alias, &id) != STATUS_OK)
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is not a room alias");
	else if (!str_eq(id.server, hs->server_name))
		(void)http_error(
			reply, 400, "M_INVALID_PARAM", "The alias belongs to another server");
	else if (appservices_exclusive_alias(
			 hs->appservices, alias, api_requester(request)->appservice) != NULL)
		(void)http_error(reply, 400, "M_EXCLUSIVE",
			"The alias is reserved for an application service");
	else
		return true;
	return false;
}

static enum http_outcome alias_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct str room_id;
	struct matrix_id id;

	if (room_alias_parse(request->params[0], &id) != STATUS_OK)
		return http_error(reply, 400, "M_INVALID_PARAM", "This is not a room alias");
	if (!rooms_resolve(request, reply, request->params[0], &room_id))
		return HTTP_REPLY;
	jw_object(w);
	jw_put_str(w, "room_id", room_id);
	jw_put_array(w, "servers");
	jw_str(w, api_homeserver(request)->server_name);
	jw_array_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum status alias_add_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct directory_job *job = arg;
	enum membership membership;
	struct room_row room;
	enum status status = room_store_find(tx->db, tx->arena, job->room_id, &room);

	if (status != STATUS_OK)
		return status;
	status = membership_get(tx->db, job->room_id, job->user_id, &membership);
	if (status == STATUS_OK && membership != MEMBERSHIP_JOIN && !job->is_admin) {
		job->why = "Only members of a room can give it an alias";
		return STATUS_DENIED;
	}
	if (status == STATUS_OK)
		status = room_alias_add(tx, job->alias, room.key, job->user_id, clock_wall_ms());
	return status;
}

static enum http_outcome alias_put(struct http_request *request, struct http_reply *reply)
{
	struct directory_job job = job_of(request);
	enum status status;

	job.alias = request->params[0];
	job.room_id = json_str(json_get(request->json, "room_id"));
	if (job.room_id.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"room_id\" is missing");
	if (!check_alias(request, reply, job.alias))
		return HTTP_REPLY;
	status = api_write(request, alias_add_change, &job);
	if (status == STATUS_EXISTS)
		return http_error(reply, 409, "M_UNKNOWN", "The alias is taken");
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such room");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, job.why);
}

/* Who may decide about a room's aliases and its place in the directory. */
static enum status check_power(struct db_tx *tx, struct directory_job *job) REQUIRES(on_writer)
{
	struct power power;
	enum membership membership;
	enum status status = power_load(tx->db, tx->arena, job->room_id, &power);

	if (status == STATUS_OK)
		status = membership_get(tx->db, job->room_id, job->user_id, &membership);
	if (status != STATUS_OK || job->is_admin)
		return status;
	if (membership == MEMBERSHIP_JOIN &&
		power_of_user(&power, job->user_id) >=
			power_to_send(&power, STR("m.room.canonical_alias"), true))
		return STATUS_OK;
	job->why = "You do not have the power to decide about the room's aliases";
	return STATUS_DENIED;
}

static enum status alias_remove_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct directory_job *job = arg;
	struct str creator;
	enum status status =
		room_alias_find(tx->db, tx->arena, job->alias, &job->room_id, &creator);

	if (status == STATUS_OK && !str_eq(creator, job->user_id))
		status = check_power(tx, job);
	if (status == STATUS_OK)
		status = room_alias_remove(tx, job->alias);
	return status;
}

static enum http_outcome alias_delete(struct http_request *request, struct http_reply *reply)
{
	struct directory_job job = job_of(request);
	enum status status;

	job.alias = request->params[0];
	if (!check_alias(request, reply, job.alias))
		return HTTP_REPLY;
	status = api_write(request, alias_remove_change, &job);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such room alias");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, job.why);
}

static enum http_outcome room_aliases_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct rooms_view view;
	struct str_list aliases;
	enum status status;

	if (!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	if (visibility_membership(view.visibility) != MEMBERSHIP_JOIN && view.state_at != STATE_NOW)
		return http_error(reply, 403, "M_FORBIDDEN", "You are not in this room");
	status = room_alias_list(api_db(request), request->arena, view.room_id, &aliases);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	jw_put_array(w, "aliases");
	for (size_t i = 0; i < aliases.count; i++)
		jw_str(w, aliases.items[i]);
	jw_array_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome listing_get(struct http_request *request, struct http_reply *reply)
{
	struct room_row room;
	enum status status =
		room_store_find(api_db(request), request->arena, request->params[0], &room);

	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "visibility", room.published ? "public" : "private");
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum status listing_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct directory_job *job = arg;
	struct room_row room;
	enum status status = room_store_find(tx->db, tx->arena, job->room_id, &room);

	if (status == STATUS_OK)
		status = check_power(tx, job);
	if (status == STATUS_OK)
		status = room_store_set_published(tx, room.key, job->publish);
	return status;
}

static enum http_outcome listing_put(struct http_request *request, struct http_reply *reply)
{
	struct str visibility = json_str(json_get(request->json, "visibility"));
	struct directory_job job = job_of(request);
	enum status status;

	job.room_id = request->params[0];
	job.publish = visibility.p == NULL || str_eq_c(visibility, "public");
	if (!job.publish && !str_eq_c(visibility, "private"))
		return http_error(
			reply, 400, "M_INVALID_PARAM", "visibility must be public or private");
	status = api_write(request, listing_change, &job);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such room");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, job.why);
}

#define DIRECTORY "/_matrix/client/r0|v3/directory/"

static const struct http_route rows[] = {
	{HTTP_GET, DIRECTORY "room/{alias}", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0, alias_get},
	{HTTP_PUT, DIRECTORY "room/{alias}", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON, 0, alias_put},
	{HTTP_DELETE, DIRECTORY "room/{alias}", AUTH_USER, LIMIT_WRITE, BODY_NONE, 0, alias_delete},
	{HTTP_GET, DIRECTORY "list/room/{room}", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		listing_get},
	{HTTP_PUT, DIRECTORY "list/room/{room}", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON_OPTIONAL, 0,
		listing_put},
	{HTTP_GET, "/_matrix/client/r0|v3/rooms/{room}/aliases", AUTH_USER, LIMIT_READ, BODY_NONE,
		0, room_aliases_get},
};
extern const struct http_routes api_directory_routes;
const struct http_routes api_directory_routes = {rows, ARRAY_LEN(rows)};
