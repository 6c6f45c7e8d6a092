/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/subject.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static void test_base(void **state)
{
	static const struct {
		const char *text;
		const char *base;
		bool reply;
		bool forward;
	} rows[] = {
		{"Nid de poule", "nid de poule", false, false},
		{"Re: Nid de poule", "nid de poule", true, false},
		{"RE : Nid de poule", "nid de poule", true, false},
		{"R\xc3\xa9\xc2\xa0: Nid de poule", "nid de poule", true, false},
		{"R\xc3\x89\xe2\x80\xaf: Nid  de\tpoule ", "nid de poule", true, false},
		{"R\xc3\xa9p: Re: RE: Nid de poule", "nid de poule", true, false},
		{"AW: Antw: SV: VS: x", "x", true, false},
		{"TR: Facture", "facture", false, true},
		{"Fwd: Re: Facture", "facture", true, true},
		{"Re[2]: x", "x", true, false},
		{"Re(12): x", "x", true, false},
		{"Re^3: x", "x", true, false},
		{"[EXTERNE] Re: [list-name] x", "x", true, false},
		{"*** SPAM *** TR : x", "x", false, true},
		{"WG: I: RV: ENC: x", "x", false, true},
		{"Re\xef\xbc\x9a x", "x", true, false},
		{"Facture (fwd)", "facture", false, false},
		{"\xc3\x89t\xc3\x89 \xc5\x92uvre", "\xc3\xa9t\xc3\xa9 \xc5\x93uvre", false, false},
		{"[Urgent]", "[urgent]", false, false},
		{"Re:", "", true, false},
		{"", "", false, false},
		{"Reunion: ordre du jour", "reunion: ordre du jour", false, false},
		{"Travaux: re: demain", "travaux: re: demain", false, false},
		{"i\xc3\xa8re", "i\xc3\xa8re", false, false},
	};
	ARENA_SCOPE(arena);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct subject subject;
		subject_read(arena, str_c(rows[i].text), &subject);
		check_str(subject.base, rows[i].base);
		assert_int_equal(subject.reply, rows[i].reply);
		assert_int_equal(subject.forward, rows[i].forward);
	}
}

static void test_plain_keeps_case(void **state)
{
	struct subject subject;
	ARENA_SCOPE(arena);
	(void)state;
	subject_read(arena, STR("Re: [EXTERNE] Nid de Poule, \xc3\x80 voir"), &subject);
	check_str(subject.plain, "Nid de Poule, \xc3\x80 voir");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_plain_keeps_case),
	};
	return cmocka_run_group_tests_name("subject", tests, NULL, NULL);
}
