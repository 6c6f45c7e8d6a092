/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/print.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "common/json/json_writer.h"

struct text {
	const char *of[2]; /* enum report_language */
};

static int percent(int64_t part, int64_t whole)
{
	return whole == 0 ? 0 : (int)((200 * part + whole) / (2 * whole));
}

/* Thousands apart, as both languages can read them. */
static const char *number(char out[32], int64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%lld", (long long)value);
	char *p = out;
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-')
			*p++ = ' ';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

static const char *size(char out[32], int64_t bytes, enum report_language l)
{
	static const char *const units[2][4] = {{"o", "ko", "Mo", "Go"}, {"B", "kB", "MB", "GB"}};
	double value = (double)bytes;
	size_t unit = 0;
	while (value >= 1000 && unit < 3) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(out, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[l][unit]);
	return out;
}

/* A line of the table; columns are counted in characters, not in bytes. */
static void line(struct buf *out, const char *label, const char *value, const char *more)
{
	int width = 0;
	for (const char *p = label; *p != '\0'; p++)
		width += ((unsigned char)*p & 0xc0) != 0x80;
	buf_printf(out, "  %s%*s%14s%s%s\n", label, width < 46 ? 46 - width : 1, "", value,
		*more == '\0' ? "" : "   ", more);
}

static void head(struct buf *out, const struct text *text, enum report_language l)
{
	buf_printf(out, "\n%s\n", text->of[l]);
}

static void print_before(const struct report_counts *c, enum report_language l, struct buf *out)
{
	static const struct text title = {{"AVANT : du courriel seul", "BEFORE: mail alone"}};
	static const struct text rows[] = {
		{{"courriels lus", "mails read"}},
		{{"dont revenus une seconde fois", "of these, come a second time"}},
		{{"dont avis d'échec", "of these, delivery failures"}},
		{{"fils de discussion", "threads"}},
		{{"personnes", "people"}},
		{{"courriels remis (un par lecteur)", "mails delivered (one a reader)"}},
	};
	char a[32];
	const int64_t values[] = {
		c->mails, c->duplicates, c->bounces, c->threads, c->people, c->copies};
	head(out, &title, l);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		line(out, rows[i].of[l], number(a, values[i]), "");
	line(out,
		l == REPORT_FRENCH ? "MIME, une copie par lecteur" : "MIME, a copy for each reader",
		size(a, c->mime_copies, l), "");
	line(out,
		l == REPORT_FRENCH ? "MIME, chaque courriel gardé une fois"
				   : "MIME, each mail kept once",
		size(a, c->mime_single, l), "");
}

static void print_curve(const struct report_counts *c, enum report_language l, struct buf *out)
{
	static const struct text title = {{"APRÈS : par part de personnes restées au courriel",
		"AFTER: by share of people who are still on mail"}};
	static const struct text columns = {{"  part   remis  (écart)   invitations  résumés   "
					     "reçus   notifications   MIME envoyé",
		"  share  sent  (change)   invitations  digests   received  notifications  MIME "
		"sent"}};
	char a[32], b[32], d[32], e[32], f[32], g[32];
	head(out, &title, l);
	buf_printf(out, "%s\n", columns.of[l]);
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		const struct report_share *s = &c->shares[i];
		int64_t sent = s->invitations + s->digests;
		buf_printf(out, "  %3d %%  %9s  (%+d %%)  %9s  %9s  %9s  %9s  %12s\n",
			report_shares[i], number(a, sent), percent(sent, c->copies) - 100,
			number(b, s->invitations), number(d, s->digests), number(e, s->mails_in),
			number(f, s->notices_mail + s->notices_chat), size(g, s->mime_out, l));
	}
}

static void print_content(const struct report_counts *c, enum report_language l, struct buf *out)
{
	static const struct text title = {
		{"CONTENU, décodé des deux côtés", "CONTENT, decoded on both sides"}};
	char a[32], more[96];
	bool fr = l == REPORT_FRENCH;
	head(out, &title, l);
	line(out, fr ? "texte, une copie par lecteur" : "text, a copy for each reader",
		size(a, c->text_copies, l), "");
	line(out, fr ? "texte, chaque courriel une fois" : "text, each mail once",
		size(a, c->text_single, l), "");
	(void)snprintf(more, sizeof(more), "%+d %%", percent(c->shown, c->text_single) - 100);
	line(out, fr ? "texte montré dans les salons" : "text shown in rooms", size(a, c->shown, l),
		more);
	line(out, fr ? "pièces jointes, une copie par lecteur" : "files, a copy for each reader",
		size(a, c->file_copies, l), "");
	line(out, fr ? "pièces jointes, chaque courriel une fois" : "files, each mail once",
		size(a, c->file_single, l), "");
	line(out,
		fr ? "fichiers gardés une fois, originaux compris"
		   : "files kept once, originals included",
		size(a, c->stored_files, l), "");
	line(out, fr ? "mots" : "words", number(a, c->words), "");
	(void)snprintf(more, sizeof(more), "%d %%", percent(c->folded_words, c->words));
	line(out, fr ? "repliés (citations, signatures)" : "folded away (quotes, signatures)",
		number(a, c->folded_words), more);
	(void)snprintf(more, sizeof(more), "%.2f %%",
		c->words == 0 ? 0 : 100.0 * (double)c->lost_words / (double)c->words);
	line(out,
		fr ? "repliés sans être dits ailleurs dans le fil"
		   : "folded and said nowhere else in the thread",
		number(a, c->lost_words), more);
	line(out, fr ? "illisibles (original joint)" : "unreadable (original attached)",
		number(a, c->unreadable), "");
	line(out, fr ? "mis de côté" : "set aside", number(a, c->set_aside), "");
}

