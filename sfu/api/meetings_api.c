/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/meetings_api.h"

#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "config/config.h"
#include "sfu/api/guest_link.h"
#include "sfu/api/openid.h"
#include "sfu/api/tokens.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/sfu.h"
#include "sfu/store/meetings_store.h"

#define ID_CHARACTERS	 16
#define NAME_MAX_BYTES	 64
#define DEVICE_MAX	 64
#define DAY_S		 86400
#define LINK_MAX_S	 (7 * DAY_S)
#define WAITING_TOKEN_MS (2 * 3600 * 1000)

static enum http_outcome config_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome meeting_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome meeting_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome join_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome guest_link_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/api/config", 0, LIMIT_NONE, BODY_NONE, 0, config_get},
	{HTTP_POST, "/api/meetings", 0, LIMIT_ASK, BODY_JSON, 0, meeting_post},
	{HTTP_GET, "/api/meetings/{id}", 0, LIMIT_NONE, BODY_NONE, 0, meeting_get},
	{HTTP_POST, "/api/meetings/{id}/join", 0, LIMIT_ASK, BODY_JSON, 0, join_post},
	{HTTP_POST, "/api/meetings/{id}/guest-link", 0, LIMIT_ASK, BODY_JSON, 0, guest_link_post},
};

const struct http_routes api_meetings_routes = {routes, ARRAY_LEN(routes)};

/* --- reading ---------------------------------------------------------------------------------- */

/* One line of text, trimmed; false: 400 is in the reply. */
static bool read_line(struct http_request *request, struct http_reply *reply, const char *key,
	size_t max, bool required, struct str *out)
{
	const struct json *value = json_get(request->json, key);
	struct str text = str_trim(json_str(value));
	if (value == NULL && !required) {
		*out = STR_EMPTY;
		return true;
	}
	if (value == NULL) {
		(void)http_error(reply, 400, "M_MISSING_PARAM", "Missing: %s", key);
		return false;
	}
	bool clean = json_is(value, JSON_STRING) && text.n > 0 && text.n <= max;
	for (size_t i = 0; clean && i < text.n; i++)
		clean = (unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f;
	if (!clean)
		(void)http_error(reply, 400, "M_INVALID_PARAM",
			"%s must be one line of 1 to %zu bytes", key, max);
	*out = text;
	return clean;
}

static bool read_device(struct http_request *request, struct http_reply *reply, struct str *out)
{
	static const char allowed[] = "._=/+-";
	if (!read_line(request, reply, "device_id", DEVICE_MAX, false, out))
		return false;
	for (size_t i = 0; i < out->n; i++) {
		char c = out->p[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || strchr(allowed, c) != NULL;
		if (!fine) {
			(void)http_error(reply, 400, "M_INVALID_PARAM",
				"device_id takes [A-Za-z0-9%s] only", allowed);
			return false;
		}
	}
	return true;
}

static bool read_account(struct http_request *request, struct http_reply *reply, struct str *out)
{
	const struct json *token = json_get(request->json, "openid_token");
	if (token != NULL)
		return openid_check(request, reply, token, out);
	(void)http_error(reply, 400, "M_MISSING_PARAM", "Missing: openid_token");
	return false;
}

/* A meeting as it stands now. */
struct view {
	struct meeting_row row;
	struct str room;
	int64_t ends_ms; /* 0: nobody has come yet */
	unsigned taken;
	bool ended;
};

static bool find_meeting(struct http_request *request, struct http_reply *reply, struct view *out)
{
	struct str id = request->params[0];
	*out = (struct view){0};
	enum status status =
		meetings_store_get(api_worker_of(request)->db, request->arena, id, &out->row);
	if (status != STATUS_OK) {
		(void)(status == STATUS_NOT_FOUND
				? http_error(reply, 404, "M_NOT_FOUND", "No such meeting")
				: http_error(reply, 500, "M_UNKNOWN", "The database failed"));
		return false;
	}
	out->room = arena_printf(request->arena, CALLED_ROOM_PREFIX "%.*s", STR_FMT(id));
	const struct occupancy_view seats =
		occupancy_look(api_sfu(request)->occupancy, out->room, STR_EMPTY);
	out->taken = seats.taken;
	out->ends_ms =
		out->row.started_ms != 0 ? out->row.started_ms + MEETING_LENGTH_MS : seats.ends_ms;
	out->ended = out->ends_ms != 0 && clock_wall_ms() >= out->ends_ms;
	return true;
}

static bool find_open_meeting(
	struct http_request *request, struct http_reply *reply, struct view *out)
{
	if (!find_meeting(request, reply, out))
		return false;
	if (out->ended)
		(void)http_error(reply, 410, "PARVIS_MEETING_ENDED", "The meeting is over");
	return !out->ended;
}

static void put_ends_at(struct json_writer *w, const struct view *view)
{
	jw_key(w, "ends_at");
	if (view->ends_ms == 0)
		jw_null(w);
	else
		jw_int(w, view->ends_ms);
}

/* --- handlers --------------------------------------------------------------------------------- */

static enum http_outcome config_get(struct http_request *request, struct http_reply *reply)
{
	const struct config *config = api_sfu(request)->config;
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "server_name", config->server_name);
	jw_put_c_str(&reply->json, "homeserver_url", config->homeserver.public_url);
	jw_put_c_str(&reply->json, "signal_url", config->sfu.signal_url);
	jw_put_int(&reply->json, "seats", MEETING_SEATS);
	jw_put_int(&reply->json, "minutes", MEETING_MINUTES);
	jw_object_end(&reply->json);
	http_reply_header(reply, "Cache-Control", "no-cache");
	return HTTP_REPLY;
}

static enum status add_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return meetings_store_add(tx, arg);
}

