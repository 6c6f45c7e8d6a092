/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Account registration"; application-service API: "Server admin style
 * permissions". */
#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"
#include "config/config.h"
#include "homeserver/api/admit.h"
#include "homeserver/api/api.h"
#include "homeserver/api/passwords.h"
#include "homeserver/api/session.h"
#include "homeserver/api/uia.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/store/account_store.h"

#define PASSWORD_MIN_BYTES    8
#define GENERATED_NAME_LENGTH 12
#define GUEST_NAME_LENGTH     16

static enum http_outcome register_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome available_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome validity_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/register", AUTH_NONE, LIMIT_REGISTER, BODY_JSON, 0,
		register_post},
	{HTTP_GET, "/_matrix/client/r0|v3/register/available", AUTH_NONE, LIMIT_LOGIN, BODY_NONE, 0,
		available_get},
	{HTTP_GET, "/_matrix/client/v1/register/m.login.registration_token/validity", AUTH_NONE,
		LIMIT_LOGIN, BODY_NONE, 0, validity_get},
};

const struct http_routes api_register_routes = {routes, ARRAY_LEN(routes)};

struct register_body {
	struct str type;
	struct str username;
	struct str password;
	struct str device_id;
	struct str display_name;
	bool inhibit_login;
	bool refresh_token;
	struct str guest_access_token;
};

static const struct json_field register_fields[] = {
	{"type", FIELD_STR, false, offsetof(struct register_body, type), 100, false},
	{"username", FIELD_STR, false, offsetof(struct register_body, username), 0, false},
	{"password", FIELD_STR, false, offsetof(struct register_body, password), PASSWORD_MAX_BYTES,
		false},
	{"device_id", FIELD_STR, false, offsetof(struct register_body, device_id), 255, false},
	{"initial_device_display_name", FIELD_STR, false,
		offsetof(struct register_body, display_name), 0, false},
	{"inhibit_login", FIELD_BOOL, false, offsetof(struct register_body, inhibit_login), 0,
		false},
	{"refresh_token", FIELD_BOOL, false, offsetof(struct register_body, refresh_token), 0,
		false},
	{"guest_access_token", FIELD_STR, false, offsetof(struct register_body, guest_access_token),
		1000, false},
};

/* The id that a wish for a user name leads to: checked before and, in the change, after
 * authentication. Answers and returns false when it cannot be had. */
static bool wanted_user_id(struct http_request *request, struct http_reply *reply,
	struct str username, const struct appservice *asker, struct str *out)
{
	struct homeserver *hs = api_homeserver(request);
	struct matrix_id id;
	if (username.p == NULL)
		username = secret_token(request->arena, GENERATED_NAME_LENGTH);
	if (username.n == 0 || username.p[0] == '@' ||
		session_user_id(request->arena, hs->server_name, username, out) != STATUS_OK ||
		user_id_parse(*out, &id) != STATUS_OK || !user_localpart_is_new(id.localpart)) {
		(void)http_error(reply, 400, "M_INVALID_USERNAME",
			"A user name is made of a-z, 0-9 and . _ = - / +, and not too long");
		return false;
	}
	if (asker != NULL ? !appservice_is_user(asker, *out)
			  : appservices_exclusive_user(hs->appservices, *out, NULL) != NULL) {
		(void)http_error(reply, 400, "M_EXCLUSIVE",
			"This user name is reserved for an application service");
		return false;
	}
	struct account account;
	enum status status = account_find(api_db(request), request->arena, *out, &account);
	if (status == STATUS_OK)
		(void)http_error(reply, 400, "M_USER_IN_USE", "This user name is taken");
	else if (status != STATUS_NOT_FOUND)
		(void)api_status(reply, status, NULL);
	return status == STATUS_NOT_FOUND;
}

struct register_change {
	struct account account;
	bool upgrades; /* the account is there, as a guest's */
	struct session session;
	bool login;
};

