/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/meeting.h"

#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/mem.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/meeting/sid.h"

#define LOG_MODULE "meeting"
#include "common/base/log.h"

static struct str id_key(const uint64_t *id)
{
	return str_n((const char *)id, sizeof(*id));
}

void meetings_init(struct meetings *meetings)
{
	meetings->by_name = map_new(MEETING_MAX_ROOMS);
	meetings->participants = map_new((size_t)MEETING_MAX_ROOMS * MEETING_SEATS);
}

void meetings_release(struct meetings *meetings)
{
	map_free(&meetings->by_name, NULL);
	map_free(&meetings->participants, NULL);
}

uint64_t meetings_next_id(struct meetings *meetings)
{
	return ++meetings->last_id;
}

void meeting_tell(enum meeting_news news, const struct meeting *meeting,
	const struct participant *participant, const struct publication *publication)
{
	const struct meeting_listener *listener = &meeting->all->listener;
	if (listener->news != NULL)
		listener->news(listener->context, news, meeting, participant, publication);
}

/* --- seats ------------------------------------------------------------------------------------ */

static void tell_occupancy(const struct meeting *meeting)
{
	struct str identities[MEETING_SEATS];
	for (unsigned i = 0; i < meeting->count; i++)
		identities[i] = str_c(meeting->list[i]->identity);
	occupancy_set(meeting->all->occupancy, str_c(meeting->name), meeting->ends_ms, identities,
		meeting->count);
}

static struct participant *find_identity(const struct meeting *meeting, struct str identity)
{
	for (unsigned i = 0; i < meeting->count; i++) {
		if (str_eq_c(identity, meeting->list[i]->identity))
			return meeting->list[i];
	}
	return NULL;
}

static enum status look(struct meetings *all, struct arena *arena, const struct grants *grants,
	const struct meeting_now *now, struct meeting **out, struct meeting_terms *terms)
{
	struct meeting *meeting = map_find(all->by_name, grants->room);
	*out = meeting;
	if (meeting != NULL)
		return now->wall_ms >= meeting->ends_ms ? STATUS_DENIED
		       : meeting->count < MEETING_SEATS ||
				       find_identity(meeting, grants->identity) != NULL
			       ? STATUS_OK
			       : STATUS_LIMITED;
	if (map_count(all->by_name) >= MEETING_MAX_ROOMS)
		return STATUS_UNAVAILABLE;
	return all->listener.terms(all->listener.context, arena, grants->room, now->wall_ms, terms);
}

enum status meetings_may_enter(
	struct meetings *meetings, const struct grants *grants, const struct meeting_now *now)
{
	ARENA_SCOPE(arena);
	struct meeting *meeting;
	struct meeting_terms terms;
	return look(meetings, arena, grants, now, &meeting, &terms);
}

static struct meeting *open_meeting(struct meetings *all, struct str name,
	const struct meeting_terms *terms, const struct meeting_now *now)
{
	struct meeting *meeting = MEM_NEW(struct meeting);
	void *old;
	meeting->all = all;
	meeting->id = meetings_next_id(all);
	sid_make("RM_", meeting->sid);
	meeting->name = mem_strdup(name);
	meeting->objective = mem_strdup(terms->objective);
	meeting->created_ms = now->wall_ms;
	meeting->now_ms = now->mono_ms;
	meeting->ends_ms = terms->ends_ms != 0 ? terms->ends_ms : now->wall_ms + MEETING_LENGTH_MS;
	if (map_put(all->by_name, name, meeting, &old) != STATUS_OK)
		abort(); /* look() has counted */
	struct media_command *command = media_command_new(MEDIA_OPEN_MEETING);
	command->meeting = meeting->id;
	all->listener.media(all->listener.context, command);
	all->listener.opened(all->listener.context, meeting);
	meeting_tell(NEWS_OPENED, meeting, NULL, NULL);
	log_info("meeting %s opens", meeting->sid);
	return meeting;
}

