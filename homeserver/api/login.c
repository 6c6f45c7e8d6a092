/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Login", "Refreshing access tokens", "Appservice Login". */
#include "common/base/clock.h"
#include "homeserver/api/admit.h"
#include "homeserver/api/api.h"
#include "homeserver/api/passwords.h"
#include "homeserver/api/session.h"
#include "homeserver/api/uia.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/store/account_store.h"

#define LOGIN_TOKEN_MS	(2 * 60 * 1000)
#define TOKEN_MAX_BYTES 255

static enum http_outcome login_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome login_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome get_token_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome refresh_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/login", AUTH_NONE, LIMIT_READ, BODY_NONE, 0, login_get},
	{HTTP_POST, "/_matrix/client/r0|v3/login", AUTH_NONE, LIMIT_LOGIN, BODY_JSON, 0,
		login_post},
	{HTTP_POST, "/_matrix/client/v1/login/get_token", AUTH_USER, LIMIT_LOGIN,
		BODY_JSON_OPTIONAL, 0, get_token_post},
	{HTTP_POST, "/_matrix/client/v3/refresh", AUTH_NONE, LIMIT_LOGIN, BODY_JSON, 0,
		refresh_post},
};

const struct http_routes api_login_routes = {routes, ARRAY_LEN(routes)};

struct login_body {
	struct str type;
	const struct json *identifier;
	struct str user;
	struct str password;
	struct str token;
	struct str device_id;
	struct str display_name;
	bool refresh_token;
};

static const struct json_field login_fields[] = {
	{"type", FIELD_STR, true, offsetof(struct login_body, type), 100, false},
	{"identifier", FIELD_OBJECT, false, offsetof(struct login_body, identifier), 0, false},
	{"user", FIELD_STR, false, offsetof(struct login_body, user), 255, false},
	{"password", FIELD_STR, false, offsetof(struct login_body, password), PASSWORD_MAX_BYTES,
		false},
	{"token", FIELD_STR, false, offsetof(struct login_body, token), TOKEN_MAX_BYTES, false},
	{"device_id", FIELD_STR, false, offsetof(struct login_body, device_id), 255, false},
	{"initial_device_display_name", FIELD_STR, false, offsetof(struct login_body, display_name),
		0, false},
	{"refresh_token", FIELD_BOOL, false, offsetof(struct login_body, refresh_token), 0, false},
};

static enum http_outcome login_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	(void)request;
	jw_object(w);
	jw_put_array(w, "flows");
	jw_object(w);
	jw_put_c_str(w, "type", "m.login.password");
	jw_object_end(w);
	jw_object(w);
	jw_put_c_str(w, "type", "m.login.token");
	jw_put_bool(w, "get_login_token", true);
	jw_object_end(w);
	jw_object(w);
	jw_put_c_str(w, "type", "m.login.application_service");
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

struct login_change {
	struct session session;
	struct str login_token; /* p == NULL: not m.login.token */
	int64_t now;
};

static enum status login_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct login_change *change = arg;
	struct str user_id;
	enum status status = STATUS_OK;
	if (change->login_token.p != NULL)
		status = token_take_short(
			tx, TOKEN_LOGIN, change->login_token, change->now, &user_id);
	/* Deactivated in the meantime? */
	if (status == STATUS_OK)
		status = account_exists(tx->db, change->session.user_id);
	return status == STATUS_OK ? session_open(tx, &change->session) : status;
}

static enum http_outcome forbidden(struct http_reply *reply)
{
	return http_error(reply, 403, "M_FORBIDDEN", "Invalid username or password");
}

static enum http_outcome open_session(struct http_request *request, struct http_reply *reply,
	const struct login_body *body, struct str user_id, struct str login_token)
{
	struct login_change change = {.login_token = login_token, .now = clock_wall_ms()};
	struct account account = {.locked = false};
	enum status status = account_find(api_db(request), request->arena, user_id, &account);
	if (status == STATUS_OK && account.locked)
		return admit_locked(reply);
	status = session_prepare(request->arena, user_id, body->device_id, body->display_name,
		body->refresh_token, change.now, &change.session);
	if (status != STATUS_OK)
		return http_error(
			reply, 400, "M_INVALID_PARAM", "\"device_id\" is not a device id");
	status = api_write(request, login_change, &change);
	if (status == STATUS_NOT_FOUND)
		return forbidden(reply);
	if (status == STATUS_TOO_LARGE)
		return http_error(reply, 403, "M_FORBIDDEN", "This account has too many devices");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	session_write(&reply->json, &change.session, api_homeserver(request)->server_name);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* Whom the body names; false when it is nobody who could be of this server. */
static bool named_user(
	struct http_request *request, const struct login_body *body, struct str *user_id_out)
{
	struct str name = body->user;
	if (body->identifier != NULL) {
		if (!str_eq_c(json_str(json_get(body->identifier, "type")), "m.id.user"))
			return false;
		name = json_str(json_get(body->identifier, "user"));
	}
	return session_user_id(request->arena, api_homeserver(request)->server_name, name,
		       user_id_out) == STATUS_OK;
}

static enum http_outcome login_password(
	struct http_request *request, struct http_reply *reply, const struct login_body *body)
{
	struct str user_id;
	if (body->password.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"password\" is missing");
	if (!named_user(request, body, &user_id))
		return forbidden(reply);
	PASSWORD_TURN(turn, request);
	if (!password_turn_take(&turn))
		return HTTP_PARK;
	if (!admit_password_try(request, reply, user_id))
		return HTTP_REPLY;
	struct account account = {.password = STR_EMPTY};
	enum status status = account_find(api_db(request), request->arena, user_id, &account);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return api_status(reply, status, NULL);
	bool matches = password_check(&turn, account.password, body->password);
	password_turn_end(&turn);
	if (account.deactivated)
		return http_error(
			reply, 403, "M_USER_DEACTIVATED", "This account has been deactivated");
	if (!matches)
		return forbidden(reply);
	return open_session(request, reply, body, user_id, STR_EMPTY);
}

static enum http_outcome login_token(
	struct http_request *request, struct http_reply *reply, const struct login_body *body)
{
	struct str user_id;
	if (body->token.n == 0)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"token\" is missing");
	enum status status = token_find_short(api_db(request), request->arena, TOKEN_LOGIN,
		body->token, clock_wall_ms(), &user_id);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 403, "M_FORBIDDEN", "Unknown or expired login token");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return open_session(request, reply, body, user_id, body->token);
}

