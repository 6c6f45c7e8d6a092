/* SPDX-License-Identifier: Apache-2.0 */
/* A media thread's state without its thread: the time is ours, and nothing is sent. */
#include "tests/unit/check.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "sfu/media/media.h"
#include "sfu/transport/dtls.h"
#include "sfu/transport/sctp.h"

#define MEETING	  1
#define TRANSPORT 2
#define TRACK	  3
#define DOWNTRACK 4
#define SECOND_US 1000000

struct scene {
	struct dtls_identity *identity;
	struct mailbox *events;
	struct team *team;
	struct metrics *metrics;
	struct media media;
};

static int setup(void **state)
{
	struct scene *s = MEM_NEW(struct scene);
	s->team = team_new(1, 4);
	check_ok(dtls_identity_new(&s->identity));
	s->events = mailbox_new(2);
	s->metrics = metrics_new();
	media_init(&s->media, s->identity, s->events, s->metrics, s->team, 0);
	s->media.now_us = s->media.tick_us = 100 * SECOND_US;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	role_take(&on_media);
	media_release(&s->media);
	mailbox_free(&s->events, media_event_drop);
	metrics_free(&s->metrics);
	dtls_identity_free(&s->identity);
	team_free(&s->team);
	mem_freep(&s);
	return 0;
}

static void open_meeting(struct scene *s)
{
	struct media_command *c = media_command_new(MEDIA_OPEN_MEETING);
	role_take(&on_media);
	c->meeting = MEETING;
	media_apply(&s->media, c);
}

static void open_transport(struct scene *s, uint64_t id)
{
	struct media_command *c = media_command_new(MEDIA_OPEN_TRANSPORT);
	role_take(&on_media);
	c->meeting = MEETING;
	c->transport = id;
	c->u.params.participant = 7;
	snprintf(c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), "ufrag%03u",
		(unsigned)id);
	snprintf(c->u.params.local_pwd, sizeof(c->u.params.local_pwd), "password");
	media_apply(&s->media, c);
}

static void pass(struct scene *s, int64_t us)
{
	role_take(&on_media);
	for (int64_t t = 0; t < us; t += SECOND_US) {
		s->media.now_us += SECOND_US;
		media_tick(&s->media);
	}
}

static void who_never_comes_is_reported_once(void **state)
{
	struct scene *s = *state;
	open_meeting(s);
	open_transport(s, TRANSPORT);
	pass(s, 29 * SECOND_US);
	assert_null(mailbox_take(s->events));
	pass(s, 60 * SECOND_US);
	struct media_event *event = mailbox_take(s->events);
	assert_non_null(event);
	assert_int_equal(event->kind, MEDIA_TRANSPORT_LOST);
	assert_int_equal(event->u.lost, LOST_NEVER);
	assert_int_equal(event->participant, 7);
	media_event_free(&event);
	assert_null(mailbox_take(s->events));
}

static void what_must_be_told_waits_for_room(void **state)
{
	struct scene *s = *state;
	open_meeting(s);
	for (uint64_t i = 1; i <= 10; i++) {
		open_transport(s, i);
	}
	pass(s, 31 * SECOND_US); /* ten events for a mailbox of two */
	unsigned seen = 0;
	for (int turn = 0; turn < 10; turn++) {
		struct media_event *event;
		while ((event = mailbox_take(s->events)) != NULL) {
			seen++;
			media_event_free(&event);
		}
		pass(s, SECOND_US);
	}
	assert_int_equal(seen, 10);
}

static void what_is_not_known_is_ignored(void **state)
{
	struct scene *s = *state;
	role_take(&on_media);
	for (int kind = MEDIA_OPEN_MEETING; kind < MEDIA_STOP; kind++) {
		struct media_command *c = media_command_new((enum media_command_kind)kind);
		c->meeting = c->transport = c->track = c->downtrack = 99;
		if (kind != MEDIA_OPEN_MEETING && kind != MEDIA_OPEN_TRANSPORT) {
			media_apply(&s->media, c);
		} else {
			media_command_free(&c);
		}
	}
	open_transport(s, TRANSPORT); /* of no meeting */
	assert_int_equal(map_count(s->media.peers), 0);
}

static void publish_and_subscribe(struct scene *s)
{
	role_take(&on_media);
	struct media_command *c = media_command_new(MEDIA_PUBLISH);
	c->u.publish = (struct media_publish){.transport = TRANSPORT,
		.track = TRACK,
		.kind = MEDIA_AUDIO,
		.codecs = {{.name = CODEC_OPUS, .payload_type = 111}},
		.codec_count = 1,
		.encodings = {{.ssrc = 5}},
		.encoding_count = 1};
	media_apply(&s->media, c);
	c = media_command_new(MEDIA_SUBSCRIBE);
	c->u.subscribe = (struct media_subscribe){
		.downtrack = DOWNTRACK, .track = TRACK, .transport = TRANSPORT + 1, .ssrc = 9};
	media_apply(&s->media, c);
}

static void closing_takes_what_hangs_below(void **state)
{
	struct scene *s = *state;
	static const enum media_command_kind closers[] = {
		MEDIA_CLOSE_MEETING, MEDIA_CLOSE_TRANSPORT, MEDIA_UNPUBLISH, MEDIA_UNSUBSCRIBE};
	role_take(&on_media);
	for (size_t i = 0; i < ARRAY_LEN(closers); i++) {
		open_meeting(s);
		open_transport(s, TRANSPORT);
		open_transport(s, TRANSPORT + 1);
		publish_and_subscribe(s);
		assert_int_equal(map_count(s->media.tracks), 1);
		assert_int_equal(map_count(s->media.downtracks), 1);
		struct media_command *c = media_command_new(closers[i]);
		c->meeting = MEETING;
		c->transport = TRANSPORT;
		c->track = TRACK;
		c->downtrack = DOWNTRACK;
		media_apply(&s->media, c);
		assert_int_equal(map_count(s->media.downtracks), 0);
		assert_int_equal(map_count(s->media.tracks), i >= 3 ? 1 : 0);
		assert_int_equal(map_count(s->media.peers), i == 0 ? 0 : i == 1 ? 1 : 2);
		c = media_command_new(MEDIA_CLOSE_MEETING);
		c->meeting = MEETING;
		media_apply(&s->media, c);
		assert_int_equal(map_count(s->media.ufrags), 0);
		assert_int_equal(map_count(s->media.meetings), 0);
	}
}

static void tracks_of_another_meeting_are_out_of_reach(void **state)
{
	struct scene *s = *state;
	role_take(&on_media);
	open_meeting(s);
	open_transport(s, TRANSPORT);
	struct media_command *c = media_command_new(MEDIA_OPEN_MEETING);
	c->meeting = MEETING + 1;
	media_apply(&s->media, c);
	c = media_command_new(MEDIA_OPEN_TRANSPORT);
	c->meeting = MEETING + 1;
	c->transport = TRANSPORT + 1;
	snprintf(c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), "elsewhere");
	media_apply(&s->media, c);
	publish_and_subscribe(s);
	assert_int_equal(map_count(s->media.tracks), 1);
	assert_int_equal(map_count(s->media.downtracks), 0);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCENE(who_never_comes_is_reported_once),
		SCENE(what_must_be_told_waits_for_room),
		SCENE(what_is_not_known_is_ignored),
		SCENE(closing_takes_what_hangs_below),
		SCENE(tracks_of_another_meeting_are_out_of_reach),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
