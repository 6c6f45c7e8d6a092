/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "sfu/signal/token.h"

#define NOW 1800000000

static const struct token_key key = {STR_INIT("parvis"), STR_INIT("a secret of some length")};

static struct str signed_with(
	struct arena *arena, struct str secret, const char *header, const char *claims)
{
	uint8_t mac[SHA256_BYTES];
	struct str head = base64_encode(arena, str_c(header), BASE64_URL_UNPADDED);
	struct str body = base64_encode(arena, str_c(claims), BASE64_URL_UNPADDED);
	struct str part = arena_printf(arena, "%.*s.%.*s", STR_FMT(head), STR_FMT(body));
	hmac_sha256(secret, part, mac);
	struct str tail =
		base64_encode(arena, str_n((const char *)mac, sizeof(mac)), BASE64_URL_UNPADDED);
	return arena_printf(arena, "%.*s.%.*s", STR_FMT(part), STR_FMT(tail));
}

static struct str token_of(struct arena *arena, const char *claims)
{
	return signed_with(arena, key.secret, "{\"alg\":\"HS256\"}", claims);
}

static enum status verify(struct arena *arena, struct str token, struct grants *out)
{
	const char *why;
	return token_verify(arena, &key, token, NOW, out, &why);
}

static void what_is_made_is_read(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct grants in = {.identity = STR("@anna:ville.example:PC"),
		.name = STR("Anna \"É\""),
		.metadata = STR("{}"),
		.room = STR("m-1"),
		.attributes = {{STR_INIT("parvis.guest"), STR_INIT("true")}},
		.attribute_count = 1,
		.can_publish = true,
		.can_publish_data = false,
		.can_subscribe = true,
		.sources = 1u << SOURCE_MICROPHONE,
		.expires_s = NOW + 60};
	struct grants out;
	check_ok(verify(a, token_make(a, &key, &in, NOW), &out));
	check_str(out.identity, "@anna:ville.example:PC");
	check_str(out.name, "Anna \"É\"");
	check_str(out.room, "m-1");
	check_str(out.metadata, "{}");
	assert_int_equal(out.attribute_count, 1);
	check_str(out.attributes[0].key, "parvis.guest");
	assert_true(out.can_publish && out.can_subscribe);
	assert_false(out.can_publish_data || out.can_update_metadata);
	assert_int_equal(out.sources, 1u << SOURCE_MICROPHONE);
	assert_int_equal(out.expires_s, NOW + 60);
}

static void what_is_not_said_is_livekits_default(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct grants out;
	check_ok(verify(a,
		token_of(a, "{\"iss\":\"parvis\",\"sub\":\"a\",\"exp\":1800000000.5,"
			    "\"video\":{\"roomJoin\":true,\"room\":\"r\"}}"),
		&out));
	assert_true(out.can_publish && out.can_subscribe && out.can_publish_data);
	assert_false(out.can_update_metadata);
	assert_int_equal(out.sources, SOURCES_ALL);
}

static void refused(const char *claims)
{
	ARENA_SCOPE(a);
	struct grants out;
	if (verify(a, token_of(a, claims), &out) != STATUS_DENIED)
		fail_msg("not refused: %s", claims);
}

#define VIDEO "\"video\":{\"roomJoin\":true,\"room\":\"r\"}"
#define BASE  "\"iss\":\"parvis\",\"sub\":\"a\","

static void claims_must_hold(void **state)
{
	(void)state;
	refused("{" BASE VIDEO "}");
	refused("{" BASE "\"exp\":\"1800000060\"," VIDEO "}");
	refused("{" BASE "\"exp\":1799999939," VIDEO "}");
	refused("{" BASE "\"exp\":1800000060,\"nbf\":1800000061," VIDEO "}");
	refused("{" BASE "\"exp\":1800000060,\"nbf\":\"now\"," VIDEO "}");
	refused("{\"iss\":\"other\",\"sub\":\"a\",\"exp\":1800000060," VIDEO "}");
	refused("{\"iss\":\"parvis\",\"exp\":1800000060," VIDEO "}");
	refused("{\"iss\":\"parvis\",\"sub\":\"\",\"exp\":1800000060," VIDEO "}");
	refused("{\"iss\":\"parvis\",\"sub\":\"a\\u0000b\",\"exp\":1800000060," VIDEO "}");
	refused("{" BASE "\"exp\":1800000060}");
	refused("{" BASE "\"exp\":1800000060,\"video\":{\"roomJoin\":true}}");
	refused("{" BASE "\"exp\":1800000060,\"video\":{\"room\":\"r\"}}");
	refused("{" BASE
		"\"exp\":1800000060,\"video\":{\"roomJoin\":true,\"room\":\"r\",\"hidden\":true}}");
}

static void the_clock_may_differ_a_minute(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct grants out;
	check_ok(verify(a, token_of(a, "{" BASE "\"exp\":1799999940," VIDEO "}"), &out));
	check_ok(verify(
		a, token_of(a, "{" BASE "\"exp\":1800000900,\"nbf\":1800000060," VIDEO "}"), &out));
}

static void signatures_must_hold(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	static const char good[] = "{" BASE "\"exp\":1800000060," VIDEO "}";
	struct grants out;
	struct str token = token_of(a, good);
	check_ok(verify(a, token, &out));
	check_status(verify(a, signed_with(a, STR("other"), "{\"alg\":\"HS256\"}", good), &out),
		STATUS_DENIED);
	check_status(verify(a, signed_with(a, key.secret, "{\"alg\":\"none\"}", good), &out),
		STATUS_DENIED);
	check_status(verify(a, signed_with(a, key.secret, "{\"alg\":\"HS512\"}", good), &out),
		STATUS_DENIED);
	check_status(verify(a, str_slice(token, 0, token.n - 1), &out), STATUS_DENIED);
	check_status(verify(a, str_slice(token, 0, (size_t)str_rindex(token, '.') + 1), &out),
		STATUS_DENIED);
	for (size_t i = 0; i < token.n; i++) {
		char *other = arena_c_str(a, token);
		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(verify(a, str_n(other, token.n), &out), STATUS_OK);
	}
}

static void what_is_no_token(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct grants out;
	static const char *const texts[] = {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.",
		"eyJhbGciOiJIUzI1NiJ9..", "W10.W10.x"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_not_equal(verify(a, str_c(texts[i]), &out), STATUS_OK);
	char *long_one = arena_alloc(a, TOKEN_MAX + 2);
	memset(long_one, 'a', TOKEN_MAX + 1);
	check_status(verify(a, str_n(long_one, TOKEN_MAX + 1), &out), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_read),
		cmocka_unit_test(what_is_not_said_is_livekits_default),
		cmocka_unit_test(claims_must_hold),
		cmocka_unit_test(the_clock_may_differ_a_minute),
		cmocka_unit_test(signatures_must_hold),
		cmocka_unit_test(what_is_no_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
