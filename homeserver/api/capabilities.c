/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Capabilities negotiation". */
#include "homeserver/api/api.h"
#include "homeserver/room/room_version.h"
#include "homeserver/store/account_store.h"

static enum http_outcome capabilities_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/capabilities", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		capabilities_get},
};

const struct http_routes api_capabilities_routes = {routes, ARRAY_LEN(routes)};

static void write_flag(struct json_writer *w, const char *name, bool enabled)
{
	jw_put_object(w, name);
	jw_put_bool(w, "enabled", enabled);
	jw_object_end(w);
}

static void write_room_versions(struct json_writer *w)
{
	size_t count;
	const struct room_version *all = room_version_all(&count);
	jw_put_object(w, "m.room_versions");
	jw_put_c_str(w, "default", ROOM_VERSION_DEFAULT);
	jw_put_object(w, "available");
	for (size_t i = 0; i < count; i++) {
		jw_key_str(w, all[i].name);
		jw_c_str(w, "stable");
	}
	jw_object_end(w);
	jw_object_end(w);
}

static enum http_outcome capabilities_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct account account = {.password = STR_EMPTY};
	enum status status = account_find(
		api_db(request), request->arena, api_requester(request)->user_id, &account);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return api_status(reply, status, NULL);
	/* Both ask for the present password first. */
	bool has_password = account.password.p != NULL;
	jw_object(w);
	jw_put_object(w, "capabilities");
	write_flag(w, "m.change_password", has_password);
	write_room_versions(w);
	write_flag(w, "m.profile_fields", true);
	write_flag(w, "m.set_displayname", true);
	write_flag(w, "m.set_avatar_url", true);
	write_flag(w, "m.3pid_changes", false);
	write_flag(w, "m.get_login_token", has_password);
	write_flag(w, "m.forget_forced_upon_leave", false);
	if (api_requester(request)->is_admin) {
		jw_put_object(w, "m.account_moderation");
		jw_put_bool(w, "suspend", true);
		jw_put_bool(w, "lock", true);
		jw_object_end(w);
	}
	write_flag(w, "uk.tcpip.msc4133.profile_fields", true);
	jw_object_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}
