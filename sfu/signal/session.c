/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/session.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "sfu/sfu.h"
#include "sfu/signal/ice_servers.h"
#include "sfu/signal/requests.h"
#include "sfu/signal/responses.h"
#include "sfu/signal/signal_internal.h"

#define LOG_MODULE "signal"
#include "common/base/log.h"

#define DEPARTED_TOLD_MS 120000

struct session *session_new(struct signal_server *server, struct arena *arena,
	const struct join *join, const struct grants *grants)
{
	struct session *s = MEM_NEW(struct session);
	s->server = server;
	s->arena = arena;
	s->join = *join;
	s->grants = *grants;
	s->heard_ms = clock_mono_ms();
	return s;
}

void session_end(struct session *session, enum leave_reason reason, bool may_come_again)
{
	response_send_leave(session, reason, may_come_again);
	session->participant = NULL;
	if (session->connection != NULL)
		lws_close(session->connection);
}

static Livekit__IceServer **ice_servers_of(
	const struct session *s, struct arena *arena, size_t *count_out)
{
	return ice_servers(arena, &s->server->sfu->config->turn, str_c(s->participant->identity),
		signal_now().wall_ms / 1000, count_out);
}

static void send_join(struct session *s)
{
	ARENA_SCOPE(arena);
	struct participant *p = s->participant;
	Livekit__JoinResponse join;
	livekit__join_response__init(&join);
	RESPONSE(response, JOIN);
	join.room = response_room(arena, p->meeting);
	join.participant = response_participant(arena, p, true);
	join.other_participants = response_others(arena, p->meeting, p, &join.n_other_participants);
	join.server_info = response_server(arena);
	join.server_version = join.server_info->version;
	join.ice_servers = ice_servers_of(s, arena, &join.n_ice_servers);
	join.subscriber_primary = p->dual;
	join.ping_interval = SESSION_PING_INTERVAL_S;
	join.ping_timeout = SESSION_PING_TIMEOUT_S;
	join.enabled_publish_codecs = response_codecs(arena, &join.n_enabled_publish_codecs);
	response.join = &join;
	response_send(s, &response);
}

/* What else the first message of the client may hold. */
static void take_first_requests(struct session *s)
{
	const Livekit__JoinRequest *request = s->join.request;
	if (request == NULL)
		return;
	for (size_t i = 0; i < request->n_add_track_requests; i++)
		request_add_track(s, request->add_track_requests[i]);
	if (request->publisher_offer != NULL)
		request_offer(s, request->publisher_offer);
}

/* What the others were told when it happened. */
static void send_conditions(struct session *s)
{
	const struct meeting *meeting = s->participant->meeting;
	struct participant *speaking[MEETING_SEATS];
	unsigned count = 0;
	for (unsigned i = 0; i < meeting->count; i++) {
		if (meeting->list[i]->speaking)
			speaking[count++] = meeting->list[i];
	}
	response_send_quality(s, meeting->list, meeting->count);
	response_send_speakers(s, speaking, count);
	for (struct publication *t = s->participant->publications; t != NULL; t = t->next) {
		if (t->live && t->says.kind == MEDIA_VIDEO)
			response_send_wanted(s, t);
	}
	for (struct subscription *sub = s->participant->subscriptions; sub != NULL;
		sub = sub->next) {
		if (sub->held_back)
			response_send_stream_state(s, sub);
		if (sub->refused)
			response_send_permission(s, sub);
	}
}

static enum leave_reason reason_of(enum status status)
{
	return status == STATUS_DENIED ? LEAVE_MEETING_OVER : LEAVE_JOIN_FAILURE;
}

static void come_in(struct session *s)
{
	struct participant *p;
	const struct meeting_now now = signal_now();
	enum status status = meetings_enter(&s->server->meetings, &s->grants, &now, &p);
	if (status != STATUS_OK) {
		metric_add(s->server->refusals, 1);
		session_end(s, reason_of(status), false);
		return;
	}
	metric_add(s->server->joins, 1);
	s->participant = p;
	p->session = s;
	p->dual = !s->join.single;
	p->auto_subscribe = s->join.auto_subscribe;
	p->client_protocol = s->join.client_protocol;
	log_info("participant %s enters meeting %s with %s", p->sid, p->meeting->sid,
		p->dual ? "two peer connections" : "one peer connection");
	send_join(s);
	send_conditions(s);
	participant_set_state(p, PARTICIPANT_JOINED);
	if (p->auto_subscribe)
		meeting_subscribe_all(p);
	if (p->dual)
		request_negotiate(s);
	take_first_requests(s);
}

