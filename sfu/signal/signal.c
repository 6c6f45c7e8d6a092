/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/signal.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "config/config.h"
#include "sfu/sfu.h"
#include "sfu/signal/signal_internal.h"
#include "sfu/signal/token.h"
#include "sfu/transport/dtls.h"

#define LOG_MODULE "signal"
#include "common/base/log.h"

#define MAX_CONNECTIONS 1000
#define GOODBYE_MS	1500
#define EVENTS_AT_ONCE	1000
#define ASKS_MAX	64

struct meeting_now signal_now(void)
{
	return (struct meeting_now){clock_wall_ms(), clock_mono_ms()};
}

/* --- who may come in -------------------------------------------------------------------------- */

static bool refuse(struct lws_reply *reply, int status, const char *text)
{
	reply->status = status;
	(void)snprintf(reply->text, sizeof(reply->text), "%s", text);
	return false;
}

static struct str token_of(const struct lws_request *request)
{
	struct str bearer = STR("Bearer ");
	struct str token = lws_parameter_get(request, "access_token");
	if (token.n == 0 && request->authorization.n > bearer.n &&
		str_eq_nocase(str_slice(request->authorization, 0, bearer.n), bearer))
		token = str_trim(str_skip(request->authorization, bearer.n));
	return token;
}

/* LiveKit's clients show the text of a 401, 403 or 404, of no other. */
static bool check_seat(
	struct signal_server *server, const struct grants *grants, struct lws_reply *reply)
{
	const struct meeting_now now = signal_now();
	switch (meetings_may_enter(&server->meetings, grants, &now)) {
	case STATUS_OK:
		return true;
	case STATUS_LIMITED:
		return refuse(reply, 403, "meeting full: all 6 seats are taken (6/6)");
	case STATUS_DENIED:
		return refuse(reply, 403, "meeting over: its hour has passed");
	case STATUS_NOT_FOUND:
		return refuse(reply, 404, "requested room does not exist");
	default:
		return refuse(reply, 503, "no capacity: try again later");
	}
}

static bool check(struct signal_server *server, const struct lws_request *request, bool v1,
	struct join *join, struct grants *grants, struct lws_reply *reply)
{
	const struct token_key key = {server->sfu->api_key, server->sfu->api_secret};
	const char *why = "";
	if (token_verify(request->arena, &key, token_of(request), clock_wall_ms() / 1000, grants,
		    &why) != STATUS_OK)
		return refuse(reply, 401, why);
	if (join_read(request, v1, join, &why) != STATUS_OK)
		return refuse(reply, 400, why);
	/* Whoever goes on has a seat, or is told so in the protocol's own words. */
	return join->reconnect || check_seat(server, grants, reply);
}

enum path_kind { PATH_OTHER, PATH_RTC, PATH_RTC_V1, PATH_VALIDATE, PATH_VALIDATE_V1, PATH_ROOT };

/* A front door may put a path of its own before ours. */
static enum path_kind path_of(struct str path)
{
	return str_ends(path, STR("/rtc/v1/validate")) ? PATH_VALIDATE_V1
	       : str_ends(path, STR("/rtc/validate"))  ? PATH_VALIDATE
	       : str_ends(path, STR("/rtc/v1"))	       ? PATH_RTC_V1
	       : str_ends(path, STR("/rtc"))	       ? PATH_RTC
	       : str_ends(path, STR("/"))	       ? PATH_ROOT
						       : PATH_OTHER;
}

static void on_get(void *context, const struct lws_request *request, struct lws_reply *reply)
{
	struct join join;
	struct grants grants;
	enum path_kind kind = path_of(request->path);
	if (kind == PATH_ROOT) {
		(void)refuse(reply, 200, "OK");
	} else if (kind == PATH_VALIDATE || kind == PATH_VALIDATE_V1) {
		if (check(context, request, kind == PATH_VALIDATE_V1, &join, &grants, reply))
			(void)refuse(reply, 200, "success");
	} else if (kind != PATH_OTHER) {
		(void)refuse(reply, 400, "a WebSocket only");
	}
}

