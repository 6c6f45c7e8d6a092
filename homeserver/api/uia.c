/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/uia.h"

#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "config/config.h"
#include "homeserver/api/admit.h"
#include "homeserver/api/session.h"
#include "homeserver/api/uia_sessions.h"
#include "homeserver/store/account_store.h"

/* One look at a request, from its "auth" to what is left to do. */
struct attempt {
	const struct uia_check *check;
	const struct json *auth; /* NULL: absent */
	struct str owner;
	struct str session_id; /* empty: none is under way */
	unsigned completed;
	const char *errcode; /* NULL: nothing went wrong */
	const char *error;
};

static const struct {
	enum uia_stage stage;
	struct str name;
} stage_names[] = {
	{UIA_PASSWORD, STR_INIT("m.login.password")},
	{UIA_DUMMY, STR_INIT("m.login.dummy")},
	{UIA_REGISTRATION_TOKEN, STR_INIT("m.login.registration_token")},
};

static struct str owner_of(struct http_request *request)
{
	const struct requester *who = api_requester(request);
	struct str user = who == NULL ? STR("-") : who->user_id;
	return arena_printf(request->arena, "%.*s %d %.*s", STR_FMT(user), (int)request->method,
		STR_FMT(request->path));
}

/* Stages are completed in the order of a flow, so the flows that go with what was completed so far
 * tell what may come next. */
static bool is_next(const struct uia_flow *flow, unsigned completed, enum uia_stage stage)
{
	unsigned before = 0;
	for (size_t i = 0; i < UIA_MAX_STAGES && flow->stages[i] != 0; i++) {
		if (before == completed && flow->stages[i] == stage)
			return true;
		before |= (unsigned)flow->stages[i];
	}
	return false;
}

static bool flow_passed(const struct uia_flow *flow, unsigned completed)
{
	for (size_t i = 0; i < UIA_MAX_STAGES && flow->stages[i] != 0; i++)
		if (!(completed & (unsigned)flow->stages[i]))
			return false;
	return true;
}

static bool all_passed(const struct uia_check *check, unsigned completed)
{
	for (size_t i = 0; i < check->flow_count; i++)
		if (flow_passed(&check->flows[i], completed))
			return true;
	return false;
}

static bool may_follow(const struct attempt *attempt, enum uia_stage stage)
{
	for (size_t i = 0; i < attempt->check->flow_count; i++)
		if (is_next(&attempt->check->flows[i], attempt->completed, stage))
			return true;
	return false;
}

static unsigned stage_of(struct str type)
{
	for (size_t i = 0; i < ARRAY_LEN(stage_names); i++)
		if (str_eq(type, stage_names[i].name))
			return (unsigned)stage_names[i].stage;
	return 0;
}

static bool names_the_user(struct http_request *request, const struct attempt *attempt)
{
	const struct json *identifier = json_get(attempt->auth, "identifier");
	struct str name = json_str(json_get(attempt->auth, "user"));
	struct str user_id;
	if (identifier != NULL) {
		if (!str_eq_c(json_str(json_get(identifier, "type")), "m.id.user"))
			return false;
		name = json_str(json_get(identifier, "user"));
	} else if (name.p == NULL) {
		return true;
	}
	if (str_eq(name, attempt->check->user_id))
		return true;
	return session_user_id(request->arena, api_homeserver(request)->server_name, name,
		       &user_id) == STATUS_OK &&
	       str_eq(user_id, attempt->check->user_id);
}

enum stage_result {
	STAGE_DONE,
	STAGE_REFUSED,
	STAGE_PARKED,
	STAGE_ANSWERED, /* it could not be looked at; the reply is filled */
};

static enum stage_result try_password(struct http_request *request, struct http_reply *reply,
	struct attempt *attempt, struct password_turn *turn)
{
	if (!password_turn_take(turn))
		return STAGE_PARKED;
	if (!admit_password_try(request, reply, attempt->check->user_id))
		return STAGE_ANSWERED;
	struct account account = {.password = STR_EMPTY};
	enum status status =
		account_find(api_db(request), request->arena, attempt->check->user_id, &account);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
		(void)api_status(reply, status, NULL);
		return STAGE_ANSWERED;
	}
	struct str password = json_str(json_get(attempt->auth, "password"));
	bool matches = password_check(turn, account.password, password);
	return matches && names_the_user(request, attempt) ? STAGE_DONE : STAGE_REFUSED;
}

bool uia_registration_token_ok(struct http_request *request, struct str token)
{
	const struct config_homeserver *config = &api_homeserver(request)->config->homeserver;
	bool valid = false;
	for (unsigned i = 0; i < config->registration_tokens_count; i++)
		valid |= secret_equal(token, str_c(config->registration_tokens[i]));
	return valid && token.n > 0;
}

