/* SPDX-License-Identifier: Apache-2.0 */
/* Which codec a subscriber gets, who may receive, and which qualities a publisher is to send. */
#include "tests/unit/sfu/meeting/scene.h"

#define ALL 7u

struct pair {
	struct participant *anna, *ben;
	struct publication *camera;
};

static void answer(struct participant *p, struct arena *arena)
{
	struct negotiated out;
	const char *why = "";
	if (negotiate_answer(p, arena, str_c(chromium_offer), &out, &why) != STATUS_OK)
		fail_msg("refused: %s", why);
}

static struct publication *add_camera(struct participant *p, bool with_vp9)
{
	struct track_description says = {.cid = STR("1f0c-camera"),
		.kind = MEDIA_VIDEO,
		.source = SOURCE_CAMERA,
		.layers = {{0, 320, 180, 0, "q"}, {1, 640, 360, 0, "h"}, {2, 1280, 720, 0, "f"}},
		.layer_count = 3};
	if (with_vp9) {
		says.codecs[0] = (struct codec_wish){CODEC_VP9, says.cid};
		says.codecs[1] = (struct codec_wish){CODEC_VP8, STR_EMPTY};
		says.codec_count = 2;
	}
	struct publication *t = NULL;
	check_ok(meeting_add_track(p, &says, &t));
	return t;
}

static void pass(struct scene *s, int64_t ms)
{
	s->now.mono_ms += ms;
	meetings_tick(&s->meetings, &s->now);
}

static struct pair meet(struct scene *s, struct arena *arena, bool with_vp9)
{
	struct pair p = {
		.anna = scene_enter(s, "room", "anna"), .ben = scene_enter(s, "room", "ben")};
	p.camera = add_camera(p.anna, with_vp9);
	answer(p.anna, arena);
	answer(p.ben, arena);
	/* Both are there as far as the meeting knows. */
	p.anna->session = p.ben->session = s;
	pass(s, 1500);
	return p;
}

static void done(struct pair *p)
{
	p->anna->session = p->ben->session = NULL;
}

static void the_wished_codec_comes_first(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct pair p = meet(s, a, true);
	assert_int_equal(p.camera->renditions[0].codec, CODEC_VP9);
	assert_true(p.camera->live && p.camera->renditions[0].live);
	const struct media_command *publish = scene_command(s, MEDIA_PUBLISH);
	assert_int_equal(publish->u.publish.codecs[0].name, CODEC_VP9);
	const struct media_command *subscribe = scene_command(s, MEDIA_SUBSCRIBE);
	assert_int_equal(subscribe->u.subscribe.codec.name, CODEC_VP9);
	assert_int_equal(subscribe->u.subscribe.track, p.camera->renditions[0].id);
	done(&p);
}

static void who_cannot_read_it_waits_for_the_other(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct pair p = meet(s, a, true);
	struct subscription *sub = participant_subscription(p.ben, p.camera);
	/* As if its description had had no VP9. */
	sub->started = false;
	unsigned kept = 0;
	for (unsigned i = 0; i < sub->codec_count; i++) {
		if (sub->codecs[i].name != CODEC_VP9)
			sub->codecs[kept++] = sub->codecs[i];
	}
	sub->codec_count = kept;
	scene_forget(s);
	unsigned told = s->wanted;
	assert_true(meeting_start_subscription(sub));
	assert_null(scene_command(s, MEDIA_SUBSCRIBE));
	assert_ptr_equal(sub->rendition, &p.camera->renditions[1]);
	assert_true(s->wanted > told);
	assert_int_equal(p.camera->renditions[1].told, ALL);
	/* Said again with an id, and negotiated. */
	const struct track_description again = {.cid = STR("clone"),
		.kind = MEDIA_VIDEO,
		.codecs = {{CODEC_VP8, STR_INIT("clone")}},
		.codec_count = 1};
	struct rendition *r = publication_backup(p.camera, &again);
	assert_ptr_equal(r, &p.camera->renditions[1]);
	assert_ptr_equal(publication_rendition(p.camera, STR("clone")), r);
	r->format = sub->codecs[0];
	meeting_rendition_live(r, s->now.mono_ms);
	const struct media_command *subscribe = scene_command(s, MEDIA_SUBSCRIBE);
	assert_non_null(subscribe);
	assert_int_equal(subscribe->u.subscribe.track, r->id);
	/* It ends: the subscriber gets nothing, and the track stays. */
	meeting_remove_rendition(r);
	assert_non_null(scene_command(s, MEDIA_UNSUBSCRIBE));
	assert_true(p.camera->live);
	const struct track_description other = {
		.kind = MEDIA_VIDEO, .codecs = {{CODEC_AV1, STR_INIT("third")}}, .codec_count = 1};
	assert_null(publication_backup(p.camera, &other));
	done(&p);
}

