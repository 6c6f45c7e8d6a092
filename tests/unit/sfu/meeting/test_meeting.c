/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sfu/meeting/scene.h"

static unsigned taken(struct scene *s, const char *room)
{
	return occupancy_look(s->meetings.occupancy, str_c(room), STR_EMPTY).taken;
}

static void six_seats_and_no_more(void **state)
{
	struct scene *s = *state;
	static const char *const names[] = {"1", "2", "3", "4", "5", "6"};
	struct participant *p = NULL, *other = NULL;
	for (int i = 0; i < MEETING_SEATS; i++)
		p = scene_enter(s, "room", names[i]);
	check_status(scene_try(s, "room", "7", &other), STATUS_LIMITED);
	const struct grants seventh = {.room = STR("room"), .identity = STR("7")};
	check_status(meetings_may_enter(&s->meetings, &seventh, &s->now), STATUS_LIMITED);
	const struct grants sixth = {.room = STR("room"), .identity = STR("6")};
	check_ok(meetings_may_enter(&s->meetings, &sixth, &s->now));
	assert_int_equal(taken(s, "room"), MEETING_SEATS);
	assert_true(occupancy_look(s->meetings.occupancy, STR("room"), STR("6")).present);
	assert_false(occupancy_look(s->meetings.occupancy, STR("room"), STR("7")).present);

	meeting_leave(p, LEAVE_CLIENT, s->now.mono_ms);
	assert_int_equal(taken(s, "room"), MEETING_SEATS - 1);
	(void)scene_enter(s, "room", "7");
	(void)scene_enter(s, "another", "8");
	unsigned rooms, seats;
	occupancy_totals(s->meetings.occupancy, &rooms, &seats);
	assert_int_equal(rooms, 2);
	assert_int_equal(seats, MEETING_SEATS + 1);
}

static void the_same_identity_takes_its_own_seat(void **state)
{
	struct scene *s = *state;
	struct participant *first = scene_enter(s, "room", "anna");
	char sid[SID_MAX];
	memcpy(sid, first->sid, sizeof(sid));
	struct participant *second = scene_enter(s, "room", "anna");
	assert_int_equal(s->left, 1);
	assert_int_equal(s->reason, LEAVE_DUPLICATE);
	assert_int_equal(s->opened, 1);
	assert_int_equal(taken(s, "room"), 1);
	assert_ptr_equal(meetings_find(&s->meetings, STR("room"), STR("anna"), STR_EMPTY), second);
	assert_null(meetings_find(&s->meetings, STR("room"), STR("anna"), str_c(sid)));
	assert_null(meetings_find(&s->meetings, STR("other"), STR("anna"), STR_EMPTY));
}

static void the_last_one_closes_the_meeting(void **state)
{
	struct scene *s = *state;
	struct participant *a = scene_enter(s, "room", "a"), *b = scene_enter(s, "room", "b");
	assert_non_null(scene_command(s, MEDIA_OPEN_MEETING));
	meeting_leave(a, LEAVE_CLIENT, s->now.mono_ms);
	assert_null(scene_command(s, MEDIA_CLOSE_MEETING));
	meeting_leave(b, LEAVE_CLIENT, s->now.mono_ms);
	assert_non_null(scene_command(s, MEDIA_CLOSE_MEETING));
	assert_int_equal(map_count(s->meetings.by_name), 0);
	assert_int_equal(taken(s, "room"), 0);
}

static void a_lost_connection_keeps_its_seat_for_a_while(void **state)
{
	struct scene *s = *state;
	struct participant *a = scene_enter(s, "room", "a");
	(void)scene_enter(s, "room", "b");
	participant_detach(a, s->now.mono_ms);
	s->now.mono_ms += SEAT_GRACE_MS - 1;
	meetings_tick(&s->meetings, &s->now);
	assert_int_equal(s->left, 0);
	a->session = s; /* resumed */
	s->now.mono_ms += 10;
	meetings_tick(&s->meetings, &s->now);
	assert_int_equal(s->left, 0);
	participant_detach(a, s->now.mono_ms);
	s->now.mono_ms += SEAT_GRACE_MS;
	meetings_tick(&s->meetings, &s->now);
	assert_int_equal(s->left, 1);
	assert_int_equal(s->reason, LEAVE_TIMEOUT);
	assert_int_equal(taken(s, "room"), 1);
}

