/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Profiles", with the extended fields of v1.16 (MSC4133). */
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/room/profile_propagate.h"
#include "homeserver/store/profile_store.h"

#define DISPLAYNAME_MAX_BYTES 256
#define FIELD_NAME_MAX_BYTES  255
#define PROFILE_MAX_BYTES     (64 * 1024 - 1)

static enum http_outcome profile_get_all(struct http_request *request, struct http_reply *reply);
static enum http_outcome profile_get_field(struct http_request *request, struct http_reply *reply);
static enum http_outcome profile_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome profile_delete(struct http_request *request, struct http_reply *reply);

#define UNSTABLE "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}"

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/profile/{user}", AUTH_NONE, LIMIT_READ, BODY_NONE, 0,
		profile_get_all},
	{HTTP_GET, "/_matrix/client/r0|v3/profile/{user}/{field}", AUTH_NONE, LIMIT_READ, BODY_NONE,
		0, profile_get_field},
	{HTTP_PUT, "/_matrix/client/r0|v3/profile/{user}/{field}", AUTH_ACTIVE_GUEST, LIMIT_WRITE,
		BODY_JSON, 0, profile_put},
	{HTTP_DELETE, "/_matrix/client/r0|v3/profile/{user}/{field}", AUTH_ACTIVE_GUEST,
		LIMIT_WRITE, BODY_NONE, 0, profile_delete},
	{HTTP_GET, UNSTABLE, AUTH_NONE, LIMIT_READ, BODY_NONE, 0, profile_get_all},
	{HTTP_GET, UNSTABLE "/{field}", AUTH_NONE, LIMIT_READ, BODY_NONE, 0, profile_get_field},
	{HTTP_PUT, UNSTABLE "/{field}", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_JSON, 0, profile_put},
	{HTTP_DELETE, UNSTABLE "/{field}", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_NONE, 0,
		profile_delete},
};

const struct http_routes api_profile_routes = {routes, ARRAY_LEN(routes)};

/* Appendices, "Common Namespaced Identifier Grammar". */
static bool field_name_ok(struct str name)
{
	if (name.n == 0 || name.p[0] < 'a' || name.p[0] > 'z')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			  c == '-' || c == '.';
		if (!ok)
			return false;
	}
	return true;
}

static enum status load(
	struct http_request *request, struct profile *profile, struct profile_fields *fields)
{
	struct str user_id = request->params[0];
	enum status status = profile_get(api_db(request), request->arena, user_id, profile);
	if (status == STATUS_OK)
		status = profile_fields_get(api_db(request), request->arena, user_id, fields);
	return status;
}

static enum http_outcome profile_get_all(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct profile profile;
	struct profile_fields fields;
	enum status status = load(request, &profile, &fields);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	if (profile.displayname.p != NULL)
		jw_put_str(w, "displayname", profile.displayname);
	if (profile.avatar_url.p != NULL)
		jw_put_str(w, "avatar_url", profile.avatar_url);
	for (size_t i = 0; i < fields.count; i++) {
		jw_key_str(w, fields.items[i].name);
		jw_raw(w, fields.items[i].value);
	}
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome profile_get_field(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct str name = request->params[1];
	struct profile profile;
	struct profile_fields fields;
	enum status status = load(request, &profile, &fields);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	bool is_name = str_eq_c(name, "displayname");
	struct str value = is_name			  ? profile.displayname
			   : str_eq_c(name, "avatar_url") ? profile.avatar_url
							  : STR_EMPTY;
	if (value.p != NULL) {
		jw_object(w);
		jw_key_str(w, name);
		jw_str(w, value);
		jw_object_end(w);
		return HTTP_REPLY;
	}
	for (size_t i = 0; i < fields.count; i++) {
		if (!str_eq(fields.items[i].name, name))
			continue;
		jw_object(w);
		jw_key_str(w, name);
		jw_raw(w, fields.items[i].value);
		jw_object_end(w);
		return HTTP_REPLY;
	}
	return http_error(reply, 404, "M_NOT_FOUND", "The profile has no such field");
}

struct profile_change {
	struct str user_id;
	struct str name;
	struct str text;  /* displayname and avatar_url: p == NULL removes */
	struct str value; /* other fields: JSON text; p == NULL removes */
};

/* The profile that would be: STATUS_TOO_LARGE when it passes 64 KiB. */
static enum status check_size(struct db_tx *tx, const struct profile_change *change)
	REQUIRES(on_writer)
{
	struct profile_fields fields;
	enum status status = profile_fields_get(tx->db, tx->arena, change->user_id, &fields);
	if (status != STATUS_OK)
		return status;
	/* Room for displayname and avatar_url at their longest. */
	size_t bytes = 2048 + change->name.n + change->value.n + 4;
	for (size_t i = 0; i < fields.count; i++)
		if (!str_eq(fields.items[i].name, change->name))
			bytes += fields.items[i].name.n + fields.items[i].value.n + 4;
	return bytes > PROFILE_MAX_BYTES ? STATUS_TOO_LARGE : STATUS_OK;
}

static enum status profile_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct profile_change *change = arg;
	enum status status;
	if (str_eq_c(change->name, "displayname")) {
		status = profile_set_displayname(tx, change->user_id, change->text);
	} else if (str_eq_c(change->name, "avatar_url")) {
		status = profile_set_avatar_url(tx, change->user_id, change->text);
	} else if (change->value.p == NULL) {
		return profile_remove_field(tx, change->user_id, change->name);
	} else {
		status = check_size(tx, change);
		return status != STATUS_OK ? status
					   : profile_set_field(tx, change->user_id, change->name,
						     change->value);
	}
	return status == STATUS_OK ? profile_propagate(tx, change->user_id) : status;
}

