/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/admit.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "homeserver/api/rate_limits.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/token_store.h"

/* How exact a device's last_seen_ts and last_seen_ip are. A client with two addresses in turn must
 * not cost a write with each request. */
#define SEEN_EVERY_MS	 (5 * 60 * 1000)
#define SEEN_IP_EVERY_MS (60 * 1000)

struct str admit_token(struct http_request *request)
{
	struct str header = http_header(request, "Authorization");
	struct str scheme = STR("Bearer ");
	if (header.n > scheme.n && str_eq_nocase(str_slice(header, 0, scheme.n), scheme))
		return str_trim(str_skip(header, scheme.n));
	return http_query(request, "access_token");
}

struct appservice *admit_appservice(struct http_request *request)
{
	struct str token = admit_token(request);
	if (token.n == 0)
		return NULL;
	return appservices_by_token(api_homeserver(request)->appservices, token);
}

enum http_outcome admit_unknown_token(struct http_reply *reply, bool soft_logout)
{
	http_error_begin(reply, 401, "M_UNKNOWN_TOKEN", "Unknown or expired access token");
	jw_put_bool(&reply->json, "soft_logout", soft_logout);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

enum http_outcome admit_locked(struct http_reply *reply)
{
	http_error_begin(reply, 401, "M_USER_LOCKED", "This account has been locked");
	jw_put_bool(&reply->json, "soft_logout", true);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

enum http_outcome admit_suspended(struct http_reply *reply)
{
	return http_error(reply, 403, "M_USER_SUSPENDED",
		"This account is suspended: it can read, but not do this");
}

/* Counts the request; false with the reply filled when it is one too many. */
static bool take(struct http_request *request, struct http_reply *reply, enum rate_class class,
	struct str key)
{
	int64_t retry_after_ms =
		rate_limits_take(api_homeserver(request)->limits, class, key, clock_mono_us());
	if (retry_after_ms == 0)
		return true;
	http_error_begin(reply, 429, "M_LIMIT_EXCEEDED", "Too many requests");
	jw_put_int(&reply->json, "retry_after_ms", retry_after_ms);
	jw_object_end(&reply->json);
	int64_t seconds = (retry_after_ms + 999) / 1000;
	struct str value = arena_printf(request->arena, "%lld", (long long)seconds);
	http_reply_header(reply, "Retry-After", arena_c_str(request->arena, value));
	return false;
}

/* Were an account counted alone, anybody could keep its owner out by trying it again and again. */
bool admit_password_try(struct http_request *request, struct http_reply *reply, struct str user_id)
{
	char address[RATE_ADDRESS_MAX];
	struct str from = rate_address_key(request->peer, address);
	struct str key = arena_printf(request->arena, "%.*s %.*s", STR_FMT(from), STR_FMT(user_id));
	return take(request, reply, RATE_LOGIN_ACCOUNT, key);
}

/* What is written after a request was let in; owned by the writer until it is done. */
struct token_note {
	char *token; /* NULL: not a first use */
	char *user_id;
	char *device_id;
	char *ip;
	int64_t now;
};

static enum status note_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct token_note *note = arg;
	enum status status = device_seen(
		tx, str_c(note->user_id), str_c(note->device_id), str_c(note->ip), note->now);
	if (status == STATUS_OK && note->token != NULL)
		status = token_used(tx, str_c(note->token));
	return status;
}

static void note_done(void *arg, enum status status)
{
	struct token_note *note = arg;
	(void)status; /* only exactness is lost; the store has logged why */
	mem_freep(&note->token);
	mem_freep(&note->user_id);
	mem_freep(&note->device_id);
	mem_freep(&note->ip);
	mem_freep(&note);
}

static void note_use(struct http_request *request, const struct token_owner *owner,
	struct str token, int64_t now)
{
	bool same_ip = str_eq(owner->device_seen_ip, request->peer);
	bool seen = now - owner->device_seen_ts < (same_ip ? SEEN_EVERY_MS : SEEN_IP_EVERY_MS);
	if ((seen && !owner->first_use) || request->woken)
		return;
	struct token_note *note = MEM_NEW(struct token_note);
	*note = (struct token_note){
		.token = owner->first_use ? mem_strdup(token) : NULL,
		.user_id = mem_strdup(owner->user_id),
		.device_id = mem_strdup(owner->device_id),
		.ip = mem_strdup(request->peer),
		.now = now,
	};
	db_write_later(api_homeserver(request)->writer, note_change, note, note_done);
}

static bool admit_user(struct http_request *request, struct http_reply *reply, struct str token,
	struct requester *who)
{
	struct token_owner owner;
	enum status status = token_find_access(api_db(request), request->arena, token, &owner);
	if (status == STATUS_NOT_FOUND) {
		(void)admit_unknown_token(reply, false);
		return false;
	}
	if (status != STATUS_OK) {
		(void)api_status(reply, status, NULL);
		return false;
	}
	int64_t now = clock_wall_ms();
	if (owner.expires_ts != 0 && owner.expires_ts <= now) {
		(void)admit_unknown_token(reply, true);
		return false;
	}
	if (owner.locked && request->route->auth != AUTH_LOCKED) {
		(void)admit_locked(reply);
		return false;
	}
	note_use(request, &owner, token, now);
	*who = (struct requester){
		.user_id = owner.user_id,
		.device_id = owner.device_id,
		.is_admin = owner.is_admin,
		.is_guest = owner.is_guest,
		.is_suspended = owner.suspended,
	};
	return true;
}

/* The device named by the query must be the user's (identity assertion, since v1.17). */
static bool admit_device(
	struct http_request *request, struct http_reply *reply, struct requester *who)
{
	struct str device_id = http_query(request, "device_id");
	if (device_id.p == NULL)
		device_id = http_query(request, "org.matrix.msc3202.device_id");
	if (device_id.p == NULL)
		return true;
	struct device device;
	enum status status =
		device_find(api_db(request), request->arena, who->user_id, device_id, &device);
	if (status == STATUS_NOT_FOUND)
		(void)http_error(reply, 400, "M_UNKNOWN_DEVICE", "The user has no such device");
	else if (status != STATUS_OK)
		(void)api_status(reply, status, NULL);
	who->device_id = device_id;
	return status == STATUS_OK;
}

static bool admit_ghost(struct http_request *request, struct http_reply *reply,
	struct appservice *appservice, struct requester *who)
{
	struct str user_id = http_query(request, "user_id");
	*who = (struct requester){.user_id = appservice->sender, .appservice = appservice};
	if (user_id.n > 0) {
		if (!appservice_is_user(appservice, user_id)) {
			(void)http_error(reply, 403, "M_FORBIDDEN",
				"The application service may not act as this user");
			return false;
		}
		enum status status = account_exists(api_db(request), user_id);
		if (status == STATUS_NOT_FOUND)
			(void)http_error(reply, 403, "M_FORBIDDEN",
				"The application service has not registered this user");
		else if (status != STATUS_OK)
			(void)api_status(reply, status, NULL);
		if (status != STATUS_OK)
			return false;
		who->user_id = user_id;
	}
	struct str ts = http_query(request, "ts");
	if (ts.p != NULL && (str_to_i64(ts, &who->timestamp) != STATUS_OK || who->timestamp < 0)) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "\"ts\" is not a timestamp");
		return false;
	}
	return admit_device(request, reply, who);
}