static void media_event(struct scene *s, enum media_event_kind kind, const struct participant *p)
{
	struct media_event *event = media_event_new(kind);
	event->participant = p->id;
	event->transport = p->publisher.transport;
	meetings_media_event(&s->meetings, event, &s->now);
	media_event_free(&event);
}

static void who_is_silent_on_both_ways_is_gone(void **state)
{
	struct scene *s = *state;
	struct participant *a = scene_enter(s, "room", "a"), *b = scene_enter(s, "room", "b");
	a->publisher.transport = 100;
	b->publisher.transport = 101;
	media_event(s, MEDIA_TRANSPORT_CONNECTED, a);
	media_event(s, MEDIA_TRANSPORT_CONNECTED, b);
	assert_int_equal(a->state, PARTICIPANT_ACTIVE);
	s->now.mono_ms += TRANSPORT_SILENCE_MS;
	b->heard_ms = s->now.mono_ms - 1000; /* still signals */
	media_event(s, MEDIA_TRANSPORT_LOST, b);
	assert_int_equal(s->left, 0);
	assert_int_equal(b->quality, QUALITY_LOST);
	media_event(s, MEDIA_TRANSPORT_CONNECTED, b);
	assert_int_equal(b->quality, QUALITY_EXCELLENT);
	media_event(s, MEDIA_TRANSPORT_LOST, a);
	assert_int_equal(s->left, 1);
	assert_int_equal(taken(s, "room"), 1);
}

static void who_missed_reliable_data_comes_anew(void **state)
{
	struct scene *s = *state;
	struct participant *a = scene_enter(s, "room", "a");
	a->publisher.transport = 100;
	media_event(s, MEDIA_TRANSPORT_CONNECTED, a);
	struct media_event event = {.kind = MEDIA_TRANSPORT_LOST,
		.participant = a->id,
		.transport = 100,
		.u.lost = LOST_BEHIND};
	meetings_media_event(&s->meetings, &event, &s->now);
	assert_int_equal(s->left, 1);
	assert_int_equal(s->reason, LEAVE_STATE_MISMATCH);
}

static void an_hour_and_a_warning_before(void **state)
{
	struct scene *s = *state;
	struct participant *a = scene_enter(s, "room", "a");
	(void)scene_enter(s, "room", "b");
	assert_int_equal(a->meeting->ends_ms, s->now.wall_ms + MEETING_LENGTH_MS);
	s->now.wall_ms += MEETING_LENGTH_MS - MEETING_WARNING_MS - 1;
	meetings_tick(&s->meetings, &s->now);
	assert_int_equal(s->rooms_changed, 0);
	s->now.wall_ms += 1;
	meetings_tick(&s->meetings, &s->now);
	meetings_tick(&s->meetings, &s->now);
	assert_int_equal(s->rooms_changed, 1);
	assert_true(a->meeting->warned);
	s->now.wall_ms += MEETING_WARNING_MS;
	struct participant *late = NULL;
	check_status(scene_try(s, "room", "c", &late), STATUS_DENIED);
	meetings_tick(&s->meetings, &s->now);
	assert_int_equal(s->left, 2);
	assert_int_equal(s->reason, LEAVE_MEETING_OVER);
	assert_int_equal(map_count(s->meetings.by_name), 0);
}

static void terms_are_asked_for(void **state)
{
	struct scene *s = *state;
	struct participant *p = NULL;
	s->ends_ms = -1;
	check_status(scene_try(s, "room", "a", &p), STATUS_NOT_FOUND);
	s->ends_ms = s->now.wall_ms;
	check_status(scene_try(s, "room", "a", &p), STATUS_DENIED);
	s->ends_ms = s->now.wall_ms + 1000;
	p = scene_enter(s, "room", "a");
	assert_int_equal(p->meeting->ends_ms, s->now.wall_ms + 1000);
	assert_string_equal(p->meeting->objective, "objective");
}