static enum stage_result try_stage(struct http_request *request, struct http_reply *reply,
	struct attempt *attempt, struct password_turn *turn)
{
	struct str type = json_str(json_get(attempt->auth, "type"));
	unsigned stage = stage_of(type);
	if (type.p == NULL || (stage & attempt->completed) != 0)
		return STAGE_DONE;
	if (stage == 0 || !may_follow(attempt, (enum uia_stage)stage)) {
		attempt->errcode = "M_UNRECOGNIZED";
		attempt->error = "This stage is in no flow, or not the next one";
		return STAGE_REFUSED;
	}
	enum stage_result result = STAGE_DONE;
	if (stage == UIA_PASSWORD)
		result = try_password(request, reply, attempt, turn);
	else if (stage == UIA_REGISTRATION_TOKEN &&
		 !uia_registration_token_ok(request, json_str(json_get(attempt->auth, "token"))))
		result = STAGE_REFUSED;
	if (result == STAGE_DONE) {
		attempt->completed |= stage;
	} else if (result == STAGE_REFUSED) {
		attempt->errcode = "M_FORBIDDEN";
		attempt->error =
			stage == UIA_PASSWORD ? "Wrong password" : "Unknown registration token";
	}
	return result;
}

static void load_session(struct http_request *request, struct attempt *attempt)
{
	struct str id = json_str(json_get(attempt->auth, "session"));
	if (uia_session_load(api_homeserver(request)->uia, id, attempt->owner, clock_mono_ms(),
		    &attempt->completed) == STATUS_OK)
		attempt->session_id = id;
}

/* Keeps the progress, beginning a session when there is none. */
static void save_session(struct http_request *request, struct attempt *attempt)
{
	struct uia *uia = api_homeserver(request)->uia;
	if (attempt->session_id.n == 0)
		attempt->session_id = secret_token(request->arena, UIA_SESSION_ID_LENGTH);
	uia_session_save(
		uia, attempt->session_id, attempt->owner, clock_mono_ms(), attempt->completed);
}

static void write_stages(struct json_writer *w, const struct uia_flow *flow)
{
	jw_object(w);
	jw_put_array(w, "stages");
	for (size_t i = 0; i < UIA_MAX_STAGES && flow->stages[i] != 0; i++)
		for (size_t j = 0; j < ARRAY_LEN(stage_names); j++)
			if (stage_names[j].stage == flow->stages[i])
				jw_str(w, stage_names[j].name);
	jw_array_end(w);
	jw_object_end(w);
}

static void write_answer(struct http_reply *reply, const struct attempt *attempt)
{
	struct json_writer *w = &reply->json;
	http_error_begin(reply, 401, attempt->errcode, attempt->error);
	jw_put_array(w, "completed");
	for (size_t i = 0; i < ARRAY_LEN(stage_names); i++)
		if (attempt->completed & (unsigned)stage_names[i].stage)
			jw_str(w, stage_names[i].name);
	jw_array_end(w);
	jw_put_array(w, "flows");
	for (size_t i = 0; i < attempt->check->flow_count; i++)
		write_stages(w, &attempt->check->flows[i]);
	jw_array_end(w);
	jw_put_object(w, "params");
	jw_object_end(w);
	jw_put_str(w, "session", attempt->session_id);
	jw_object_end(w);
}

enum uia_result uia_require(struct http_request *request, struct http_reply *reply,
	const struct uia_check *check, struct password_turn *turn)
{
	struct attempt attempt = {
		.check = check,
		.auth = json_get(request->json, "auth"),
		.owner = owner_of(request),
	};
	enum stage_result result = STAGE_DONE;
	/* Without "auth" an operation never goes through, whatever its flows. */
	bool tried = json_is(attempt.auth, JSON_OBJECT) && json_count(attempt.auth) > 0;
	if (tried) {
		load_session(request, &attempt);
		result = try_stage(request, reply, &attempt, turn);
	}
	if (result == STAGE_PARKED)
		return UIA_PARKED;
	if (result == STAGE_ANSWERED)
		return UIA_ANSWERED;
	if (tried && result == STAGE_DONE && all_passed(check, attempt.completed)) {
		/* Kept until the operation is done: its handler may be parked and run again. */
		if (attempt.session_id.n > 0)
			save_session(request, &attempt);
		return UIA_PASSED;
	}
	save_session(request, &attempt);
	write_answer(reply, &attempt);
	return UIA_ANSWERED;
}

void uia_finish(struct http_request *request)
{
	struct str id = json_str(json_path(request->json, "auth", "session", NULL));
	uia_session_end(api_homeserver(request)->uia, id, owner_of(request));
}

enum uia_result uia_require_password(
	struct http_request *request, struct http_reply *reply, struct password_turn *turn)
{
	static const struct uia_flow flow = {{UIA_PASSWORD}};
	const struct uia_check check = {&flow, 1, api_requester(request)->user_id};
	return uia_require(request, reply, &check, turn);
}
