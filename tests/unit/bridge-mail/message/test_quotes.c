/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/quotes.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static void check_fold(const char *text, const char *expected)
{
	struct quotes quotes;
	ARENA_SCOPE(arena);
	quotes_fold(arena, str_c(text), false, &quotes);
	check_str(quotes.text, expected);
}

static void test_attributions(void **state)
{
	(void)state;
	check_fold("Oui.\n\nLe 3 mars 2026 \xc3\xa0 10:00, Jean a \xc3\xa9"
		   "crit :\n> Non ?\n",
		"Oui.");
	check_fold("Oui.\n\nLe mar. 3 mars 2026 \xc3\xa0 10:00, Jean Dupont <jean@orange.example>\n"
		   "a \xc3\xa9"
		   "crit\xc2\xa0:\n\n> Non ?\n> si\n",
		"Oui.");
	check_fold("Yes.\nOn Tue, 3 Mar 2026, Jean wrote:\n>No?\n", "Yes.");
	check_fold("Ja.\nAm 3. M\xc3\xa4rz 2026 schrieb Jean:\n> Nein?\n", "Ja.");
	check_fold("Oui.\n\nLe 3 mars 2026, Jean a \xc3\xa9"
		   "crit :\n\nNon marqu\xc3\xa9.\n",
		"Oui.");
}

static void test_separators(void **state)
{
	(void)state;
	check_fold("Oui.\n\n-----Message d'origine-----\nDe : Jean\nNon ?\n", "Oui.");
	check_fold("Yes.\n-----Original Message-----\nNo?\n", "Yes.");
	check_fold("Oui.\n\n________________________________\nDe\xc2\xa0: Jean <j@x>\n"
		   "Envoy\xc3\xa9 : mardi\n\xc3\x80 : Voirie\nObjet : x\n\nNon ?\n",
		"Oui.");
	check_fold("Oui.\n\n*De :* Jean\n*Date :* mardi\n*Objet :* x\n\nNon ?\n", "Oui.");
	check_fold("Oui.\n-- \nJean Dupont\n06 00\n", "Oui.");
	check_fold("Oui.\n\nEnvoy\xc3\xa9 de mon iPhone\n\n> Le 3 mars, Jean\n", "Oui.");
}

static void test_what_is_no_quote(void **state)
{
	(void)state;
	check_fold("De : la rue Pasteur\nau pont.\n", "De : la rue Pasteur\nau pont.");
	check_fold("Cordialement\nJean\n", "Cordialement\nJean");
	check_fold("Le 3 mars, il y a des travaux :\n- rue A\n",
		"Le 3 mars, il y a des travaux :\n- rue A");
}

static void test_answers_between(void **state)
{
	struct quotes quotes;
	ARENA_SCOPE(arena);
	(void)state;
	static const char text[] = "Le 3 mars 2026, Jean a \xc3\xa9"
				   "crit :\n> A ?\nOui.\n> B ?\nNon.\n";
	quotes_fold(arena, STR(text), false, &quotes);
	assert_true(quotes.has_quotes);
	assert_false(quotes.folded);
	check_str(quotes.text, "Le 3 mars 2026, Jean a \xc3\xa9"
			       "crit :\n> A ?\nOui.\n> B ?\nNon.");
	check_str(quotes_to_html(arena, STR("> A ?\nOui <b>.\n>> C\n> B\n")),
		"<blockquote>A ?</blockquote>Oui &lt;b&gt;.<blockquote><blockquote>C</blockquote>"
		"B</blockquote>");
}

static void test_answer_below(void **state)
{
	(void)state;
	check_fold("On Tue, 3 Mar 2026, Jean wrote:\n> A?\n> B?\n\nYes to both.\n", "Yes to both.");
	check_fold("Mes réponses en rouge ci-dessous.\n\nDe : Jean <j@x>\nEnvoyé : mardi\n"
		   "Objet : x\n\nA ?\nOui.\n",
		"Mes réponses en rouge ci-dessous.\n\nDe : Jean <j@x>\nEnvoyé : mardi\n"
		"Objet : x\n\nA ?\nOui.");
}

static void test_blocks_of_headers(void **state)
{
	(void)state;
	check_fold("De : 1 200 euros\nÀ : 1 440 euros\nObjet : la cour.\n",
		"De : 1 200 euros\nÀ : 1 440 euros\nObjet : la cour.");
	check_fold("Ja.\n\nGesendet: Dienstag, 3. März 2026 um 10:12 Uhr\nVon: x <x@y>\n"
		   "An: z@y\nBetreff: w\n\nNein?\n",
		"Ja.");
	check_fold("Oui.\n\n> Message du 03/03/26 10:12\n> De : x\n> A : y\n>\n> Non ?\n", "Oui.");
	check_fold("Oui.\n\n>>> Jean <j@x> 03/03/2026 10:12 >>>\nNon ?\n", "Oui.");
	check_fold("Vu.\n\n----- Mail transféré -----\nDe: x\nObjet: y\n\nTexte.\n",
		"Vu.\n\n----- Mail transféré -----\nDe: x\nObjet: y\n\nTexte.");
}

static void test_never_empty(void **state)
{
	(void)state;
	check_fold("> seul\n> cit\xc3\xa9\n", "> seul\n> cit\xc3\xa9");
	check_fold("-----Message d'origine-----\nDe : x\n", "-----Message d'origine-----\nDe : x");
	check_fold("-- \nJean\n", "-- \nJean");
	check_fold("\n\n", "");
}

static void test_forwards_are_kept(void **state)
{
	(void)state;
	check_fold("Pour info.\n\n-------- Message transf\xc3\xa9r\xc3\xa9 --------\n"
		   "Sujet : x\nDe : y\nDate : z\n\nTexte.\n",
		"Pour info.\n\n-------- Message transf\xc3\xa9r\xc3\xa9 --------\n"
		"Sujet : x\nDe : y\nDate : z\n\nTexte.");
	struct quotes quotes;
	ARENA_SCOPE(arena);
	quotes_fold(arena, STR("FYI\n\nFrom: y\nSent: z\nSubject: x\n\n> t\n"), true, &quotes);
	check_str(quotes.text, "FYI\n\nFrom: y\nSent: z\nSubject: x\n\n> t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributions),
		cmocka_unit_test(test_separators),
		cmocka_unit_test(test_what_is_no_quote),
		cmocka_unit_test(test_answers_between),
		cmocka_unit_test(test_answer_below),
		cmocka_unit_test(test_blocks_of_headers),
		cmocka_unit_test(test_never_empty),
		cmocka_unit_test(test_forwards_are_kept),
	};
	return cmocka_run_group_tests_name("quotes", tests, NULL, NULL);
}