static enum status register_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct register_change *change = arg;
	enum status status = change->upgrades ? account_upgrade_guest(tx, change->account.user_id,
							change->account.password)
					      : account_create(tx, &change->account);
	if (status == STATUS_OK && change->login)
		status = session_open(tx, &change->session);
	return status;
}

static enum http_outcome create(struct http_request *request, struct http_reply *reply,
	const struct register_body *body, const struct account *account)
{
	struct register_change change = {
		.account = *account,
		.upgrades = body->guest_access_token.p != NULL,
		.login = !body->inhibit_login,
	};
	if (session_prepare(request->arena, account->user_id, body->device_id, body->display_name,
		    body->refresh_token, account->created_ts, &change.session) != STATUS_OK)
		return http_error(
			reply, 400, "M_INVALID_PARAM", "\"device_id\" is not a device id");
	enum status status = api_write(request, register_change, &change);
	if (status == STATUS_EXISTS || status == STATUS_NOT_FOUND)
		return http_error(reply, 400, "M_USER_IN_USE", "This user name is taken");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	struct str server_name = api_homeserver(request)->server_name;
	jw_object(&reply->json);
	if (change.login) {
		session_write(&reply->json, &change.session, server_name);
	} else {
		jw_put_str(&reply->json, "user_id", account->user_id);
		jw_put_str(&reply->json, "home_server", server_name);
	}
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome register_ghost(
	struct http_request *request, struct http_reply *reply, const struct register_body *body)
{
	const struct appservice *appservice = admit_appservice(request);
	struct str user_id;
	if (admit_token(request).n == 0)
		return http_error(
			reply, 401, "M_MISSING_TOKEN", "The application service's token is needed");
	if (appservice == NULL)
		return admit_unknown_token(reply, false);
	if (body->username.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"username\" is missing");
	/* It will name its ghost as it wrote it, so the name is not mapped to another. */
	if (!user_localpart_is_new(body->username))
		return http_error(reply, 400, "M_INVALID_USERNAME",
			"A user name is made of a-z, 0-9 and . _ = - / +");
	if (!wanted_user_id(request, reply, body->username, appservice, &user_id))
		return HTTP_REPLY;
	const struct account account = {
		.user_id = user_id,
		.appservice_id = appservice->id,
		.created_ts = clock_wall_ms(),
	};
	return create(request, reply, body, &account);
}

static enum uia_result authenticate(
	struct http_request *request, struct http_reply *reply, struct password_turn *turn)
{
	static const struct uia_flow open = {{UIA_DUMMY}};
	static const struct uia_flow token = {{UIA_REGISTRATION_TOKEN}};
	bool is_open =
		api_homeserver(request)->config->homeserver.registration == REGISTRATION_OPEN;
	const struct uia_check check = {is_open ? &open : &token, 1, STR_EMPTY};
	return uia_require(request, reply, &check, turn);
}

/* A guest who registers keeps their user id: the token tells who they are, and the user name must
 * say so too. false: the reply is filled. */
static bool guest_user_id(struct http_request *request, struct http_reply *reply,
	const struct register_body *body, struct str *out)
{
	struct str server_name = api_homeserver(request)->server_name;
	struct token_owner owner;
	enum status status = token_find_access(
		api_db(request), request->arena, body->guest_access_token, &owner);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		(void)api_status(reply, status, NULL);
	else if (status == STATUS_NOT_FOUND || !owner.is_guest)
		(void)http_error(
			reply, 403, "M_FORBIDDEN", "\"guest_access_token\" is not a guest's token");
	else if (body->username.p == NULL)
		(void)http_error(reply, 400, "M_MISSING_PARAM", "\"username\" is missing");
	else if (session_user_id(request->arena, server_name, body->username, out) != STATUS_OK ||
		 !str_eq(*out, owner.user_id))
		(void)http_error(reply, 400, "M_INVALID_USERNAME",
			"A guest registers under the name they have");
	else
		return true;
	return false;
}

static enum http_outcome register_guest(
	struct http_request *request, struct http_reply *reply, const struct register_body *body)
{
	struct homeserver *hs = api_homeserver(request);
	struct register_body wish = {.display_name = body->display_name};
	struct str name;
	if (!hs->config->homeserver.guests)
		return http_error(reply, 403, "M_FORBIDDEN", "Guest accounts are not offered");
	name = arena_printf(request->arena, "guest-%.*s",
		STR_FMT(secret_token(request->arena, GUEST_NAME_LENGTH)));
	struct account account = {.created_ts = clock_wall_ms(), .is_guest = true};
	if (session_user_id(request->arena, hs->server_name, name, &account.user_id) != STATUS_OK)
		return api_status(reply, STATUS_INTERNAL, NULL);
	return create(request, reply, &wish, &account);
}

static enum http_outcome register_user(
	struct http_request *request, struct http_reply *reply, const struct register_body *body)
{
	struct str user_id;
	if (api_homeserver(request)->config->homeserver.registration == REGISTRATION_CLOSED)
		return http_error(reply, 403, "M_FORBIDDEN",
			"Registration is closed: ask the administrator for an account");
	if (body->guest_access_token.p != NULL
			? !guest_user_id(request, reply, body, &user_id)
			: !wanted_user_id(request, reply, body->username, NULL, &user_id))
		return HTTP_REPLY;
	if (body->password.p != NULL && body->password.n < PASSWORD_MIN_BYTES)
		return http_error(reply, 400, "M_WEAK_PASSWORD",
			"A password needs at least %d characters", PASSWORD_MIN_BYTES);
	PASSWORD_TURN(turn, request);
	enum uia_result result = authenticate(request, reply, &turn);
	if (result != UIA_PASSED)
		return result == UIA_PARKED ? HTTP_PARK : HTTP_REPLY;
	if (body->password.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"password\" is missing");
	if (!password_turn_take(&turn))
		return HTTP_PARK;
	const struct account account = {
		.user_id = user_id,
		.password = password_encode(&turn, body->password),
		.created_ts = clock_wall_ms(),
	};
	password_turn_end(&turn);
	enum http_outcome outcome = create(request, reply, body, &account);
	if (reply->status == 200)
		uia_finish(request);
	return outcome;
}

static enum http_outcome register_post(struct http_request *request, struct http_reply *reply)
{
	struct register_body body = {.type = STR_EMPTY};
	struct str kind = http_query(request, "kind");
	bool is_guest = str_eq_c(kind, "guest");
	if (kind.p != NULL && !is_guest && !str_eq_c(kind, "user"))
		return http_error(reply, 400, "M_INVALID_PARAM", "Unknown kind of account");
	if (!API_READ_BODY(request, reply, register_fields, &body))
		return HTTP_REPLY;
	if (is_guest)
		return register_guest(request, reply, &body);
	if (str_eq_c(body.type, "m.login.application_service"))
		return register_ghost(request, reply, &body);
	return register_user(request, reply, &body);
}

static enum http_outcome available_get(struct http_request *request, struct http_reply *reply)
{
	struct str user_id;
	struct str username = http_query(request, "username");
	if (username.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"username\" is missing");
	if (!wanted_user_id(request, reply, username, NULL, &user_id))
		return HTTP_REPLY;
	jw_object(&reply->json);
	jw_put_bool(&reply->json, "available", true);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome validity_get(struct http_request *request, struct http_reply *reply)
{
	const struct config_homeserver *config = &api_homeserver(request)->config->homeserver;
	struct str token = http_query(request, "token");
	if (token.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"token\" is missing");
	if (config->registration != REGISTRATION_TOKEN)
		return http_error(
			reply, 403, "M_FORBIDDEN", "Registration with a token is not offered");
	jw_object(&reply->json);
	jw_put_bool(&reply->json, "valid", uia_registration_token_ok(request, token));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
