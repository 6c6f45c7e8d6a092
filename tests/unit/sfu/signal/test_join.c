/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <zlib.h>

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "sfu/signal/join.h"

static struct str gzip(struct arena *arena, struct str bytes)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = bytes.n + 1000;
	char *out = arena_alloc(arena, room);
	z.next_in = (unsigned char *)(uintptr_t)bytes.p;
	z.avail_in = (unsigned)bytes.n;
	z.next_out = (unsigned char *)out;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t n = z.total_out;
	deflateEnd(&z);
	return str_n(out, n);
}

static struct str wrap(struct arena *arena, struct str bytes, int compression)
{
	Livekit__WrappedJoinRequest wrapped;
	livekit__wrapped_join_request__init(&wrapped);
	wrapped.compression = (Livekit__WrappedJoinRequest__Compression)compression;
	wrapped.join_request.data = (uint8_t *)(uintptr_t)bytes.p;
	wrapped.join_request.len = bytes.n;
	return base64_encode(arena, arena_pack(arena, &wrapped.base), BASE64_PADDED);
}

/* base64_encode() has no padded URL variant: what clients send is this with two letters changed. */
static struct str url_form(struct arena *arena, struct str text)
{
	char *out = arena_c_str(arena, text);
	for (size_t i = 0; i < text.n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	return str_n(out, text.n);
}

static struct str a_request(struct arena *arena)
{
	Livekit__JoinRequest request;
	Livekit__SessionDescription offer;
	Livekit__ConnectionSettings settings;
	livekit__join_request__init(&request);
	livekit__session_description__init(&offer);
	livekit__connection_settings__init(&settings);
	offer.sdp = arena_c_str(arena, STR("v=0\r\n"));
	offer.id = 3;
	settings.auto_subscribe = true;
	request.publisher_offer = &offer;
	request.connection_settings = &settings;
	request.reconnect = true;
	request.participant_sid = arena_c_str(arena, STR("PA_x"));
	return arena_pack(arena, &request.base);
}

static void both_ways_of_wrapping(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct str inner = a_request(a);
	for (int compression = 0; compression < 2; compression++) {
		struct str bytes = compression == 0 ? inner : gzip(a, inner);
		const Livekit__JoinRequest *request;
		check_ok(join_decode(a, url_form(a, wrap(a, bytes, compression)), &request));
		assert_true(request->reconnect);
		assert_int_equal(request->publisher_offer->id, 3);
		check_str(str_c(request->publisher_offer->sdp), "v=0\r\n");
	}
}

static void parameters_are_read(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct lws_request request = {.arena = a,
		.parameters = {{STR_INIT("reconnect"), STR_INIT("1")},
			{STR_INIT("sid"), STR_INIT("PA_y")},
			{STR_INIT("auto_subscribe"), STR_INIT("0")}},
		.parameter_count = 3};
	struct join join;
	const char *why;
	check_ok(join_read(&request, false, &join, &why));
	assert_true(join.reconnect);
	assert_false(join.single || join.auto_subscribe);
	check_str(join.participant_sid, "PA_y");
	check_status(join_read(&request, true, &join, &why), STATUS_INVALID);

	request.parameters[0] =
		(struct lws_parameter){STR("join_request"), url_form(a, wrap(a, a_request(a), 0))};
	check_ok(join_read(&request, true, &join, &why));
	assert_true(join.single && join.reconnect && join.auto_subscribe);
	check_str(join.participant_sid, "PA_x");
}

static void a_bomb_is_not_unpacked(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	size_t n = (size_t)64 * 1024 * 1024;
	char *zeros = mem_alloc(n);
	struct str bomb = gzip(a, str_n(zeros, n));
	mem_freep(&zeros);
	const Livekit__JoinRequest *request;
	check_status(join_decode(a, url_form(a, wrap(a, bomb, 1)), &request), STATUS_TOO_LARGE);
}

/* Each empty submessage has two bytes on the wire and much more in memory. */
static void many_small_messages_are_refused(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	size_t n = (size_t)400 * 1024;
	char *bytes = mem_alloc(n);
	for (size_t i = 0; i < n; i += 2)
		bytes[i] = 0x2a; /* field 5, add_track_requests */
	const Livekit__JoinRequest *request;
	check_status(
		join_decode(a, url_form(a, wrap(a, str_n(bytes, n), 0)), &request), STATUS_INVALID);
	mem_freep(&bytes);
}

static void what_is_cut_or_wrong_is_refused(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	const Livekit__JoinRequest *request;
	struct str packed = gzip(a, a_request(a));
	check_status(join_decode(a, STR("***"), &request), STATUS_INVALID);
	check_status(join_decode(a, STR("_____w=="), &request), STATUS_INVALID);
	check_status(
		join_decode(a, url_form(a, wrap(a, STR("no gzip"), 1)), &request), STATUS_INVALID);
	check_status(join_decode(a, url_form(a, wrap(a, packed, 7)), &request), STATUS_INVALID);
	check_status(join_decode(a, url_form(a, wrap(a, STR(""), 1)), &request), STATUS_INVALID);
	for (size_t n = 0; n < packed.n - 8; n++)
		check_status(
			join_decode(a, url_form(a, wrap(a, str_slice(packed, 0, n), 1)), &request),
			STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_of_wrapping),
		cmocka_unit_test(parameters_are_read),
		cmocka_unit_test(a_bomb_is_not_unpacked),
		cmocka_unit_test(many_small_messages_are_refused),
		cmocka_unit_test(what_is_cut_or_wrong_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
