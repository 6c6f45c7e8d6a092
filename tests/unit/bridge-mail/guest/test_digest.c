/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/digest.h"
#include "bridge-mail/guest/unsubscribe.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

#define NOW INT64_C(1795165200000)

static struct room_item item(
	const char *event, const char *root, const char *name, const char *text)
{
	return (struct room_item){.event_id = str_c(event),
		.root = str_c(root),
		.name = str_c(name),
		.text = str_c(text),
		.at = NOW};
}

/* What belongs together stands together, and nothing of it is markup. */
static void test_groups(void **state)
{
	ARENA_SCOPE(arena);
	const struct room_item items[] = {
		item("$1", "$1", "Zoé", "Un <stand> ?"),
		item("$2", "$2", "Paul", "Autre chose."),
		item("$3", "$1", "Lise & Co", "Oui,\ndeux."),
	};
	struct str text, html;
	size_t used;
	(void)state;
	digest_write(arena, items, 3, false, &text, &html, &used);
	assert_int_equal(used, 3);
	ptrdiff_t first = str_find(text, STR("Un <stand> ?"));
	ptrdiff_t third = str_find(text, STR("    Oui,\n    deux."));
	ptrdiff_t second = str_find(text, STR("Autre chose."));
	assert_true(str_starts(text, STR("3 messages depuis")));
	assert_true(first > 0 && first < third && third < second);
	assert_true(str_find(html, STR("Un &lt;stand&gt; ?")) > 0);
	assert_true(str_find(html, STR("Lise &amp; Co")) > 0);
	assert_true(str_find(html, STR("<stand>")) < 0);
	digest_write(arena, items, 1, true, &text, &html, &used);
	assert_true(str_starts(text, STR("1 message since")));
}

/* What does not fit waits, and one always goes. */
static void test_limit(void **state)
{
	ARENA_SCOPE(arena);
	struct room_item items[8];
	struct str text, html;
	size_t used;
	char *big = arena_alloc(arena, 60001);
	(void)state;
	memset(big, '"', 60000);
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		items[i] = item("$1", "$1", "Paul", big);
	digest_write(arena, items, ARRAY_LEN(items), false, &text, &html, &used);
	assert_int_equal(used, 1);
	assert_true(html.n > 0 && html.n < DIGEST_MAX_BYTES);
}

static void test_daily(void **state)
{
	(void)state;
	int64_t at = digest_daily_at(NOW, 7);
	assert_true(at > NOW && at <= NOW + INT64_C(25) * 3600000);
	assert_true(digest_daily_at(at, 7) > at);
}

static void test_wishes(void **state)
{
	static const struct {
		const char *subject, *text;
		int kind;
		enum guest_delivery delivery;
	} rows[] = {
		{"Re: Projet", "stop", WISH_STOP, GUEST_AT_ONCE},
		{"Re: Projet", "\n Stop.\n\nLe 1 mars, Zoé a écrit :\n> Bonjour", WISH_STOP, 0},
		{"Re: Projet", "Résumé  jour", WISH_DELIVERY, GUEST_DAILY},
		{"Re: Projet", "digest hour\n-- \nPaul", WISH_DELIVERY, GUEST_HOURLY},
		{"unsubscribe", "", WISH_STOP, 0},
		{"Re: Projet", "Stop\n\nNe faites pas cela.", WISH_NONE, 0},
		{"Re: Stop", "Bonjour", WISH_NONE, 0},
		{"", "", WISH_NONE, 0},
	};
	struct guest_wish wish;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		guest_wish_read(str_c(rows[i].subject), str_c(rows[i].text), &wish);
		assert_int_equal(wish.kind, rows[i].kind);
		assert_int_equal(wish.delivery, rows[i].delivery);
	}
	guest_wish_read(STR("unsubscribe abc.def.ghi"), STR("x"), &wish);
	assert_true(str_eq_c(wish.token, "abc.def.ghi"));
}

/* Good for one address and one room. */
static void test_tokens(void **state)
{
	ARENA_SCOPE(arena);
	struct str room, address, other;
	(void)state;
	struct str token =
		unsubscribe_token(arena, STR("secret"), STR("00ff"), STR("jean@orange.example"));
	check_ok(unsubscribe_read(arena, STR("secret"), token, &room, &address));
	assert_true(str_eq_c(room, "00ff"));
	assert_true(str_eq_c(address, "jean@orange.example"));
	check_status(unsubscribe_read(arena, STR("other"), token, &room, &address), STATUS_INVALID);
	other = arena_printf(arena, "00fe%.*s", STR_FMT(str_skip(token, 4)));
	check_status(
		unsubscribe_read(arena, STR("secret"), other, &room, &address), STATUS_INVALID);
	static const char *const bad[] = {"", ".", "..", "a.b.c", "a.b.c.d"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		check_status(unsubscribe_read(arena, STR("secret"), str_c(bad[i]), &room, &address),
			STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_daily),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_tokens),
	};
	return cmocka_run_group_tests_name("guest digest", tests, NULL, NULL);
}