/* The right to change this profile, and a name that can be a field's. */
static bool may_change(struct http_request *request, struct http_reply *reply)
{
	if (!str_eq(request->params[0], api_requester(request)->user_id))
		(void)http_error(
			reply, 403, "M_FORBIDDEN", "You cannot change somebody else's profile");
	else if (api_requester(request)->is_guest && !str_eq_c(request->params[1], "displayname"))
		(void)http_error(reply, 403, "M_GUEST_ACCESS_FORBIDDEN",
			"Guests may only change their display name");
	else if (request->params[1].n > FIELD_NAME_MAX_BYTES)
		(void)http_error(reply, 400, "M_KEY_TOO_LARGE", "The field's name is too long");
	else if (!field_name_ok(request->params[1]))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This cannot be a field's name");
	else
		return true;
	return false;
}

static enum http_outcome apply(
	struct http_request *request, struct http_reply *reply, struct profile_change *change)
{
	enum status status = api_write(request, profile_change, change);
	if (status == STATUS_TOO_LARGE)
		return http_error(reply, 400, "M_PROFILE_TOO_LARGE",
			"A profile may not be larger than 64 KiB");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

/* displayname and avatar_url are texts; empty or null takes them away. */
static bool read_text(
	struct http_reply *reply, const struct json *value, bool is_name, struct str *text_out)
{
	struct str server;
	struct str media;
	struct str text = json_str(value);
	if (text.p == NULL && json_kind(value) != JSON_NULL)
		(void)http_error(reply, 400, "M_BAD_JSON", "The field must be a text");
	else if (is_name && (text.n > DISPLAYNAME_MAX_BYTES || str_contains_nul(text)))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This cannot be a display name");
	else if (!is_name && text.n > 0 &&
		 (text.n > 1000 || mxc_parse(text, &server, &media) != STATUS_OK))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "avatar_url is no mxc:// URI");
	else {
		*text_out = text.n == 0 ? STR_EMPTY : text;
		return true;
	}
	return false;
}

static enum http_outcome profile_put(struct http_request *request, struct http_reply *reply)
{
	if (!may_change(request, reply))
		return HTTP_REPLY;
	struct profile_change change = {
		.user_id = request->params[0],
		.name = request->params[1],
	};
	const struct json *value = json_get_str(request->json, change.name);
	if (value == NULL)
		return http_error(
			reply, 400, "M_MISSING_PARAM", "\"%.*s\" is missing", STR_FMT(change.name));
	bool is_name = str_eq_c(change.name, "displayname");
	if (is_name || str_eq_c(change.name, "avatar_url")) {
		if (!read_text(reply, value, is_name, &change.text))
			return HTTP_REPLY;
		return apply(request, reply, &change);
	}
	BUF_SCOPE(text, PROFILE_MAX_BYTES);
	json_write(value, &text);
	if (buf_status(&text) != STATUS_OK)
		return http_error(reply, 400, "M_PROFILE_TOO_LARGE",
			"A profile may not be larger than 64 KiB");
	change.value = buf_str(&text);
	return apply(request, reply, &change);
}

static enum http_outcome profile_delete(struct http_request *request, struct http_reply *reply)
{
	if (!may_change(request, reply))
		return HTTP_REPLY;
	struct profile_change change = {
		.user_id = request->params[0],
		.name = request->params[1],
	};
	return apply(request, reply, &change);
}