static void *on_accept(void *context, const struct lws_request *request, struct lws_reply *reply)
{
	struct signal_server *server = context;
	struct join join;
	struct grants grants;
	enum path_kind kind = path_of(request->path);
	if (kind != PATH_RTC && kind != PATH_RTC_V1)
		return NULL;
	/* A copy of the request whose arena the session keeps. */
	struct arena *arena = arena_new();
	struct lws_request kept = *request;
	kept.arena = arena;
	kept.authorization = arena_str(arena, request->authorization);
	for (size_t i = 0; i < kept.parameter_count; i++) {
		kept.parameters[i].name = arena_str(arena, request->parameters[i].name);
		kept.parameters[i].value = arena_str(arena, request->parameters[i].value);
	}
	if (!check(server, &kept, kind == PATH_RTC_V1, &join, &grants, reply)) {
		metric_add(server->refusals, 1);
		arena_free(&arena);
		return NULL;
	}
	return session_new(server, arena, &join, &grants);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void on_opened(void *context, void *session, struct lws_connection *connection)
{
	(void)context;
	session_open(session, connection);
}

static void on_message(void *context, void *session, struct str message)
{
	(void)context;
	session_message(session, message);
}

static void on_closed(void *context, void *session)
{
	(void)context;
	session_closed(session);
}

/* One call of signal_ask(). */
struct ask {
	void (*fn)(struct signal_server *server, void *arg);
	void *arg;
	struct mailbox *answered; /* gets the ask back */
};

static void answer_asks(struct signal_server *server)
{
	struct ask *ask;
	while ((ask = mailbox_take(server->asked)) != NULL) {
		ask->fn(server, ask->arg);
		if (mailbox_send(ask->answered, ask) != STATUS_OK)
			abort(); /* it has room for one */
	}
}

enum status signal_ask(struct signal_server *server,
	void (*fn)(struct signal_server *server, void *arg), void *arg)
{
	struct ask ask = {fn, arg, mailbox_new(1)};
	enum status status = mailbox_send(server->asked, &ask);
	if (status == STATUS_OK) {
		lws_wake(server->lws);
		(void)mailbox_wait(ask.answered, -1);
	}
	mailbox_free(&ask.answered, NULL);
	return status == STATUS_OK ? STATUS_OK : STATUS_UNAVAILABLE;
}

static void on_wake(void *context)
{
	struct signal_server *server = context;
	answer_asks(server);
	for (unsigned i = 0; i < EVENTS_AT_ONCE; i++) {
		struct media_event *event = mailbox_take(server->sfu->media_events);
		if (event == NULL)
			return;
		const struct meeting_now now = signal_now();
		meetings_media_event(&server->meetings, event, &now);
		media_event_free(&event);
	}
}

static void on_tick(void *context)
{
	struct signal_server *server = context;
	const struct meeting_now now = signal_now();
	struct participant *p;
	size_t cursor = 0;
	while (meetings_next(&server->meetings, &cursor, &p)) {
		if (p->session != NULL)
			session_tick(p->session, now.mono_ms);
	}
	meetings_tick(&server->meetings, &now);
}

static void *run(void *arg)
{
	struct signal_server *server = arg;
	role_take(&on_signal);
	lws_run(server->lws);
	meetings_end_all(&server->meetings, LEAVE_SHUTDOWN);
	lws_flush(server->lws, GOODBYE_MS);
	return NULL;
}

static void add_metrics(struct signal_server *server)
{
	struct metrics *m = server->sfu->metrics;
	server->joins = metrics_counter(m, "parvis_sfu_joins_total", "People who came in", "");
	server->refusals = metrics_counter(
		m, "parvis_sfu_refusals_total", "Connections that were refused", "");
	server->messages_in = metrics_counter(
		m, "parvis_sfu_signal_messages_total", "Signalling messages", "way=\"in\"");
	server->messages_out = metrics_counter(
		m, "parvis_sfu_signal_messages_total", "Signalling messages", "way=\"out\"");
}

enum status signal_start(struct sfu *sfu, struct signal_server **out)
{
	struct signal_server *server = MEM_NEW(struct signal_server);
	server->sfu = sfu;
	add_metrics(server);
	server->asked = mailbox_new(ASKS_MAX);
	const struct lws_config config = {
		.address = sfu->config->sfu.listen_address,
		.port = sfu->config->sfu.signal_port,
		.wake_fd = mailbox_fd(sfu->media_events),
		.max_connections = MAX_CONNECTIONS,
		.events = {server, on_get, on_accept, on_opened, on_message, on_closed, on_tick,
			on_wake},
	};
	meetings_init(&server->meetings);
	server->meetings.listener = notices_listener(server);
	server->meetings.fingerprint = dtls_identity_fingerprint(sfu->dtls);
	server->meetings.candidates = &sfu->candidates;
	server->meetings.occupancy = sfu->occupancy;
	enum status status = db_open(sfu->database, true, &server->db);
	if (status == STATUS_OK)
		status = lws_server_new(&config, &server->lws);
	if (status != STATUS_OK) {
		meetings_release(&server->meetings);
		mailbox_free(&server->asked, NULL);
		db_close(&server->db);
		mem_freep(&server);
		return status;
	}
	server->thread = thread_start("signal", run, server);
	*out = server;
	return STATUS_OK;
}

void signal_stop(struct signal_server **server)
{
	struct signal_server *s = *server;
	if (s == NULL)
		return;
	*server = NULL;
	lws_stop(s->lws);
	thread_join(s->thread);
	lws_server_free(&s->lws);
	meetings_release(&s->meetings);
	mailbox_free(&s->asked, NULL);
	db_close(&s->db);
	mem_freep(&s);
}

uint16_t signal_port(const struct signal_server *server)
{
	return lws_server_port(server->lws);
}