static void qualities_go_up_at_once_and_down_later(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct pair p = meet(s, a, false);
	struct subscription *sub = participant_subscription(p.ben, p.camera);
	struct media_downtrack_settings low = {.max_encoding = 0}, high = {.max_encoding = 2};
	assert_int_equal(p.camera->renditions[0].told, ALL);
	meeting_set_downtrack(sub, &low);
	pass(s, 2000);
	assert_int_equal(p.camera->renditions[0].told, ALL);
	pass(s, 3500);
	assert_int_equal(p.camera->renditions[0].told, 1);
	meeting_set_downtrack(sub, &high);
	assert_int_equal(p.camera->renditions[0].told, ALL);
	low.paused = true;
	meeting_set_downtrack(sub, &low);
	pass(s, 6000);
	assert_int_equal(p.camera->renditions[0].told, 0);
	/* What goes back in time was never less. */
	meeting_set_downtrack(sub, &high);
	meeting_set_downtrack(sub, &low);
	pass(s, 3000);
	meeting_set_downtrack(sub, &high);
	pass(s, 3000);
	assert_int_equal(p.camera->renditions[0].told, ALL);
	done(&p);
}

static void publishers_say_who_may_receive(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct pair p = meet(s, a, false);
	struct subscription *sub = participant_subscription(p.ben, p.camera);
	assert_true(sub->started && !sub->refused);
	scene_forget(s);
	p.anna->some_may_subscribe = true;
	meeting_apply_permissions(p.anna);
	assert_true(sub->refused && !sub->started && !sub->bound);
	assert_int_equal(s->permissions_changed, 1);
	assert_non_null(scene_command(s, MEDIA_UNSUBSCRIBE));
	meeting_apply_permissions(p.anna); /* the same again is nothing */
	assert_int_equal(s->permissions_changed, 1);
	struct subscriber_permission *one = &p.anna->permissions[0];
	memcpy(one->sid, p.ben->sid, sizeof(one->sid));
	memcpy(one->tracks[0], "TR_another", sizeof("TR_another"));
	one->track_count = 1;
	p.anna->permission_count = 1;
	meeting_apply_permissions(p.anna);
	assert_true(sub->refused);
	memcpy(one->tracks[0], p.camera->sid, sizeof(one->tracks[0]));
	meeting_apply_permissions(p.anna);
	assert_false(sub->refused);
	assert_int_equal(s->permissions_changed, 2);
	participant_allow_all(p.anna);
	assert_true(participant_permits(p.anna, p.ben, p.camera));
	done(&p);
}

static void the_meeting_mutes(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct pair p = meet(s, a, false);
	meeting_mute_for(p.camera, true);
	assert_int_equal(s->muted, 1);
	assert_true(p.camera->says.muted);
	assert_true(scene_command(s, MEDIA_MUTE_TRACK)->u.muted);
	meeting_mute_for(p.camera, true);
	assert_int_equal(s->muted, 1);
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(the_wished_codec_comes_first),
		SCENE_TEST(who_cannot_read_it_waits_for_the_other),
		SCENE_TEST(qualities_go_up_at_once_and_down_later),
		SCENE_TEST(publishers_say_who_may_receive),
		SCENE_TEST(the_meeting_mutes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