static void close_meeting(struct meeting *meeting)
{
	struct meetings *all = meeting->all;
	struct media_command *command = media_command_new(MEDIA_CLOSE_MEETING);
	command->meeting = meeting->id;
	all->listener.media(all->listener.context, command);
	(void)map_remove(all->by_name, str_c(meeting->name));
	meeting_tell(NEWS_CLOSED, meeting, NULL, NULL);
	log_info("meeting %s closes", meeting->sid);
	for (unsigned i = 0; i < DEPARTED_MAX; i++)
		mem_freep(&meeting->departed[i].identity);
	mem_freep(&meeting->name);
	mem_freep(&meeting->objective);
	mem_freep(&meeting->metadata);
	mem_freep(&meeting);
}

struct participant *meetings_find(
	struct meetings *meetings, struct str room, struct str identity, struct str sid)
{
	struct meeting *meeting = map_find(meetings->by_name, room);
	struct participant *p = meeting == NULL ? NULL : find_identity(meeting, identity);
	return p != NULL && (sid.n == 0 || str_eq_c(sid, p->sid)) ? p : NULL;
}

bool meetings_next(const struct meetings *meetings, size_t *cursor, struct participant **out)
{
	struct str key;
	void *value;
	if (!map_next(meetings->participants, cursor, &key, &value))
		return false;
	*out = value;
	return true;
}

static void remember_departed(struct meeting *meeting, const struct participant *p, int64_t mono_ms)
{
	struct departed *d = &meeting->departed[meeting->departed_next++ % DEPARTED_MAX];
	mem_freep(&d->identity);
	memcpy(d->sid, p->sid, sizeof(d->sid));
	d->identity = mem_strdup(str_c(p->identity));
	d->at_ms = mono_ms;
}

static void close_link(const struct meeting *meeting, const struct link *link)
{
	struct meetings *all = meeting->all;
	if (link->transport == 0)
		return;
	struct media_command *command = media_command_new(MEDIA_CLOSE_TRANSPORT);
	command->meeting = meeting->id;
	command->transport = link->transport;
	all->listener.media(all->listener.context, command);
}

/* The meeting stays open, even when nobody is left. */
static void remove_participant(struct participant *p, enum leave_reason reason, int64_t mono_ms)
{
	struct meeting *meeting = p->meeting;
	struct meetings *all = meeting->all;
	while (p->publications != NULL)
		meeting_remove_track(p->publications);
	close_link(meeting, &p->publisher);
	close_link(meeting, &p->subscriber);
	for (unsigned i = 0; i < meeting->count; i++) {
		if (meeting->list[i] == p) {
			meeting->list[i] = meeting->list[--meeting->count];
			break;
		}
	}
	(void)map_remove(all->participants, id_key(&p->id));
	remember_departed(meeting, p, mono_ms);
	tell_occupancy(meeting);
	bool was_active = p->state == PARTICIPANT_ACTIVE;
	p->state = PARTICIPANT_GONE;
	p->reason = reason;
	p->version++;
	log_info("participant %s leaves meeting %s: reason %d", p->sid, meeting->sid, (int)reason);
	all->listener.left(all->listener.context, meeting, p);
	if (was_active)
		meeting_tell(NEWS_LEFT, meeting, p, NULL);
	participant_free(&p);
}

void meeting_leave(struct participant *participant, enum leave_reason reason, int64_t mono_ms)
{
	struct meeting *meeting = participant->meeting;
	remove_participant(participant, reason, mono_ms);
	if (meeting->count == 0)
		close_meeting(meeting);
}

enum status meetings_enter(struct meetings *meetings, const struct grants *grants,
	const struct meeting_now *now, struct participant **out)
{
	ARENA_SCOPE(arena);
	struct meeting *meeting;
	struct meeting_terms terms = {0};
	enum status status = look(meetings, arena, grants, now, &meeting, &terms);
	if (status != STATUS_OK)
		return status;
	if (meeting == NULL)
		meeting = open_meeting(meetings, grants->room, &terms, now);
	struct participant *old = find_identity(meeting, grants->identity);
	if (old != NULL)
		remove_participant(old, LEAVE_DUPLICATE, now->mono_ms);
	struct participant *p = participant_new(meetings_next_id(meetings), grants, now->wall_ms);
	p->meeting = meeting;
	p->heard_ms = now->mono_ms;
	meeting->list[meeting->count++] = p;
	void *replaced;
	if (map_put(meetings->participants, id_key(&p->id), p, &replaced) != STATUS_OK)
		abort(); /* rooms times seats */
	tell_occupancy(meeting);
	*out = p;
	return STATUS_OK;
}

