/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/sender_mark.h"

#include "bridge-mail/message/html_escape.h"

#define MARK_MAX     1024
#define HTML_MAX     (2 * (size_t)BODY_MAX_HTML)
#define WARNING_SIGN "\xe2\x9a\xa0\xef\xb8\x8f "
#define STOP_SIGN    "\xe2\x9b\x94 "
#define MIDDLE_DOT   " \xc2\xb7 "
#define TEXT_UNVERIFIED            \
	WARNING_SIGN "Exp\xc3\xa9" \
		     "diteur non v\xc3\xa9rifi\xc3\xa9" MIDDLE_DOT "Unverified sender"
#define TEXT_FAILED             \
	STOP_SIGN "Exp\xc3\xa9" \
		  "diteur sans doute usurp\xc3\xa9" MIDDLE_DOT "Sender probably forged"
#define TEXT_OURS                                                                   \
	WARNING_SIGN "Adresse de la collectivit\xc3\xa9, non v\xc3\xa9rifi\xc3\xa9" \
		     "e" MIDDLE_DOT "One of our own addresses, not verified"
#define TEXT_MISLEADING WARNING_SIGN "Domaine trompeur : %.*s" MIDDLE_DOT "Misleading domain: %.*s"

static bool is_verified(const struct verdict *v)
{
	return v->state == VERDICT_VERIFIED || v->state == VERDICT_NONE;
}

/* Lines that are read before the text; empty: none. */
static struct str first_lines(struct arena *arena, const struct verdict *v)
{
	BUF_SCOPE(text, MARK_MAX);
	if (v->state == VERDICT_FAILED)
		buf_append_c(&text, TEXT_FAILED);
	else if (!is_verified(v) && (v->flags & VERDICT_OURS) != 0)
		buf_append_c(&text, TEXT_OURS);
	if ((v->flags & VERDICT_MISLEADING) != 0) {
		if (text.n > 0)
			buf_append_byte(&text, '\n');
		buf_printf(&text, TEXT_MISLEADING, STR_FMT(v->domain), STR_FMT(v->domain));
	}
	return arena_str(arena, buf_str(&text));
}

static void append_html(struct buf *out, struct str lines)
{
	buf_append_c(out, "<p><em>");
	html_escape_lines(out, lines);
	buf_append_c(out, "</em></p>");
}

static void append_body(struct buf *out, const struct body *body)
{
	if (body->html.n > 0)
		buf_append(out, body->html);
	else
		html_escape_lines(out, body->plain);
}

void sender_mark_add(struct arena *arena, const struct verdict *verdict, struct body *body)
{
	struct str first = first_lines(arena, verdict);
	struct str last = first.n == 0 && !is_verified(verdict) ? STR(TEXT_UNVERIFIED) : STR_EMPTY;
	if (first.n == 0 && last.n == 0)
		return;
	BUF_SCOPE(html, 8 * HTML_MAX);
	if (first.n > 0)
		append_html(&html, first);
	append_body(&html, body);
	if (last.n > 0)
		append_html(&html, last);
	body->html = arena_str(arena, buf_str(&html));
	body->plain =
		first.n > 0
			? arena_printf(arena, "%.*s\n\n%.*s", STR_FMT(first), STR_FMT(body->plain))
			: arena_printf(arena, "%.*s\n\n%.*s", STR_FMT(body->plain), STR_FMT(last));
}

void sender_mark_write(struct json_writer *w, const struct verdict *verdict)
{
	static const char *const states[] = {
		[VERDICT_NONE] = "",
		[VERDICT_VERIFIED] = "verified",
		[VERDICT_UNVERIFIED] = "unverified",
		[VERDICT_FAILED] = "failed",
	};
	if (verdict->state <= VERDICT_NONE || verdict->state > VERDICT_FAILED)
		return;
	jw_put_object(w, "sender");
	jw_put_c_str(w, "state", states[verdict->state]);
	jw_put_str(w, "domain", verdict->domain);
	jw_put_str(w, "reason", verdict->reason);
	if ((verdict->flags & VERDICT_OURS) != 0)
		jw_put_bool(w, "ours", true);
	if ((verdict->flags & VERDICT_MISLEADING) != 0)
		jw_put_bool(w, "misleading", true);
	jw_object_end(w);
}