static enum http_outcome meeting_post(struct http_request *request, struct http_reply *reply)
{
	struct meeting_row row = {.created_ms = clock_wall_ms()};
	if (!read_line(request, reply, "objective", OBJECTIVE_MAX, true, &row.objective) ||
		!read_account(request, reply, &row.creator))
		return HTTP_REPLY;
	row.id = secret_token(request->arena, ID_CHARACTERS);
	if (db_write(api_sfu(request)->writer, add_change, &row) != STATUS_OK)
		return http_error(reply, 500, "M_UNKNOWN", "The meeting could not be saved");
	reply->status = 201;
	jw_object(&reply->json);
	jw_put_str(&reply->json, "id", row.id);
	jw_put_str(&reply->json, "link",
		arena_printf(request->arena, "%s/m/%.*s", api_sfu(request)->config->sfu.public_url,
			STR_FMT(row.id)));
	jw_put_str(&reply->json, "objective", row.objective);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome meeting_get(struct http_request *request, struct http_reply *reply)
{
	struct view view;
	struct json_writer *w = &reply->json;
	if (!find_meeting(request, reply, &view))
		return HTTP_REPLY;
	jw_object(w);
	jw_put_str(w, "id", view.row.id);
	jw_put_str(w, "objective", view.row.objective);
	jw_put_c_str(w, "state", view.ended ? "ended" : view.ends_ms == 0 ? "waiting" : "running");
	jw_put_int(w, "created_at", view.row.created_ms);
	put_ends_at(w, &view);
	jw_put_object(w, "seats");
	jw_put_int(w, "taken", view.taken);
	jw_put_int(w, "total", MEETING_SEATS);
	jw_object_end(w);
	jw_object_end(w);
	http_reply_header(reply, "Cache-Control", "no-store");
	return HTTP_REPLY;
}

static enum http_outcome give(struct http_request *request, struct http_reply *reply,
	const struct view *view, struct grants *who)
{
	struct json_writer *w = &reply->json;
	int64_t until = view->ends_ms != 0 ? view->ends_ms : clock_wall_ms() + WAITING_TOKEN_MS;
	who->room = view->room;
	who->expires_s = until / 1000;
	if (!tokens_seat(request, reply, who->room, who->identity))
		return HTTP_REPLY;
	jw_object(w);
	jw_put_c_str(w, "url", api_sfu(request)->config->sfu.signal_url);
	jw_put_str(w, "token", tokens_make(request, who));
	jw_put_str(w, "identity", who->identity);
	jw_put_str(w, "objective", view->row.objective);
	put_ends_at(w, view);
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome join_as_guest(
	struct http_request *request, struct http_reply *reply, const struct view *view)
{
	struct str key = api_sfu(request)->api_secret, secret, device;
	struct grants who = {0};
	if (!read_line(request, reply, "guest", GUEST_SECRET_MAX, true, &secret) ||
		!read_line(request, reply, "name", NAME_MAX_BYTES, true, &who.name) ||
		!read_device(request, reply, &device))
		return HTTP_REPLY;
	switch (guest_link_check(key, view->row.id, secret, clock_wall_ms())) {
	case STATUS_OK:
		break;
	case STATUS_TIMEOUT:
		return http_error(
			reply, 403, "PARVIS_LINK_EXPIRED", "This guest link has had its time");
	default:
		return http_error(
			reply, 403, "M_FORBIDDEN", "This guest link is not of this meeting");
	}
	who.identity = guest_link_identity(request->arena, key, secret, device);
	who.attributes[who.attribute_count++] =
		(struct attribute){STR("parvis.guest"), STR("true")};
	return give(request, reply, view, &who);
}

static enum http_outcome join_post(struct http_request *request, struct http_reply *reply)
{
	struct view view;
	struct grants who = {0};
	struct str user, device;
	struct matrix_id id;
	if (!find_open_meeting(request, reply, &view))
		return HTTP_REPLY;
	if (json_get(request->json, "guest") != NULL)
		return join_as_guest(request, reply, &view);
	if (!read_line(request, reply, "name", NAME_MAX_BYTES, false, &who.name) ||
		!read_device(request, reply, &device) || !read_account(request, reply, &user))
		return HTTP_REPLY;
	if (who.name.n == 0 && user_id_parse(user, &id) == STATUS_OK)
		who.name = id.localpart;
	who.identity = arena_printf(request->arena, "%.*s:%.*s", STR_FMT(user),
		STR_FMT(device.n > 0 ? device : STR("web")));
	if (who.identity.n > IDENTITY_MAX)
		return http_error(reply, 400, "M_INVALID_PARAM", "device_id is too long");
	return give(request, reply, &view, &who);
}

static enum http_outcome guest_link_post(struct http_request *request, struct http_reply *reply)
{
	const struct sfu *sfu = api_sfu(request);
	struct view view;
	struct str user;
	const struct json *wish = json_get(request->json, "expires_in_s");
	int64_t seconds = json_int(wish, wish == NULL ? DAY_S : 0);
	if (!find_open_meeting(request, reply, &view))
		return HTTP_REPLY;
	if (seconds < 1 || seconds > LINK_MAX_S)
		return http_error(reply, 400, "M_INVALID_PARAM",
			"expires_in_s is a number from 1 to %d", LINK_MAX_S);
	if (!read_account(request, reply, &user))
		return HTTP_REPLY;
	int64_t expires_ms = clock_wall_ms() + seconds * 1000;
	if (view.ends_ms != 0 && view.ends_ms < expires_ms)
		expires_ms = view.ends_ms;
	struct str secret =
		guest_link_make(request->arena, sfu->api_secret, view.row.id, expires_ms);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "link",
		arena_printf(request->arena, "%s/m/%.*s#guest=%.*s", sfu->config->sfu.public_url,
			STR_FMT(view.row.id), STR_FMT(secret)));
	jw_put_int(&reply->json, "expires_at", expires_ms);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
