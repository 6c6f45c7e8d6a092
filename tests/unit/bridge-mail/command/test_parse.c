/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/parse.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static void test_names(void **state)
{
	static const struct {
		const char *text;
		enum command_kind kind;
		bool english;
		const char *argument;
	} rows[] = {
		{"!aide", COMMAND_HELP, false, ""},
		{"  !HELP \n", COMMAND_HELP, true, ""},
		{"!séparer Le trottoir", COMMAND_SPLIT, false, "Le trottoir"},
		{"!DÉPLACER mairie", COMMAND_MOVE, false, "mairie"},
		{"!deplacer\tmairie", COMMAND_MOVE, false, "mairie"},
		{"!état", COMMAND_STATUS, false, ""},
		{"!merge #12", COMMAND_MERGE, true, "#12"},
		{"!résumé a@b.example jour", COMMAND_DIGEST, false, "a@b.example jour"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct command command;
		check_ok(command_parse(str_c(rows[i].text), &command));
		assert_int_equal(command.entry->kind, rows[i].kind);
		assert_int_equal(command.english, rows[i].english);
		assert_true(str_eq_c(command.argument, rows[i].argument));
	}
}

static void test_no_commands(void **state)
{
	static const char *const texts[] = {
		"", "!", "! aide", "aide", "!!!", "!1", "!aide-moi", "!\xc3", "Bonjour !aide"};
	struct command command;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_status(command_parse(str_c(texts[i]), &command), STATUS_NOT_FOUND);
	check_status(command_parse(str_c("!inconnue x"), &command), STATUS_INVALID);
	assert_true(str_eq_c(command.argument, "inconnue"));
}

/* Every command has both names, its help and a place; no name means two things. */
static void test_table(void **state)
{
	ARENA_SCOPE(arena);
	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		for (int language = 0; language < 2; language++) {
			struct command command;
			struct str text =
				arena_printf(arena, "!%s", command_table[i].names[language]);
			check_ok(command_parse(text, &command));
			assert_ptr_equal(command.entry, &command_table[i]);
			assert_true(command_table[i].help[language][0] != '\0');
		}
		assert_true(command_table[i].places != 0);
		assert_ptr_equal(command_entry_of(command_table[i].kind), &command_table[i]);
	}
	assert_true(str_find(command_help(arena, COMMAND_IN_ROOM, false), STR("!fusionner")) < 0);
	assert_true(str_find(command_help(arena, COMMAND_IN_THREAD, true), STR("!merge")) > 0);
}

static void test_targets(void **state)
{
	ARENA_SCOPE(arena);
	struct command_target target;
	struct str id;
	(void)state;
	check_ok(command_target_parse(arena, STR(" #12 "), &target));
	assert_int_equal(target.kind, TARGET_THREAD);
	assert_int_equal(target.number, 12);
	check_ok(command_target_parse(arena, STR("#mail_ab:localhost"), &target));
	assert_int_equal(target.kind, TARGET_ALIAS);
	check_ok(command_target_parse(
		arena, STR("https://matrix.to/#/%21abc%3Alocalhost?via=localhost"), &target));
	assert_int_equal(target.kind, TARGET_ROOM);
	assert_true(str_eq_c(target.id, "!abc:localhost"));
	static const char *const bad[] = {"", "#", "#0", "-1", "salon", "@camille:localhost",
		"https://matrix.to/#/", "#99999999999999999999"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		check_status(command_target_parse(arena, str_c(bad[i]), &target), STATUS_INVALID);
	check_ok(command_link_find(arena,
		STR("!assign <a href=\"https://matrix.to/#/@zoe:localhost\">Zo\xc3\xa9</a>"), "@",
		&id));
	assert_true(str_eq_c(id, "@zoe:localhost"));
	check_status(command_link_find(arena, STR("https://matrix.to/#/@zoe:localhost"), "!#", &id),
		STATUS_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_commands),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_targets),
	};
	return cmocka_run_group_tests_name("command parse", tests, NULL, NULL);
}
