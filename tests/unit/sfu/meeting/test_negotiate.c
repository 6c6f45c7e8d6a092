/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sfu/meeting/scene.h"

static void answer(
	struct participant *p, const char *offer, struct arena *arena, struct negotiated *out)
{
	const char *why = "";
	if (negotiate_answer(p, arena, str_c(offer), out, &why) != STATUS_OK)
		fail_msg("refused: %s", why);
}

static void publish_both(struct participant *p)
{
	(void)scene_track(p, "6bd9f3f1-microphone", MEDIA_AUDIO, SOURCE_MICROPHONE);
	(void)scene_track(p, "1f0c-camera", MEDIA_VIDEO, SOURCE_CAMERA);
}

static unsigned count(const struct scene *s, enum media_command_kind kind)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->command_count; i++)
		n += s->commands[i]->kind == kind;
	return n;
}

static void what_is_offered_is_published(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	struct participant *anna = scene_enter(s, "room", "anna");
	publish_both(anna);
	answer(anna, chromium_offer, a, &n);
	const struct media_command *open = scene_command(s, MEDIA_OPEN_TRANSPORT);
	assert_non_null(open);
	assert_int_equal(open->transport, anna->publisher.transport);
	assert_string_equal(open->u.params.local_ufrag, anna->publisher.ufrag);
	assert_string_equal(open->u.params.remote_ufrag, "w4Qy");
	assert_int_equal(open->u.params.data, DATA_ACCEPT);
	assert_int_equal(count(s, MEDIA_PUBLISH), 2);
	for (struct publication *t = anna->publications; t != NULL; t = t->next)
		assert_true(t->live);
	assert_true(str_find(n.sdp, STR("192.0.2.1 7882")) > 0);
	assert_int_equal(n.mid_count, 0);
}

static void another_kind_or_id_is_not_published(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	struct participant *anna = scene_enter(s, "room", "anna");
	answer(anna, chromium_offer, a, &n);
	assert_int_equal(count(s, MEDIA_PUBLISH), 0);
	/* Said only now: by what it is, for the id is another. */
	(void)scene_track(anna, "some other id", MEDIA_AUDIO, SOURCE_MICROPHONE);
	answer(anna, chromium_offer, a, &n);
	assert_int_equal(count(s, MEDIA_PUBLISH), 1);
	assert_string_equal(anna->publications->renditions[0].mid, "3");
	assert_int_equal(count(s, MEDIA_OPEN_TRANSPORT), 1);
	assert_int_equal(count(s, MEDIA_UPDATE_TRANSPORT), 1);
}

static void who_has_room_receives(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	struct negotiate_wanted wanted;
	struct participant *anna = scene_enter(s, "room", "anna");
	struct participant *ben = scene_enter(s, "room", "ben");
	publish_both(anna);
	answer(anna, chromium_offer, a, &n);
	assert_int_equal(s->negotiated, 2);
	assert_false(negotiate_wanted(ben, &wanted)); /* its first offer comes by itself */
	scene_forget(s);
	answer(ben, chromium_offer, a, &n);
	assert_int_equal(count(s, MEDIA_SUBSCRIBE), 2);
	assert_int_equal(n.mid_count, 2);
	const struct media_subscribe *to = &scene_command(s, MEDIA_SUBSCRIBE)->u.subscribe;
	assert_int_equal(to->transport, ben->publisher.transport);
	assert_true(to->ssrc != 0);
	BUF_SCOPE(stream, 100);
	buf_printf(&stream, "a=msid:%s|%s %s", anna->sid, anna->publications->sid,
		anna->publications->sid);
	assert_true(str_find(n.sdp, buf_str(&stream)) > 0);
	assert_false(negotiate_wanted(ben, &wanted));

	/* A third one's tracks need sections of their own. */
	struct participant *chloe = scene_enter(s, "room", "chloe");
	publish_both(chloe);
	answer(chloe, chromium_offer, a, &n);
	assert_true(negotiate_wanted(ben, &wanted));
	assert_int_equal(wanted.audios, 1);
	assert_int_equal(wanted.videos, 1);
	assert_false(negotiate_wanted(ben, &wanted)); /* asked already */
}

