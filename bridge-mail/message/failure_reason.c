/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/failure_reason.h"

#include "common/base/mem.h"

enum reason {
	REASON_UNKNOWN,
	REASON_NO_ADDRESS,
	REASON_NO_DOMAIN,
	REASON_FULL,
	REASON_DISABLED,
	REASON_TOO_LARGE,
	REASON_POLICY,
	REASON_UNREACHABLE,
	REASON_LOOP,
	REASON_EXPIRED,
};

static const struct failure_reason reasons[] = {
	[REASON_UNKNOWN] = {"le serveur du destinataire l\u2019a refus\xc3\xa9",
		"the recipient's server refused it"},
	[REASON_NO_ADDRESS] = {"l\u2019"
			       "adresse n\u2019existe pas",
		"the address does not exist"},
	[REASON_NO_DOMAIN] = {"le domaine de l\u2019"
			      "adresse n\u2019existe pas ou ne re\xc3\xa7oit pas de courriel",
		"the address's domain does not exist or takes no mail"},
	[REASON_FULL] = {"la bo\xc3\xaete aux lettres est pleine", "the mailbox is full"},
	[REASON_DISABLED] = {"la bo\xc3\xaete aux lettres est d\xc3\xa9sactiv\xc3\xa9"
			     "e",
		"the mailbox is disabled"},
	[REASON_TOO_LARGE] = {"le message est trop gros", "the message is too large"},
	[REASON_POLICY] = {"le serveur du destinataire le prend pour ind\xc3\xa9sirable ou "
			   "n\u2019"
			   "autorise pas cet envoi",
		"the recipient's server takes it for unwanted or does not allow it"},
	[REASON_UNREACHABLE] = {"le serveur du destinataire ne r\xc3\xa9pond pas",
		"the recipient's server does not answer"},
	[REASON_LOOP] = {"le message tourne en rond entre serveurs",
		"the message goes round in circles between servers"},
	[REASON_EXPIRED] = {"le serveur a renonc\xc3\xa9 apr\xc3\xa8s plusieurs essais",
		"the server gave up after several tries"},
};

/* Behind the class: "1.1" of "5.1.1". A row that ends with a dot stands for all below it. */
static const struct {
	struct str code;
	enum reason reason;
} by_code[] = {
	{STR_INIT("1.0"), REASON_NO_ADDRESS},
	{STR_INIT("1.1"), REASON_NO_ADDRESS},
	{STR_INIT("1.2"), REASON_NO_DOMAIN},
	{STR_INIT("1.3"), REASON_NO_ADDRESS},
	{STR_INIT("1.6"), REASON_NO_ADDRESS},
	{STR_INIT("2.1"), REASON_DISABLED},
	{STR_INIT("2.2"), REASON_FULL},
	{STR_INIT("2.3"), REASON_TOO_LARGE},
	{STR_INIT("3.1"), REASON_FULL},
	{STR_INIT("3.4"), REASON_TOO_LARGE},
	{STR_INIT("4.1"), REASON_UNREACHABLE},
	{STR_INIT("4.2"), REASON_UNREACHABLE},
	{STR_INIT("4.4"), REASON_NO_DOMAIN},
	{STR_INIT("4.6"), REASON_LOOP},
	{STR_INIT("4.7"), REASON_EXPIRED},
	{STR_INIT("7."), REASON_POLICY},
};

/* In lower case; the first that stands in the text. */
static const struct {
	const char *words;
	enum reason reason;
} by_words[] = {
	{"user unknown", REASON_NO_ADDRESS},
	{"unknown user", REASON_NO_ADDRESS},
	{"no such user", REASON_NO_ADDRESS},
	{"no mailbox here", REASON_NO_ADDRESS},
	{"recipientnotfound", REASON_NO_ADDRESS},
	{"recipient not found", REASON_NO_ADDRESS},
	{"mailbox unavailable", REASON_NO_ADDRESS},
	{"does not exist", REASON_NO_ADDRESS},
	{"doesn't exist", REASON_NO_ADDRESS},
	{"address rejected", REASON_NO_ADDRESS},
	{"invalid recipient", REASON_NO_ADDRESS},
	{"n'existe pas", REASON_NO_ADDRESS},
	{"inconnu", REASON_NO_ADDRESS},
	{"host or domain name not found", REASON_NO_DOMAIN},
	{"domain not found", REASON_NO_DOMAIN},
	{"null mx", REASON_NO_DOMAIN},
	{"couldn't find any host", REASON_NO_DOMAIN},
	{"unrouteable address", REASON_NO_DOMAIN},
	{"mailbox full", REASON_FULL},
	{"mailbox is full", REASON_FULL},
	{"quota", REASON_FULL},
	{"over its storage", REASON_FULL},
	{"bo\xc3\xaete pleine", REASON_FULL},
	{"disabled", REASON_DISABLED},
	{"suspended", REASON_DISABLED},
	{"inactive", REASON_DISABLED},
	{"too large", REASON_TOO_LARGE},
	{"too big", REASON_TOO_LARGE},
	{"size limit", REASON_TOO_LARGE},
	{"spam", REASON_POLICY},
	{"blocked", REASON_POLICY},
	{"blacklist", REASON_POLICY},
	{"blocklist", REASON_POLICY},
	{"access denied", REASON_POLICY},
	{"too many hops", REASON_LOOP},
	{"retry timeout exceeded", REASON_EXPIRED},
	{"timed out", REASON_UNREACHABLE},
	{"connection refused", REASON_UNREACHABLE},
	{"not been able to connect", REASON_UNREACHABLE},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "5.1.1" at the start of the text: how long it is, or 0. */
static size_t status_length(struct str s)
{
	if (s.n < 5 || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5') || s.p[1] != '.')
		return 0;
	size_t i = 2, first = 0, second = 0;
	while (i < s.n && is_digit(s.p[i]) && first < 3)
		i++, first++;
	if (first == 0 || i >= s.n || s.p[i] != '.')
		return 0;
	i++;
	while (i < s.n && is_digit(s.p[i]) && second < 3)
		i++, second++;
	bool goes_on = i < s.n &&
		       (is_digit(s.p[i]) || (s.p[i] == '.' && i + 1 < s.n && is_digit(s.p[i + 1])));
	return second > 0 && !goes_on ? i : 0;
}

struct str failure_status(struct str said)
{
	for (size_t i = 0; i < said.n; i++) {
		if (i > 0 && (is_digit(said.p[i - 1]) || said.p[i - 1] == '.'))
			continue;
		size_t n = status_length(str_skip(said, i));
		if (n > 0)
			return str_slice(said, i, n);
	}
	return STR_EMPTY;
}

static bool contains(struct str text, struct str words)
{
	for (size_t i = 0; i + words.n <= text.n; i++)
		if (str_eq_nocase(str_slice(text, i, words.n), words))
			return true;
	return false;
}

const struct failure_reason *failure_reason(struct str said)
{
	struct str code = str_skip(failure_status(said), 2);
	for (size_t i = 0; i < ARRAY_LEN(by_code) && code.n > 0; i++) {
		struct str row = by_code[i].code;
		bool whole = row.p[row.n - 1] == '.';
		if (whole ? str_starts(code, row) : str_eq(code, row))
			return &reasons[by_code[i].reason];
	}
	for (size_t i = 0; i < ARRAY_LEN(by_words); i++)
		if (contains(said, str_c(by_words[i].words)))
			return &reasons[by_words[i].reason];
	return &reasons[REASON_UNKNOWN];
}