/* What the route asks of who asks. false: the reply is filled. */
static bool is_allowed(struct http_reply *reply, enum api_auth auth, const struct requester *who)
{
	bool for_guests = auth == AUTH_GUEST || auth == AUTH_ACTIVE_GUEST || auth == AUTH_LOCKED ||
			  auth == AUTH_OPTIONAL;
	bool for_active = auth == AUTH_ACTIVE || auth == AUTH_ACTIVE_GUEST;
	if ((auth == AUTH_APPSERVICE && who->appservice == NULL) ||
		(auth == AUTH_ADMIN && !who->is_admin))
		(void)http_error(reply, 403, "M_FORBIDDEN", "You may not do this");
	else if (who->is_guest && !for_guests)
		(void)http_error(reply, 403, "M_GUEST_ACCESS_FORBIDDEN",
			"Guests may not do this: register first");
	else if (who->is_suspended && for_active)
		(void)admit_suspended(reply);
	else
		return true;
	return false;
}

static bool authenticate(
	struct http_request *request, struct http_reply *reply, struct requester **who_out)
{
	int auth = request->route->auth;
	*who_out = NULL;
	if (auth == AUTH_NONE)
		return true;
	struct str token = admit_token(request);
	if (token.n == 0) {
		if (auth == AUTH_OPTIONAL)
			return true;
		(void)http_error(reply, 401, "M_MISSING_TOKEN", "An access token is needed");
		return false;
	}
	struct requester *who = ARENA_NEW(request->arena, struct requester);
	struct appservice *appservice =
		appservices_by_token(api_homeserver(request)->appservices, token);
	bool known = appservice != NULL ? admit_ghost(request, reply, appservice, who)
					: admit_user(request, reply, token, who);
	if (!known || !is_allowed(reply, (enum api_auth)auth, who))
		return false;
	*who_out = who;
	return true;
}

static bool is_exempt(struct http_request *request, const struct requester *who)
{
	const struct appservice *appservice =
		who != NULL ? who->appservice : admit_appservice(request);
	return appservice != NULL && !appservice->rate_limited;
}

static bool within_limits(
	struct http_request *request, struct http_reply *reply, const struct requester *who)
{
	static const enum rate_class classes[] = {
		[LIMIT_NONE] = RATE_CLASSES,
		[LIMIT_READ] = RATE_READ,
		[LIMIT_WRITE] = RATE_WRITE,
		[LIMIT_LOGIN] = RATE_LOGIN_ADDRESS,
		[LIMIT_REGISTER] = RATE_REGISTER,
		[LIMIT_MEDIA] = RATE_MEDIA,
		[LIMIT_REPORT] = RATE_REPORT,
	};
	enum rate_class class = classes[request->route->limit];
	if (class == RATE_CLASSES || request->woken || is_exempt(request, who))
		return true;
	char address[RATE_ADDRESS_MAX];
	bool by_address = who == NULL || class == RATE_LOGIN_ADDRESS || class == RATE_REGISTER;
	struct str key = by_address ? rate_address_key(request->peer, address) : who->user_id;
	return take(request, reply, class, key);
}

bool admit(struct http_request *request, struct http_reply *reply)
{
	struct requester *who;
	if (!authenticate(request, reply, &who))
		return false;
	request->auth = who;
	return within_limits(request, reply, who);
}
