/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/body.h"

#include "bridge-mail/message/html_quotes.h"
#include "bridge-mail/message/html_write.h"
#include "bridge-mail/message/quote_markers.h"
#include "bridge-mail/message/quotes.h"
#include "common/base/buf.h"

/* On a line's end when one is near, else on a character's. */
static struct str shorten(struct str text, size_t max, bool *cut_out)
{
	if (text.n <= max)
		return text;
	*cut_out = true;
	text.n = max;
	ptrdiff_t lf = str_rindex(text, '\n');
	if (lf > (ptrdiff_t)(max / 2))
		text.n = (size_t)lf;
	while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
		text.n--;
	return text;
}

static void from_text(struct arena *arena, struct str text, bool forward, struct body *out)
{
	struct quotes quotes;
	quotes_fold(arena, text, forward, &quotes);
	out->folded = quotes.folded;
	out->plain = shorten(quotes.text, BODY_MAX_PLAIN, &out->cut);
	out->html = STR_EMPTY;
	if (quotes.has_quotes)
		out->html = quotes_to_html(arena, out->plain);
	if (out->html.n > BODY_MAX_HTML)
		out->html = STR_EMPTY;
}

static void from_html(struct arena *arena, struct str html, bool forward, struct body *out)
{
	struct html_node *root = html_parse(arena, html);
	BUF_SCOPE(plain, 4 * MAIL_MAX_TEXT);
	BUF_SCOPE(matrix, 8 * MAIL_MAX_TEXT);
	bool rich = false;
	if (!forward)
		out->folded = html_quotes_fold(arena, root);
	html_write_plain(root, &plain);
	html_write_matrix(root, &matrix, &rich);
	struct str text = quote_trim(arena_str(arena, buf_str(&plain)));
	out->plain = shorten(text, BODY_MAX_PLAIN, &out->cut);
	/* HTML cannot be cut in the middle: a long mail is shown in plain text. */
	if (rich && !out->cut && !matrix.overflow && matrix.n <= BODY_MAX_HTML)
		out->html = arena_str(arena, buf_str(&matrix));
}

void body_make(struct arena *arena, const struct mail *mail, bool forward, struct body *out)
{
	*out = (struct body){0};
	if (mail->html.n > 0)
		from_html(arena, mail->html, forward, out);
	if (out->plain.n == 0)
		from_text(arena, mail->text, forward, out);
}