enum status meetings_open(struct meetings *meetings, struct str room, const struct meeting_now *now,
	int64_t keep_ms, struct meeting **out)
{
	ARENA_SCOPE(arena);
	struct meeting_terms terms = {0};
	const struct grants grants = {.room = room};
	enum status status = look(meetings, arena, &grants, now, out, &terms);
	if (*out != NULL)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	*out = open_meeting(meetings, room, &terms, now);
	(*out)->keep_until_ms = now->mono_ms + keep_ms;
	return STATUS_OK;
}

void meeting_end(struct meeting *meeting, enum leave_reason reason, int64_t mono_ms)
{
	for (unsigned left = meeting->count; left > 0; left--)
		remove_participant(meeting->list[left - 1], reason, mono_ms);
	close_meeting(meeting);
}

void meeting_set_metadata(struct meeting *meeting, struct str metadata)
{
	struct meeting_listener *listener = &meeting->all->listener;
	mem_freep(&meeting->metadata);
	meeting->metadata = mem_strdup(metadata);
	listener->meeting_changed(listener->context, meeting);
}

/* --- time ------------------------------------------------------------------------------------- */

/* A silent WebSocket is closed by the session; here ends who cannot come back. */
static bool is_lost(const struct participant *p, int64_t mono_ms)
{
	return p->session == NULL && mono_ms - p->detached_ms >= SEAT_GRACE_MS;
}

static void tick_meeting(struct meeting *meeting, const struct meeting_now *now)
{
	struct meetings *all = meeting->all;
	meeting->now_ms = now->mono_ms;
	for (unsigned i = meeting->count; i-- > 0;) {
		struct participant *p = meeting->list[i];
		bool last = meeting->count == 1;
		if (is_lost(p, now->mono_ms)) {
			meeting_leave(p, LEAVE_TIMEOUT, now->mono_ms);
			if (last)
				return;
		}
	}
	if (now->wall_ms >= meeting->ends_ms ||
		(meeting->count == 0 && now->mono_ms >= meeting->keep_until_ms)) {
		meeting_end(meeting, LEAVE_MEETING_OVER, now->mono_ms);
		return;
	}
	meeting_review_qualities(meeting);
	if (!meeting->warned && meeting->ends_ms - now->wall_ms <= MEETING_WARNING_MS) {
		meeting->warned = true;
		all->listener.meeting_changed(all->listener.context, meeting);
	}
}

void meetings_tick(struct meetings *meetings, const struct meeting_now *now)
{
	size_t cursor = 0;
	struct str name;
	void *meeting;
	while (map_next(meetings->by_name, &cursor, &name, &meeting))
		tick_meeting(meeting, now);
}

void meetings_end_all(struct meetings *meetings, enum leave_reason reason)
{
	size_t cursor = 0;
	struct str name;
	void *value;
	while (map_next(meetings->by_name, &cursor, &name, &value)) {
		meeting_end(value, reason, 0);
	}
}

void participant_changed(struct participant *participant)
{
	struct meeting_listener *listener = &participant->meeting->all->listener;
	participant->version++;
	listener->participant_changed(listener->context, participant);
}

void participant_set_state(struct participant *participant, enum participant_state state)
{
	if (participant->state >= state)
		return;
	participant->state = state;
	participant_changed(participant);
	if (state == PARTICIPANT_ACTIVE)
		meeting_tell(NEWS_JOINED, participant->meeting, participant, NULL);
}

void participant_detach(struct participant *participant, int64_t mono_ms)
{
	participant->session = NULL;
	participant->detached_ms = mono_ms;
}
