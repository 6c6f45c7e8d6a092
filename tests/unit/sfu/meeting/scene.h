/* SPDX-License-Identifier: Apache-2.0 */
/* Meetings with nobody behind them: what they tell is counted and kept. */
#ifndef PARVIS_TEST_SCENE_H
#define PARVIS_TEST_SCENE_H

#include "tests/unit/check.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "sfu/meeting/meeting.h"
#include "sfu/meeting/negotiate.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/transport/candidates.h"
#include "tests/unit/sfu/media/offers.h"

#define SCENE_COMMANDS 64

struct scene {
	struct meetings meetings;
	struct candidates candidates;
	struct meeting_now now;
	struct media_command *commands[SCENE_COMMANDS];
	unsigned command_count;
	unsigned changed, rooms_changed, negotiated, left, opened, quality_changed;
	unsigned wanted, streams_changed, permissions_changed, muted;
	enum leave_reason reason; /* of the last who left */
	int64_t ends_ms;	  /* what terms() answers; -1: no such meeting */
};

static inline enum status scene_terms(void *context, struct arena *arena, struct str room,
	int64_t wall_ms, struct meeting_terms *out)
{
	const struct scene *s = context;
	(void)arena;
	(void)room;
	*out = (struct meeting_terms){.objective = STR("objective"), .ends_ms = s->ends_ms};
	if (s->ends_ms < 0)
		return STATUS_NOT_FOUND;
	return s->ends_ms != 0 && wall_ms >= s->ends_ms ? STATUS_DENIED : STATUS_OK;
}

static inline void scene_opened(void *context, const struct meeting *meeting)
{
	(void)meeting;
	((struct scene *)context)->opened++;
}

static inline void scene_media(void *context, struct media_command *command)
{
	struct scene *s = context;
	assert_true(s->command_count < SCENE_COMMANDS);
	s->commands[s->command_count++] = command;
}

static inline void scene_changed(void *context, struct participant *participant)
{
	(void)participant;
	((struct scene *)context)->changed++;
}

static inline void scene_meeting_changed(void *context, struct meeting *meeting)
{
	(void)meeting;
	((struct scene *)context)->rooms_changed++;
}

static inline void scene_negotiate(void *context, struct participant *participant)
{
	(void)participant;
	((struct scene *)context)->negotiated++;
}

static inline void scene_left(
	void *context, struct meeting *meeting, struct participant *participant)
{
	struct scene *s = context;
	(void)meeting;
	s->left++;
	s->reason = participant->reason;
}

static inline void scene_quality(void *context, struct participant *participant)
{
	(void)participant;
	((struct scene *)context)->quality_changed++;
}

static inline void scene_wanted(void *context, struct publication *publication)
{
	(void)publication;
	((struct scene *)context)->wanted++;
}

static inline void scene_stream(void *context, struct subscription *subscription)
{
	(void)subscription;
	((struct scene *)context)->streams_changed++;
}

static inline void scene_permission(void *context, struct subscription *subscription)
{
	(void)subscription;
	((struct scene *)context)->permissions_changed++;
}

static inline void scene_muted(void *context, struct publication *publication)
{
	(void)publication;
	((struct scene *)context)->muted++;
}

static inline void scene_forget(struct scene *s)
{
	for (unsigned i = 0; i < s->command_count; i++)
		media_command_free(&s->commands[i]);
	s->command_count = 0;
}

/* The first command of that kind since the last scene_forget(), or NULL. */
static inline const struct media_command *scene_command(
	const struct scene *s, enum media_command_kind kind)
{
	for (unsigned i = 0; i < s->command_count; i++) {
		if (s->commands[i]->kind == kind)
			return s->commands[i];
	}
	return NULL;
}

static inline int scene_setup(void **state)
{
	struct scene *s = MEM_NEW(struct scene);
	s->now = (struct meeting_now){INT64_C(1800000000000), 1000000};
	meetings_init(&s->meetings);
	s->meetings.occupancy = occupancy_new();
	s->meetings.fingerprint = FINGERPRINT_TEXT;
	s->meetings.candidates = &s->candidates;
	s->candidates.count = 1;
	s->candidates.list[0] = (struct candidate){"192.0.2.1", 7882, 1, 1, false};
	s->meetings.listener = (struct meeting_listener){.context = s,
		.terms = scene_terms,
		.opened = scene_opened,
		.media = scene_media,
		.participant_changed = scene_changed,
		.meeting_changed = scene_meeting_changed,
		.negotiate = scene_negotiate,
		.left = scene_left,
		.quality_changed = scene_quality,
		.quality_wanted = scene_wanted,
		.stream_changed = scene_stream,
		.permission_changed = scene_permission,
		.muted = scene_muted};
	*state = s;
	return 0;
}

static inline int scene_teardown(void **state)
{
	struct scene *s = *state;
	meetings_end_all(&s->meetings, LEAVE_SHUTDOWN);
	scene_forget(s);
	meetings_release(&s->meetings);
	occupancy_free(&s->meetings.occupancy);
	mem_freep(&s);
	return 0;
}

static inline enum status scene_try(
	struct scene *s, const char *room, const char *identity, struct participant **out)
{
	const struct grants grants = {.room = str_c(room),
		.identity = str_c(identity),
		.can_publish = true,
		.can_subscribe = true,
		.can_publish_data = true,
		.sources = SOURCES_ALL};
	enum status status = meetings_enter(&s->meetings, &grants, &s->now, out);
	if (status == STATUS_OK) {
		(*out)->session = s; /* anything: somebody listens */
		(*out)->auto_subscribe = true;
		participant_set_state(*out, PARTICIPANT_JOINED);
		meeting_subscribe_all(*out);
	}
	return status;
}

static inline struct participant *scene_enter(
	struct scene *s, const char *room, const char *identity)
{
	struct participant *p = NULL;
	check_ok(scene_try(s, room, identity, &p));
	return p;
}

static inline struct publication *scene_track(
	struct participant *p, const char *cid, enum media_kind kind, enum track_source source)
{
	const struct track_description says = {
		.cid = str_c(cid), .name = str_c(cid), .kind = kind, .source = source};
	struct publication *t = NULL;
	check_ok(meeting_add_track(p, &says, &t));
	return t;
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

#endif
