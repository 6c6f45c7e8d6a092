/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/print.h"

#include <stdio.h>

#define WIDTH  720
#define LEFT   220 /* where bars begin */
#define LONG   400 /* the longest bar */
#define TOP    70
#define ROW    44
#define HEIGHT (TOP + ROW * (1 + REPORT_SHARES) + 30)

static void bar(struct buf *out, int row, const char *label, int64_t value, int64_t most,
	const char *colour)
{
	int y = TOP + row * ROW;
	int64_t length = most == 0 ? 0 : LONG * value / most;
	buf_printf(out,
		"<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>"
		"<rect x=\"%d\" y=\"%d\" width=\"%lld\" height=\"28\" fill=\"%s\"/>"
		"<text x=\"%lld\" y=\"%d\">%lld</text>\n",
		LEFT - 12, y + 20, label, LEFT, y, (long long)length, colour,
		(long long)length + LEFT + 8, y + 20, (long long)value);
}

void report_print_svg(const struct report_counts *c, enum report_language language, struct buf *out)
{
	bool french = language == REPORT_FRENCH;
	const char *title =
		french ? "Courriels remis, avant et après" : "Mails delivered, before and after";
	int64_t most = c->copies;
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		int64_t sent = c->shares[i].invitations + c->shares[i].digests;
		most = sent > most ? sent : most;
	}
	buf_printf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title desc\" "
		"font-family=\"sans-serif\" font-size=\"15\">\n<title id=\"title\">%s</title>\n"
		"<desc id=\"desc\">%s %lld.",
		WIDTH, HEIGHT, WIDTH, HEIGHT, title,
		french ? "Avant :" : "Before:", (long long)c->copies);
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		int64_t sent = c->shares[i].invitations + c->shares[i].digests;
		buf_printf(out,
			french ? " Avec %d %% des personnes restées au courriel : %lld."
			       : " With %d %% of the people still on mail: %lld.",
			report_shares[i], (long long)sent);
	}
	buf_printf(out,
		"</desc>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
		"<text x=\"24\" y=\"38\" font-size=\"20\" font-weight=\"bold\">%s</text>\n",
		title);
	bar(out, 0, french ? "avant" : "before", c->copies, most, "#767676");
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		char label[64];
		(void)snprintf(label, sizeof(label), french ? "%d %% au courriel" : "%d %% on mail",
			report_shares[i]);
		bar(out, (int)i + 1, label, c->shares[i].invitations + c->shares[i].digests, most,
			"#000091");
	}
	buf_append_c(out, "</svg>\n");
}
