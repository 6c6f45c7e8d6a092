/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Creation" of rooms. */
#include "common/matrix/ids.h"
#include "homeserver/api/rooms.h"
#include "homeserver/api/rooms_third_party.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/room/room_create.h"

#define CREATE_BODY_MAX (1024 * 1024)

struct create_body {
	struct str preset;
	struct str visibility;
	struct str alias_name;
	struct str name;
	struct str topic;
	struct str room_version;
	const struct json *invite;
	const struct json *invite_3pid;
	const struct json *creation_content;
	const struct json *initial_state;
	const struct json *power_override;
	bool is_direct;
};

static const struct json_field create_fields[] = {
	{"preset", FIELD_STR, false, offsetof(struct create_body, preset), 0, false},
	{"visibility", FIELD_STR, false, offsetof(struct create_body, visibility), 0, false},
	{"room_alias_name", FIELD_STR, false, offsetof(struct create_body, alias_name),
		MATRIX_ID_MAX, false},
	{"name", FIELD_STR, false, offsetof(struct create_body, name), 0, false},
	{"topic", FIELD_STR, false, offsetof(struct create_body, topic), 0, false},
	{"room_version", FIELD_STR, false, offsetof(struct create_body, room_version), 0, false},
	{"invite", FIELD_ARRAY, false, offsetof(struct create_body, invite), ROOM_CREATE_MAX_INVITE,
		false},
	{"invite_3pid", FIELD_ARRAY, false, offsetof(struct create_body, invite_3pid), 0, false},
	{"creation_content", FIELD_OBJECT, false, offsetof(struct create_body, creation_content), 0,
		false},
	{"initial_state", FIELD_ARRAY, false, offsetof(struct create_body, initial_state),
		ROOM_CREATE_MAX_STATE, false},
	{"power_level_content_override", FIELD_OBJECT, false,
		offsetof(struct create_body, power_override), 0, false},
	{"is_direct", FIELD_BOOL, false, offsetof(struct create_body, is_direct), 0, false},
};

struct create_job {
	struct room_creation creation;
	struct arena *arena;
	struct str room_id;
	const char *why;
};

static enum status create_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct create_job *job = arg;
	struct str room_id;
	enum status status = room_create(tx, &job->creation, &room_id, &job->why);

	if (status == STATUS_OK)
		job->room_id = arena_str(job->arena, room_id);
	return status;
}

static bool read_version(struct http_reply *reply, struct str name, const struct room_version **out)
{
	*out = room_version_find(name.p == NULL ? STR(ROOM_VERSION_DEFAULT) : name);
	if (*out != NULL)
		return true;
	(void)http_error(reply, 400, "M_UNSUPPORTED_ROOM_VERSION",
		"This server does not know the room version");
	return false;
}

static bool read_preset(
	struct http_reply *reply, const struct create_body *body, enum room_preset *out)
{
	bool is_public = str_eq_c(body->visibility, "public");

	if (body->visibility.p != NULL && !is_public && !str_eq_c(body->visibility, "private")) {
		(void)http_error(
			reply, 400, "M_INVALID_PARAM", "visibility must be public or private");
		return false;
	}
	if (body->preset.p == NULL)
		*out = is_public ? PRESET_PUBLIC : PRESET_PRIVATE;
	else if (str_eq_c(body->preset, "private_chat"))
		*out = PRESET_PRIVATE;
	else if (str_eq_c(body->preset, "trusted_private_chat"))
		*out = PRESET_TRUSTED_PRIVATE;
	else if (str_eq_c(body->preset, "public_chat"))
		*out = PRESET_PUBLIC;
	else {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "The preset is not known");
		return false;
	}
	return true;
}

static bool read_alias(struct http_request *request, struct http_reply *reply, struct str localpart,
	struct str *out)
{
	const struct homeserver *hs = api_homeserver(request);
	struct matrix_id id;

	if (localpart.n == 0)
		return true;
	*out = arena_printf(
		request->arena, "#%.*s:%.*s", STR_FMT(localpart), STR_FMT(hs->server_name));
	if (room_alias_parse(*out, &id) != STATUS_OK || !str_eq(id.localpart, localpart)) {
		(void)http_error(reply, 400, "M_INVALID_PARAM",
			"room_alias_name may hold neither ':' nor spaces and must be short");
		return false;
	}
	if (appservices_exclusive_alias(
		    hs->appservices, *out, api_requester(request)->appservice) != NULL) {
		(void)http_error(reply, 400, "M_EXCLUSIVE",
			"The alias is reserved for an application service");
		return false;
	}
	return true;
}

static bool check_invites(
	struct http_request *request, struct http_reply *reply, const struct create_body *body)
{
	for (size_t i = 0; i < json_count(body->invite); i++)
		if (!rooms_user_reachable(request, reply, json_str(json_at(body->invite, i))) ||
			!rooms_invite_permitted(request, reply, json_str(json_at(body->invite, i))))
			return false;
	return true;
}

static enum http_outcome create_failed(
	struct http_reply *reply, enum status status, const char *why)
{
	if (status == STATUS_EXISTS)
		return http_error(reply, 400, "M_ROOM_IN_USE", "The room alias is taken");
	if (status == STATUS_DENIED)
		return http_error(reply, 400, "M_INVALID_ROOM_STATE", "%s",
			why != NULL ? why : "The initial state breaks the rules");
	return rooms_error(reply, status, why);
}

static enum http_outcome room_post(struct http_request *request, struct http_reply *reply)
{
	const struct requester *who = api_requester(request);
	struct create_body body = {0};
	struct create_job job = {.arena = request->arena};
	struct room_creation *creation = &job.creation;
	struct rooms_addresses addresses;
	IDENTITY_SCOPE(identity, request, reply);
	enum status status;

	if (!API_READ_BODY(request, reply, create_fields, &body) ||
		!read_version(reply, body.room_version, &creation->version) ||
		!read_preset(reply, &body, &creation->preset) ||
		!read_alias(request, reply, body.alias_name, &creation->alias) ||
		!check_invites(request, reply, &body) ||
		!rooms_addresses_lookup(
			&identity, body.invite_3pid, body.invite, &addresses, &creation->invite))
		return HTTP_REPLY;
	creation->creator = who->user_id;
	creation->creation_content = body.creation_content;
	creation->power_override = body.power_override;
	creation->initial_state = body.initial_state;
	creation->name = body.name;
	creation->topic = body.topic;
	creation->publish = str_eq_c(body.visibility, "public");
	creation->is_direct = body.is_direct;
	creation->origin_server_ts = who->timestamp;
	status = room_creation_check(creation, &job.why);
	if (status == STATUS_OK)
		status = api_write(request, create_change, &job);
	if (status != STATUS_OK)
		return create_failed(reply, status, job.why);
	/* What fails from here on leaves the room: it cannot be unmade. */
	if (!rooms_addresses_invite(&identity, &addresses, job.room_id))
		return HTTP_REPLY;
	jw_object(&reply->json);
	jw_put_str(&reply->json, "room_id", job.room_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/createRoom", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON,
		CREATE_BODY_MAX, room_post},
};
extern const struct http_routes api_rooms_create_routes;
const struct http_routes api_rooms_create_routes = {rows, ARRAY_LEN(rows)};