static void print_notes(enum report_language l, struct buf *out)
{
	static const struct text notes = {{"\nCe que ces chiffres supposent\n"
					   "  - Lecteurs : les adresses de À et Cc, sans l'auteur "
					   "ni la boîte elle-même. L'adresse d'une\n"
					   "    liste compte pour un lecteur, les copies cachées "
					   "pour aucun : l'avant est sous-estimé.\n"
					   "  - Après : qui reste au courriel reçoit une "
					   "invitation par fil, puis un résumé par fil et par\n"
					   "    jour où un autre a écrit ; ce que ces personnes "
					   "écrivent est compté sous « reçus ».\n"
					   "  - Notifications : une par courriel remis ; dans un "
					   "salon, une par message et par membre autre\n"
					   "    que l'auteur, sans le tri que chacun peut régler. "
					   "Elles peuvent donc augmenter.\n"
					   "  - Les échecs d'envoi comptés sont ceux des courriels "
					   "relus ; aucun n'est deviné.\n"
					   "  - MIME comparé à du MIME, texte décodé à du texte "
					   "décodé (16 000 octets au plus par courriel).\n"
					   "  - Rien n'est perdu : l'original entier reste à un "
					   "clic. « Sans être dits ailleurs » compte\n"
					   "    aussi les signatures et les citations de courriels "
					   "absents de ce qui a été relu.\n",
		"\nWhat these figures assume\n"
		"  - Readers: the addresses in To and Cc, without the author and the mailbox "
		"itself. A list's\n"
		"    address counts as one reader, blind copies as none: before is "
		"underestimated.\n"
		"  - After: who is still on mail gets an invitation for each thread, then a digest "
		"for each\n"
		"    thread and day on which somebody else wrote; what they write is under "
		"\"received\".\n"
		"  - Notifications: one for each mail delivered; in a room one for each message "
		"and member but\n"
		"    its author, without the choices that each can make. So there may be more of "
		"them.\n"
		"  - Delivery failures are those among the mails replayed; none is guessed.\n"
		"  - MIME is compared with MIME, decoded text with decoded text (16,000 bytes of a "
		"mail at most).\n"
		"  - Nothing is lost: the whole original stays one click away. \"Said nowhere "
		"else\" counts\n"
		"    signatures, and quotes of mails that were not among those replayed, too.\n"}};
	buf_append_c(out, notes.of[l]);
}

void report_print_text(
	const struct report_counts *counts, enum report_language language, struct buf *out)
{
	buf_append_c(out, language == REPORT_FRENCH
				  ? "Moins de courriels : ce que le pont aurait fait\n"
				  : "Less mail: what the bridge would have done\n");
	print_before(counts, language, out);
	print_curve(counts, language, out);
	print_content(counts, language, out);
	print_notes(language, out);
}

void report_print_json(const struct report_counts *c, struct buf *out)
{
	const struct {
		const char *key;
		int64_t value;
	} rows[] = {{"mails", c->mails}, {"duplicates", c->duplicates}, {"bounces", c->bounces},
		{"threads", c->threads}, {"people", c->people}, {"unreadable", c->unreadable},
		{"set_aside", c->set_aside}, {"copies", c->copies}, {"mime_copies", c->mime_copies},
		{"mime_single", c->mime_single}, {"text_copies", c->text_copies},
		{"text_single", c->text_single}, {"file_copies", c->file_copies},
		{"file_single", c->file_single}, {"shown", c->shown},
		{"stored_files", c->stored_files}, {"words", c->words},
		{"folded_words", c->folded_words}, {"lost_words", c->lost_words},
		{"files", c->files}};
	struct json_writer w;
	jw_init(&w, out);
	jw_object(&w);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		jw_put_int(&w, rows[i].key, rows[i].value);
	jw_put_array(&w, "shares");
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		const struct report_share *s = &c->shares[i];
		jw_object(&w);
		jw_put_int(&w, "percent", report_shares[i]);
		jw_put_int(&w, "invitations", s->invitations);
		jw_put_int(&w, "digests", s->digests);
		jw_put_int(&w, "mails_in", s->mails_in);
		jw_put_int(&w, "mime_out", s->mime_out);
		jw_put_int(&w, "mime_in", s->mime_in);
		jw_put_int(&w, "notices_mail", s->notices_mail);
		jw_put_int(&w, "notices_chat", s->notices_chat);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	buf_append_byte(out, '\n');
}
