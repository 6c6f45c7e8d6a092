/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"
#include "common/matrix/ids.h"

static void server_names(void **state)
{
	/* The specification's examples first. */
	static const char *const good[] = {"matrix.org", "matrix.org:8888", "1.2.3.4",
		"1.2.3.4:1234", "[1234:5678::abcd]", "[1234:5678::abcd]:5678", "localhost", "A-b.C",
		"[::]", "[::ffff:1.2.3.4]:1", "1.2.3", "1.2.3.4.5", "a:65535", "a:0",
		"xn--caf-dma.fr", "999.example"};
	static const char *const bad[] = {"", ":", ":80", "a:", "a:b", "a:65536", "a:123456",
		"a:-1", "a:1 ", "a b", "a_b", "a..b", ".a", "caf\xC3\xA9", "256.1.1.1",
		"1.2.3.1000", "[", "[]", "[::", "::1", "[::1]x", "[::1]:", "[::1]80", "[1.2.3.4]",
		"[::g]", "[::1%eth0]", "a/b", "a?b", "a@b", "a:1:2"};
	char name[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!server_name_ok(str_c(good[i])))
			fail_msg("refused: %s", good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (server_name_ok(str_c(bad[i])))
			fail_msg("accepted: %s", bad[i]);
	}
	assert_false(server_name_ok(STR_EMPTY));
	assert_false(server_name_ok(STR("a\0")));
	assert_false(server_name_ok(STR("[::1\0]")));
	memset(name, 'a', sizeof(name));
	assert_true(server_name_ok(str_n(name, 63)));
	assert_false(server_name_ok(str_n(name, 64)));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	assert_true(server_name_ok(str_n(name, 255)));
	assert_false(server_name_ok(str_n(name, 256)));
}

static void user_ids(void **state)
{
	/* What is no longer given out is still met, the empty localpart and all of Unicode too. */
	static const struct str good[] = {STR_INIT("@a:b"), STR_INIT("@a/b+c=d_e-f.g:matrix.org"),
		STR_INIT("@Upper Case:b"), STR_INIT("@:b"), STR_INIT("@caf\xC3\xA9:b"),
		STR_INIT("@a\n:b"), STR_INIT("@a:b:80"), STR_INIT("@a:[::1]:80")};
	static const struct str bad[] = {STR_INIT(""), STR_INIT("@"), STR_INIT("@a"),
		STR_INIT("a:b"), STR_INIT("@a:"), STR_INIT("!a:b"), STR_INIT("@a\0:b"),
		STR_INIT("@a\xFF:b"), STR_INIT("@a\xED\xA0\x80:b"), STR_INIT("@a:b c"),
		STR_INIT("@a:b:c"), {NULL, 0}};
	struct matrix_id id = {STR_EMPTY, STR_EMPTY};
	char text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (user_id_parse(bad[i], &id) != STATUS_INVALID)
			fail_msg("accepted: %.*s", STR_FMT(bad[i]));
		assert_null(id.server.p);
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (user_id_parse(good[i], &id) != STATUS_OK)
			fail_msg("refused: %.*s", STR_FMT(good[i]));
	}
	check_ok(user_id_parse(STR("@al:example.org:80"), &id));
	check_str(id.localpart, "al");
	check_str(id.server, "example.org:80");

	memset(text, 'a', sizeof(text));
	text[0] = '@';
	text[200] = ':';
	check_ok(user_id_parse(str_n(text, 255), &id));
	check_status(user_id_parse(str_n(text, 256), &id), STATUS_INVALID);
}

static void localparts_we_give_out(void **state)
{
	(void)state;
	assert_true(user_localpart_is_new(STR("abcxyz0189._=-/+")));
	assert_false(user_localpart_is_new(STR_EMPTY));
	assert_false(user_localpart_is_new(STR("A")));
	assert_false(user_localpart_is_new(STR("a b")));
	assert_false(user_localpart_is_new(STR("a\0b")));
	assert_false(user_localpart_is_new(STR("\xC3\xA9")));
	assert_false(user_localpart_is_new(STR("a:b")));
}

static void room_aliases(void **state)
{
	struct matrix_id id;

	(void)state;
	check_ok(room_alias_parse(STR("#caf\xC3\xA9 au lait:b"), &id));
	check_str(id.localpart, "caf\xC3\xA9 au lait");
	check_str(id.server, "b");
	check_status(room_alias_parse(STR("#a"), &id), STATUS_INVALID);
	check_status(room_alias_parse(STR("@a:b"), &id), STATUS_INVALID);
	check_status(room_alias_parse(STR("#a\0:b"), &id), STATUS_INVALID);
}

static void room_and_event_ids(void **state)
{
	(void)state;
	assert_true(room_id_ok(STR("!opaque:server.org:80")));
	assert_true(room_id_ok(STR("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM")));
	assert_false(room_id_ok(STR("!")));
	assert_false(room_id_ok(STR("!a b")));
	assert_false(room_id_ok(STR("!a:")));
	assert_false(room_id_ok(STR("!a/b")));
	assert_false(room_id_ok(STR("$a:b")));
	assert_false(room_id_ok(STR_EMPTY));

	assert_true(event_id_ok(STR("$0:domain")));
	assert_true(event_id_ok(STR("$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk")));
	assert_true(event_id_ok(STR("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg")));
	assert_false(event_id_ok(STR("$a/b")));
	assert_false(event_id_ok(STR("$")));
	assert_false(event_id_ok(STR("$a\0b")));
	assert_false(event_id_ok(STR("!a:b")));
	assert_false(event_id_ok(STR_EMPTY));
}

static void content_uris(void **state)
{
	static const char *const bad[] = {"", "mxc://", "mxc://a", "mxc://a/", "mxc:///b",
		"mxc://a/b/c", "mxc://a/b.c", "mxc://a/..", "mxc://a/b?c", "mxc://a/b c",
		"http://a/b", "MXC://a/b", "mxc://a_b/c", "mxc://a/%2e"};
	struct str server, media;

	(void)state;
	check_ok(mxc_parse(STR("mxc://example.org:80/Ab9_-"), &server, &media));
	check_str(server, "example.org:80");
	check_str(media, "Ab9_-");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (mxc_parse(str_c(bad[i]), &server, &media) == STATUS_OK)
			fail_msg("accepted: %s", bad[i]);
	}
	check_status(mxc_parse(STR_EMPTY, &server, &media), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_names),
		cmocka_unit_test(user_ids),
		cmocka_unit_test(localparts_we_give_out),
		cmocka_unit_test(room_aliases),
		cmocka_unit_test(room_and_event_ids),
		cmocka_unit_test(content_uris),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