/* Who left while this client could not hear it, and who is there. */
static void send_everybody(struct session *s)
{
	ARENA_SCOPE(arena);
	struct meeting *meeting = s->participant->meeting;
	Livekit__ParticipantUpdate update;
	livekit__participant_update__init(&update);
	RESPONSE(response, UPDATE);
	update.participants =
		response_others(arena, meeting, s->participant, &update.n_participants);
	for (unsigned i = 0; i < DEPARTED_MAX; i++) {
		const struct departed *d = &meeting->departed[i];
		if (d->identity == NULL || clock_mono_ms() - d->at_ms > DEPARTED_TOLD_MS)
			continue;
		Livekit__ParticipantInfo *info = ARENA_NEW(arena, Livekit__ParticipantInfo);
		livekit__participant_info__init(info);
		info->sid = arena_c_str(arena, str_c(d->sid));
		info->identity = arena_c_str(arena, str_c(d->identity));
		info->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
		update.participants[update.n_participants++] = info;
	}
	response.update = &update;
	response_send(s, &response);
}

static void send_reconnect(struct session *s)
{
	ARENA_SCOPE(arena);
	Livekit__ReconnectResponse reconnect;
	livekit__reconnect_response__init(&reconnect);
	RESPONSE(response, RECONNECT);
	reconnect.ice_servers = ice_servers_of(s, arena, &reconnect.n_ice_servers);
	reconnect.server_info = response_server(arena);
	reconnect.last_message_seq = s->participant->reliable_seen;
	response.reconnect = &reconnect;
	response_send(s, &response);
}

static void resume(struct session *s)
{
	struct participant *p = meetings_find(
		&s->server->meetings, s->grants.room, s->grants.identity, s->join.participant_sid);
	if (p == NULL) {
		session_end(s, LEAVE_STATE_MISMATCH, true);
		return;
	}
	struct session *old = p->session;
	if (old != NULL) {
		old->participant = NULL;
		if (old->connection != NULL)
			lws_close(old->connection);
	}
	s->participant = p;
	p->session = s;
	p->heard_ms = s->heard_ms;
	p->publisher.asked = false;
	p->publisher.asked_in_vain = 0;
	log_info("participant %s resumes", p->sid);
	send_reconnect(s);
	send_everybody(s);
	send_conditions(s);
	take_first_requests(s);
	if (s->participant == NULL)
		return;
	if (p->dual) {
		p->subscriber.offer_out = false;
		p->subscriber.restart = true;
	}
	request_negotiate(s);
}

void session_open(struct session *session, struct lws_connection *connection)
{
	session->connection = connection;
	session->heard_ms = clock_mono_ms();
	if (session->join.reconnect)
		resume(session);
	else
		come_in(session);
	session->join = (struct join){0};
	session->grants = (struct grants){0};
	arena_free(&session->arena);
}

void session_message(struct session *session, struct str message)
{
	metric_add(session->server->messages_in, 1);
	session->heard_ms = clock_mono_ms();
	if (session->participant == NULL)
		return;
	session->participant->heard_ms = session->heard_ms;
	requests_take(session, message);
}

static void lose(struct session *s, int64_t mono_ms)
{
	struct participant *p = s->participant;
	s->participant = NULL;
	if (p != NULL)
		participant_detach(p, mono_ms);
}

void session_closed(struct session *session)
{
	lose(session, clock_mono_ms());
	arena_free(&session->arena);
	mem_freep(&session);
}

void session_tick(struct session *session, int64_t mono_ms)
{
	struct session *s = session;
	struct participant *p = s->participant;
	if (mono_ms - s->heard_ms < SIGNAL_SILENCE_MS)
		return;
	bool has_media = participant_has_media(p);
	lose(s, mono_ms);
	if (s->connection != NULL)
		lws_close(s->connection);
	if (!has_media)
		meeting_leave(p, LEAVE_TIMEOUT, mono_ms);
}