/* What ended is said to be inactive once before another track takes the section. */
static void sections_are_used_again(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	struct negotiate_wanted wanted;
	struct participant *anna = scene_enter(s, "room", "anna");
	struct participant *ben = scene_enter(s, "room", "ben");
	publish_both(anna);
	answer(anna, chromium_offer, a, &n);
	answer(ben, chromium_offer, a, &n);
	meeting_leave(anna, LEAVE_CLIENT, s->now.mono_ms);
	assert_int_equal(count(s, MEDIA_UNSUBSCRIBE), 2);
	scene_forget(s);

	anna = scene_enter(s, "room", "anna");
	publish_both(anna);
	answer(anna, chromium_offer, a, &n);
	assert_true(negotiate_wanted(ben, &wanted));
	scene_forget(s);
	answer(ben, chromium_offer, a, &n);
	assert_int_equal(count(s, MEDIA_SUBSCRIBE), 0);
	assert_true(negotiate_wanted(ben, &wanted));
	assert_int_equal(wanted.audios + wanted.videos, 0);
	answer(ben, chromium_offer, a, &n);
	assert_int_equal(count(s, MEDIA_SUBSCRIBE), 2);
	assert_false(negotiate_wanted(ben, &wanted));
}

static void who_gives_no_sections_is_asked_a_few_times_only(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	struct negotiate_wanted wanted;
	struct participant *anna = scene_enter(s, "room", "anna");
	struct participant *ben = scene_enter(s, "room", "ben");
	struct participant *chloe = scene_enter(s, "room", "chloe");
	publish_both(anna);
	publish_both(chloe);
	answer(anna, chromium_offer, a, &n);
	answer(chloe, chromium_offer, a, &n);
	unsigned asked = 0;
	for (int i = 0; i < 20; i++) {
		scene_forget(s);
		answer(ben, chromium_offer, a, &n);
		asked += negotiate_wanted(ben, &wanted);
	}
	assert_in_range(asked, 1, 5);
}

static void new_credentials_for_a_restart(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	struct participant *anna = scene_enter(s, "room", "anna");
	answer(anna, chromium_offer, a, &n);
	char ufrag[MEDIA_UFRAG_MAX + 1];
	memcpy(ufrag, anna->publisher.ufrag, sizeof(ufrag));
	answer(anna, chromium_offer, a, &n);
	assert_string_equal(anna->publisher.ufrag, ufrag);
	BUF_SCOPE(other, SDP_MAX_BYTES);
	struct str rest = str_c(chromium_offer), line;
	while (str_cut(&rest, '\n', &line)) {
		if (str_starts(line, STR("a=ice-ufrag:")))
			buf_append(&other, STR("a=ice-ufrag:another\r\n"));
		else if (line.n > 0)
			buf_printf(&other, "%.*s\n", STR_FMT(line));
	}
	answer(anna, buf_str(&other).p, a, &n);
	assert_string_not_equal(anna->publisher.ufrag, ufrag);
	assert_string_equal(anna->publisher.remote_ufrag, "another");
}

static void broken_offers_change_nothing(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	const char *why = "";
	struct participant *anna = scene_enter(s, "room", "anna");
	scene_forget(s);
	assert_int_not_equal(negotiate_answer(anna, a, STR("v=0\r\n"), &n, &why), STATUS_OK);
	assert_int_not_equal(negotiate_answer(anna, a, STR_EMPTY, &n, &why), STATUS_OK);
	assert_int_equal(s->command_count, 0);
	answer(anna, chromium_offer, a, &n);
	check_status(negotiate_answer(anna, a, str_c(firefox_offer), &n, &why), STATUS_INVALID);
}

static void two_connections_we_offer_the_second(void **state)
{
	ARENA_SCOPE(a);
	struct scene *s = *state;
	struct negotiated n;
	const char *why = "";
	struct participant *anna = scene_enter(s, "room", "anna");
	struct participant *ben = scene_enter(s, "room", "ben");
	ben->dual = true;
	assert_true(negotiate_offer(ben, a, &n));
	assert_int_equal(n.id, 1);
	assert_true(str_find(n.sdp, STR("m=application")) > 0);
	assert_true(str_find(n.sdp, STR("a=setup:actpass")) > 0);
	const struct media_command *open = scene_command(s, MEDIA_OPEN_TRANSPORT);
	assert_int_equal(open->u.params.data, DATA_OPEN);
	assert_int_equal(open->u.params.fingerprint_size, 0);

	publish_both(anna);
	answer(anna, chromium_offer, a, &n);
	assert_false(negotiate_offer(ben, a, &n)); /* the first is not answered yet */
	assert_true(ben->subscriber.offer_again);
	check_status(negotiate_accept(ben, a, STR(""), 7, &why), STATUS_NOT_FOUND);
	assert_int_not_equal(negotiate_accept(ben, a, STR("v=0"), 1, &why), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(what_is_offered_is_published),
		SCENE_TEST(another_kind_or_id_is_not_published),
		SCENE_TEST(who_has_room_receives),
		SCENE_TEST(sections_are_used_again),
		SCENE_TEST(who_gives_no_sections_is_asked_a_few_times_only),
		SCENE_TEST(new_credentials_for_a_restart),
		SCENE_TEST(broken_offers_change_nothing),
		SCENE_TEST(two_connections_we_offer_the_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