static void tracks_are_bounded_and_permitted(void **state)
{
	struct scene *s = *state;
	struct participant *a = scene_enter(s, "room", "a");
	struct track_description says = {.cid = STR("x"), .kind = MEDIA_VIDEO};
	struct publication *t = NULL;
	says.source = SOURCE_CAMERA;
	a->sources = 1u << SOURCE_MICROPHONE;
	check_status(meeting_add_track(a, &says, &t), STATUS_DENIED);
	a->sources = SOURCES_ALL;
	a->can_publish = false;
	check_status(meeting_add_track(a, &says, &t), STATUS_DENIED);
	a->can_publish = true;
	check_ok(meeting_add_track(a, &says, &t));
	check_status(meeting_add_track(a, &says, &t), STATUS_EXISTS);
	char cid[2] = "a";
	for (says.cid = str_n(cid, 1); participant_track_count(a) < TRACKS_MAX; cid[0]++)
		check_ok(meeting_add_track(a, &says, &t));
	check_status(meeting_add_track(a, &says, &t), STATUS_TOO_LARGE);
}

static void the_encoding_that_fills_a_picture(void **state)
{
	(void)state;
	const struct track_description says = {.kind = MEDIA_VIDEO,
		.layers = {{0, 320, 180, 0, "q"}, {1, 640, 360, 0, "h"}, {2, 1280, 720, 0, "f"}},
		.layer_count = 3};
	const uint64_t ids[RENDITIONS_MAX] = {1, 2};
	struct publication *t = publication_new(ids, &says);
	assert_int_equal(publication_encoding_for(t, 200, 100), 0);
	assert_int_equal(publication_encoding_for(t, 100, 320), 0);
	assert_int_equal(publication_encoding_for(t, 321, 180), 1);
	assert_int_equal(publication_encoding_for(t, 1280, 720), 2);
	assert_int_equal(publication_encoding_for(t, 4000, 2000), MEDIA_MAX_ENCODINGS - 1);
	assert_int_equal(publication_encoding_for(t, 0, 0), MEDIA_MAX_ENCODINGS - 1);
	assert_int_equal(publication_encoding_of_quality(t, 1), 1);
	publication_free(&t);
}

static void attributes_come_and_go(void **state)
{
	struct scene *s = *state;
	struct participant *p = scene_enter(s, "room", "a");
	check_ok(participant_set_attribute(p, STR("k"), STR("1")));
	check_ok(participant_set_attribute(p, STR("k"), STR("2")));
	assert_int_equal(p->attribute_count, 1);
	check_str(p->attributes[0].value, "2");
	check_ok(participant_set_attribute(p, STR("k"), STR_EMPTY));
	check_ok(participant_set_attribute(p, STR("none"), STR_EMPTY));
	assert_int_equal(p->attribute_count, 0);
	char key[2] = "A";
	for (int i = 0; i < ATTRIBUTES_MAX; i++, key[0]++)
		check_ok(participant_set_attribute(p, str_n(key, 1), STR("v")));
	check_status(participant_set_attribute(p, str_n(key, 1), STR("v")), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(six_seats_and_no_more),
		SCENE_TEST(the_same_identity_takes_its_own_seat),
		SCENE_TEST(the_last_one_closes_the_meeting),
		SCENE_TEST(a_lost_connection_keeps_its_seat_for_a_while),
		SCENE_TEST(who_is_silent_on_both_ways_is_gone),
		SCENE_TEST(who_missed_reliable_data_comes_anew),
		SCENE_TEST(an_hour_and_a_warning_before),
		SCENE_TEST(terms_are_asked_for),
		SCENE_TEST(tracks_are_bounded_and_permitted),
		SCENE_TEST(the_encoding_that_fills_a_picture),
		SCENE_TEST(attributes_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
