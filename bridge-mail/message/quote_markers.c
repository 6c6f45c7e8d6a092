/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/quote_markers.h"

#include "common/base/mem.h"

#define MAX_LINE 500 /* bytes of a line that can announce anything */

/* Bytes of a space at the start or at the end: ASCII, U+00A0, U+200B, U+202F. */
static size_t space_width(struct str s, bool at_end)
{
	static const struct str spaces[] = {
		STR_INIT("\xc2\xa0"), STR_INIT("\xe2\x80\x8b"), STR_INIT("\xe2\x80\xaf")};
	if (s.n == 0)
		return 0;
	unsigned char c = (unsigned char)s.p[at_end ? s.n - 1 : 0];
	if (c <= ' ')
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (at_end ? str_ends(s, spaces[i]) : str_starts(s, spaces[i]))
			return spaces[i].n;
	return 0;
}

struct str quote_trim(struct str line)
{
	for (size_t n; (n = space_width(line, false)) > 0;)
		line = str_skip(line, n);
	for (size_t n; (n = space_width(line, true)) > 0;)
		line.n -= n;
	return line;
}

static bool starts(struct str line, struct str prefix)
{
	return str_eq_nocase(str_slice(line, 0, prefix.n), prefix);
}

static bool contains(struct str line, const char *needle)
{
	return str_find(line, str_c(needle)) >= 0;
}

static bool has_digit(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] >= '0' && line.p[i] <= '9')
			return true;
	return false;
}

bool quote_starts_attribution(struct str line)
{
	static const struct str words[] = {
		STR_INIT("Le "), STR_INIT("On "), STR_INIT("Am "), STR_INIT("El ")};
	line = quote_trim(line);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (line.n <= MAX_LINE && starts(line, words[i]))
			return has_digit(line);
	return false;
}

bool quote_is_attribution(struct str line)
{
	static const struct str ends[] = {
		STR_INIT("a \xc3\xa9"
			 "crit"),
		STR_INIT("a ecrit"),
		STR_INIT("\xc3\xa9"
			 "crit"),
		STR_INIT("wrote"),
		STR_INIT("writes"),
		STR_INIT("schrieb"),
		STR_INIT("escribi\xc3\xb3"),
	};
	line = quote_trim(line);
	if (line.n < 8 || line.n > MAX_LINE || line.p[line.n - 1] != ':')
		return false;
	struct str text = quote_trim(str_slice(line, 0, line.n - 1));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(text, ends[i]))
			return true;
	/* German puts the name behind the verb. */
	return starts(line, STR("Am ")) && contains(line, " schrieb ");
}

/* Runs of '-' or '_' on both sides of a text; STR_EMPTY when it is not so. */
static struct str between_dashes(struct str line)
{
	line = quote_trim(line);
	size_t from = 0, to = line.n;
	while (from < line.n && line.p[from] == '-')
		from++;
	while (to > from && line.p[to - 1] == '-')
		to--;
	if (line.n > MAX_LINE || from < 2 || line.n - to < 2)
		return STR_EMPTY;
	return quote_trim(str_slice(line, from, to - from));
}

static bool one_of(struct str text, const struct str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(text, list[i]))
			return true;
	return false;
}

static bool has_one_of(struct str text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (contains(text, list[i]))
			return true;
	return false;
}

#define MAX_BETWEEN_DASHES 60

bool quote_is_separator(struct str line)
{
	static const char *const words[] = {"origin", "Origin", "initial", "Urspr\xc3\xbcngliche",
		"Reply message", "précédent"};
	struct str text = between_dashes(line);
	/* GroupWise: ">>> Jean <jean@a> 03/03/2026 10:12 >>>" */
	line = quote_trim(line);
	if (line.n > 8 && line.n <= MAX_LINE && str_starts(line, STR(">>> ")) &&
		str_ends(line, STR(">>>")))
		return true;
	return text.n > 0 && text.n <= MAX_BETWEEN_DASHES &&
	       has_one_of(text, words, ARRAY_LEN(words));
}

bool quote_is_forward(struct str line)
{
	static const char *const dashed[] = {
		"transf\xc3\xa9r\xc3\xa9", "réexpédié", "transmis", "orward", "eitergeleitet"};
	static const struct str bare[] = {
		STR_INIT("D\xc3\xa9"
			 "but du message r\xc3\xa9"
			 "exp\xc3\xa9"
			 "di\xc3\xa9"),
		STR_INIT("D\xc3\xa9"
			 "but du message transf\xc3\xa9r\xc3\xa9"),
		STR_INIT("Begin forwarded message"),
		STR_INIT("Anfang der weitergeleiteten Nachricht"),
	};
	struct str text = between_dashes(line);
	if (text.n > 0 && text.n <= MAX_BETWEEN_DASHES &&
		has_one_of(text, dashed, ARRAY_LEN(dashed)))
		return true;
	line = quote_trim(line);
	if (line.n > 0 && line.p[line.n - 1] == ':')
		line = quote_trim(str_slice(line, 0, line.n - 1));
	return one_of(line, bare, ARRAY_LEN(bare));
}