static enum http_outcome login_appservice(
	struct http_request *request, struct http_reply *reply, const struct login_body *body)
{
	struct str user_id;
	const struct appservice *appservice = admit_appservice(request);
	if (admit_token(request).n == 0)
		return http_error(
			reply, 401, "M_MISSING_TOKEN", "The application service's token is needed");
	if (appservice == NULL || !named_user(request, body, &user_id))
		return http_error(reply, 403, "M_FORBIDDEN", "Not an application service's user");
	if (!appservice_is_user(appservice, user_id))
		return http_error(reply, 400, "M_EXCLUSIVE",
			"The user is not in the application service's namespace");
	enum status status = account_exists(api_db(request), user_id);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 403, "M_FORBIDDEN", "The user has not been registered");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return open_session(request, reply, body, user_id, STR_EMPTY);
}

static enum http_outcome login_post(struct http_request *request, struct http_reply *reply)
{
	struct login_body body = {.user = STR_EMPTY};
	if (!API_READ_BODY(request, reply, login_fields, &body))
		return HTTP_REPLY;
	if (str_eq_c(body.type, "m.login.password"))
		return login_password(request, reply, &body);
	if (str_eq_c(body.type, "m.login.token"))
		return login_token(request, reply, &body);
	if (str_eq_c(body.type, "m.login.application_service"))
		return login_appservice(request, reply, &body);
	return http_error(reply, 400, "M_UNKNOWN", "Unknown login type");
}

static enum http_outcome get_token_post(struct http_request *request, struct http_reply *reply)
{
	PASSWORD_TURN(turn, request);
	enum uia_result result = uia_require_password(request, reply, &turn);
	if (result != UIA_PASSED)
		return result == UIA_PARKED ? HTTP_PARK : HTTP_REPLY;
	password_turn_end(&turn);
	struct str token;
	enum status status = session_short_token(
		request, TOKEN_LOGIN, api_requester(request)->user_id, LOGIN_TOKEN_MS, &token);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	uia_finish(request);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "login_token", token);
	jw_put_int(&reply->json, "expires_in_ms", LOGIN_TOKEN_MS);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

struct refresh_change {
	struct str old_token;
	struct session session;
};

static enum status refresh_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct refresh_change *change = arg;
	struct token_owner owner;
	enum status status = token_find_refresh(tx->db, tx->arena, change->old_token, &owner);
	if (status == STATUS_OK && owner.locked)
		status = STATUS_DENIED;
	if (status == STATUS_OK)
		status = token_refresh_used(tx, change->old_token);
	if (status != STATUS_OK)
		return status;
	const struct token_pair pair = {
		.user_id = owner.user_id,
		.device_id = owner.device_id,
		.access = change->session.access_token,
		.refresh = change->session.refresh_token,
		.expires_ts = change->session.expires_ts,
		.replaces = change->old_token,
	};
	return token_add_pair(tx, &pair);
}

struct refresh_body {
	struct str refresh_token;
};

static const struct json_field refresh_fields[] = {
	{"refresh_token", FIELD_STR, true, offsetof(struct refresh_body, refresh_token),
		TOKEN_MAX_BYTES, false},
};

static enum http_outcome refresh_post(struct http_request *request, struct http_reply *reply)
{
	struct refresh_body body = {.refresh_token = STR_EMPTY};
	struct refresh_change change;
	if (!API_READ_BODY(request, reply, refresh_fields, &body))
		return HTTP_REPLY;
	change.old_token = body.refresh_token;
	enum status status = session_prepare(request->arena, STR_EMPTY, STR_EMPTY, STR_EMPTY, true,
		clock_wall_ms(), &change.session);
	if (status == STATUS_OK)
		status = api_write(request, refresh_change, &change);
	if (status == STATUS_NOT_FOUND)
		return admit_unknown_token(reply, false);
	if (status == STATUS_DENIED)
		return admit_locked(reply);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "access_token", change.session.access_token);
	jw_put_str(&reply->json, "refresh_token", change.session.refresh_token);
	jw_put_int(&reply->json, "expires_in_ms", change.session.expires_in_ms);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