enum quote_field quote_field_of(struct str line)
{
	static const struct {
		struct str name;
		enum quote_field field;
	} names[] = {
		{STR_INIT("De"), QUOTE_FIELD_FROM},
		{STR_INIT("From"), QUOTE_FIELD_FROM},
		{STR_INIT("Von"), QUOTE_FIELD_FROM},
		{STR_INIT("Exp\xc3\xa9"
			  "diteur"),
			QUOTE_FIELD_FROM},
		{STR_INIT("Envoy\xc3\xa9"), QUOTE_FIELD_DATE},
		{STR_INIT("Envoy\xc3\xa9 le"), QUOTE_FIELD_DATE},
		{STR_INIT("Date"), QUOTE_FIELD_DATE},
		{STR_INIT("Sent"), QUOTE_FIELD_DATE},
		{STR_INIT("Gesendet"), QUOTE_FIELD_DATE},
		{STR_INIT("Datum"), QUOTE_FIELD_DATE},
		{STR_INIT("\xc3\x80"), QUOTE_FIELD_TO},
		{STR_INIT("A"), QUOTE_FIELD_TO},
		{STR_INIT("To"), QUOTE_FIELD_TO},
		{STR_INIT("An"), QUOTE_FIELD_TO},
		{STR_INIT("Destinataire"), QUOTE_FIELD_TO},
		{STR_INIT("Pour"), QUOTE_FIELD_TO},
		{STR_INIT("Cc"), QUOTE_FIELD_CC},
		{STR_INIT("Copie"), QUOTE_FIELD_CC},
		{STR_INIT("Objet"), QUOTE_FIELD_SUBJECT},
		{STR_INIT("Sujet"), QUOTE_FIELD_SUBJECT},
		{STR_INIT("Subject"), QUOTE_FIELD_SUBJECT},
		{STR_INIT("Betreff"), QUOTE_FIELD_SUBJECT},
	};
	line = quote_trim(line);
	while (line.n > 0 && (line.p[0] == '*' || line.p[0] == '>' || line.p[0] == ' '))
		line = str_skip(line, 1);
	/* La Poste and Orange: "Message du 03/03/26 10:12" above the other fields. */
	if (starts(line, STR("Message du ")) && line.n <= 40 && has_digit(line))
		return QUOTE_FIELD_DATE;
	ptrdiff_t colon = str_index(str_slice(line, 0, 24), ':');
	if (colon <= 0)
		return QUOTE_FIELD_NONE;
	struct str name = quote_trim(str_slice(line, 0, (size_t)colon));
	while (name.n > 0 && name.p[name.n - 1] == '*')
		name = quote_trim(str_slice(name, 0, name.n - 1));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(name, names[i].name))
			return names[i].field;
	return QUOTE_FIELD_NONE;
}

bool quote_is_header_block(const struct str *lines, size_t count)
{
	unsigned seen = 0, others_between = 0;
	bool address = false, dated = false;
	enum quote_field first = count == 0 ? QUOTE_FIELD_NONE : quote_field_of(lines[0]);
	if (first != QUOTE_FIELD_FROM && first != QUOTE_FIELD_DATE)
		return false;
	for (size_t i = 0; i < count && i < QUOTE_HEADER_BLOCK; i++) {
		enum quote_field field = quote_field_of(lines[i]);
		/* A value may stand on a line of its own. */
		if (field == QUOTE_FIELD_NONE && ++others_between > 1)
			break;
		if (field == QUOTE_FIELD_NONE)
			continue;
		others_between = 0;
		/* A second sender, or a second date: another block, or no block at all. */
		if (i > 0 && field == first)
			break;
		seen |= 1u << field;
		address = address || (field == QUOTE_FIELD_FROM && contains(lines[i], "@"));
		dated = dated || field == QUOTE_FIELD_DATE;
	}
	unsigned others = seen & ~(1u << QUOTE_FIELD_FROM);
	bool several = (others & (others - 1)) != 0;
	return (seen & 1u << QUOTE_FIELD_FROM) != 0 && several && (dated || address);
}

bool quote_announces_inline(struct str line)
{
	static const char *const what[] = {"r\xc3\xa9pon", "R\xc3\xa9pon", "remarque", "comment",
		"Comment", "nswer", "repl", "ntwort", "nmerkung"};
	static const char *const where[] = {"ci-dessous", "ci-apr\xc3\xa8s", "en rouge", "en bleu",
		"en vert", "en gras", "dans le texte", "dans le corps", "dans votre m",
		"dans ton m", "below", "inline", "in line", "in red", "in blue", "unten", "in rot",
		"im Text"};
	bool found = false;
	if (line.n > MAX_LINE)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(what) && !found; i++)
		found = contains(line, what[i]);
	for (size_t i = 0; i < ARRAY_LEN(where) && found; i++)
		if (contains(line, where[i]))
			return true;
	return false;
}

bool quote_is_device_line(struct str line)
{
	static const struct str prefixes[] = {
		STR_INIT("Envoy\xc3\xa9 de mon "),
		STR_INIT("Envoy\xc3\xa9 \xc3\xa0 partir de "),
		STR_INIT("Envoy\xc3\xa9 depuis "),
		STR_INIT("Envoy\xc3\xa9 avec "),
		STR_INIT("Obtenir Outlook pour "),
		STR_INIT("T\xc3\xa9l\xc3\xa9"
			 "charger Outlook pour "),
		STR_INIT("Provenance : Courrier pour Windows"),
		STR_INIT("Sent from my "),
		STR_INIT("Sent from Mail for Windows"),
		STR_INIT("Sent from Outlook for "),
		STR_INIT("Get Outlook for "),
		STR_INIT("Von meinem iPhone gesendet"),
		STR_INIT("Gesendet von Mail f"),
	};
	line = quote_trim(line);
	if (line.n > 120)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (starts(line, prefixes[i]))
			return true;
	return false;
}
