/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/content.h"

#include "bridge-mail/inbound/sender_mark.h"
#include "bridge-mail/message/html_escape.h"
#include "bridge-mail/room_port.h"
#include "bridge-mail/thread/subject.h"
#include "bridge-mail/trust/loops.h"
#include "common/base/mem.h"
#include "common/json/json_writer.h"

#define CONTENT_MAX	    60000 /* bytes; the event around it has its own */
#define MAX_ADDRESSES_SHOWN 20

#define TEXT_UNREADABLE                                                \
	"Ce courriel n\xe2\x80\x99"                                    \
	"a pas pu \xc3\xaatre lu ; l\xe2\x80\x99original est joint.\n" \
	"This mail could not be read; the original is attached."
#define TEXT_ENCRYPTED                                                          \
	"Courriel chiffr\xc3\xa9 : son texte ne peut pas \xc3\xaatre lu ici.\n" \
	"Encrypted mail: its text cannot be read here."
#define TEXT_NONE "(courriel sans texte / mail without text)"
#define TEXT_CUT \
	"[\xe2\x80\xa6] (suite dans l\xe2\x80\x99original joint / more in the attached original)"

static void write_addresses(
	struct json_writer *w, const char *key, const struct mail_addresses *list)
{
	if (list->count == 0)
		return;
	jw_put_array(w, key);
	for (size_t i = 0; i < list->count && i < MAX_ADDRESSES_SHOWN; i++)
		jw_str(w, list->items[i].address);
	jw_array_end(w);
}

/* What room_port.find looks for, and what a client may show beside the message. */
static void write_marker(struct json_writer *w, const struct content_source *s)
{
	const struct mail *mail = s->mail;
	jw_put_object(w, ROOM_PORT_MARKER);
	jw_put_str(w, "txn", s->txn_id);
	jw_put_str(w, "message_id", mail->message_id);
	jw_put_str(w, "from", mail->from.address);
	jw_put_str(w, "subject", mail->subject);
	write_addresses(w, "to", &mail->to);
	write_addresses(w, "cc", &mail->cc);
	if (mail->date_ms > 0)
		jw_put_int(w, "date", mail->date_ms);
	if (loops_is_automatic(mail, s->delivery->mail_from))
		jw_put_bool(w, "automatic", true);
	sender_mark_write(w, s->verdict);
	jw_object_end(w);
}

static void write_thread(struct json_writer *w, struct str root)
{
	if (root.n == 0)
		return;
	jw_put_object(w, "m.relates_to");
	jw_put_c_str(w, "rel_type", "m.thread");
	jw_put_str(w, "event_id", root);
	jw_put_bool(w, "is_falling_back", true);
	jw_put_object(w, "m.in_reply_to");
	jw_put_str(w, "event_id", root);
	jw_object_end(w);
	jw_object_end(w);
}

static void write_relation(struct json_writer *w, const struct content_source *s)
{
	if (s->reply_to_event.n == 0)
		return;
	jw_put_object(w, "m.relates_to");
	jw_put_object(w, "m.in_reply_to");
	jw_put_str(w, "event_id", s->reply_to_event);
	jw_object_end(w);
	jw_object_end(w);
}

/* A text for mails that have none of their own. */
static bool substitute(const struct mail *mail, struct body *body)
{
	if ((mail->flags & MAIL_UNREADABLE) != 0)
		body->plain = STR(TEXT_UNREADABLE);
	else if (body->plain.n > 0)
		return false;
	else
		body->plain =
			(mail->flags & MAIL_ENCRYPTED) != 0 ? STR(TEXT_ENCRYPTED) : STR(TEXT_NONE);
	body->html = STR_EMPTY;
	return true;
}

/* Puts the subject above the text when it is not the room's. */
static void add_subject(struct arena *arena, const struct content_source *s,
	const struct subject *subject, struct body *body)
{
	if (subject->plain.n == 0 || str_eq(subject->base, s->thread->base_subject))
		return;
	BUF_SCOPE(html, CONTENT_MAX);
	buf_append_c(&html, "<p><strong>");
	html_escape(&html, subject->plain);
	buf_append_c(&html, "</strong></p>");
	if (body->html.n > 0)
		buf_append(&html, body->html);
	else
		html_escape_lines(&html, body->plain);
	body->html = arena_str(arena, buf_str(&html));
	body->plain =
		arena_printf(arena, "%.*s\n\n%.*s", STR_FMT(subject->plain), STR_FMT(body->plain));
}

static void add_cut_note(struct arena *arena, struct body *body)
{
	body->plain = arena_printf(arena, "%.*s\n\n" TEXT_CUT, STR_FMT(body->plain));
	if (body->html.n > 0)
		body->html = arena_printf(arena, "%.*s<p>" TEXT_CUT "</p>", STR_FMT(body->html));
}

static struct str write_message(struct arena *arena, const struct content_source *s,
	const char *msgtype, const struct body *body)
{
	BUF_SCOPE(out, 8 * CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &out);
	jw_object(&w);
	jw_put_c_str(&w, "msgtype", msgtype);
	jw_put_str(&w, "body", body->plain);
	if (body->html.n > 0) {
		jw_put_c_str(&w, "format", "org.matrix.custom.html");
		jw_put_str(&w, "formatted_body", body->html);
	}
	write_relation(&w, s);
	write_marker(&w, s);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&out));
}

struct str content_text(struct arena *arena, const struct content_source *source)
{
	const struct mail *mail = source->mail;
	struct subject subject;
	struct body body = *source->body;
	subject_read(arena, mail->subject, &subject);
	bool notice =
		substitute(mail, &body) || loops_is_automatic(mail, source->delivery->mail_from);
	if (body.cut)
		add_cut_note(arena, &body);
	add_subject(arena, source, &subject, &body);
	struct str plain = body.plain;
	sender_mark_add(arena, source->verdict, &body);
	struct str content = write_message(arena, source, notice ? "m.notice" : "m.text", &body);
	if (content.n <= CONTENT_MAX)
		return content;
	/* Escapes can make six bytes of one: the plain text alone always has room. */
	body.html = STR_EMPTY;
	body.plain = str_slice(plain, 0, BODY_MAX_PLAIN / 4);
	while (body.plain.n > 0 && !str_is_utf8(body.plain))
		body.plain.n--;
	sender_mark_add(arena, source->verdict, &body);
	body.html = STR_EMPTY;
	return write_message(arena, source, "m.notice", &body);
}

struct str content_notice(
	struct arena *arena, const struct content_source *source, const struct body *body)
{
	return write_message(arena, source, "m.notice", body);
}

static const char *msgtype_of(struct str type)
{
	static const struct {
		struct str type;
		const char *msgtype;
	} rows[] = {
		{STR_INIT("image/png"), "m.image"},
		{STR_INIT("image/jpeg"), "m.image"},
		{STR_INIT("image/gif"), "m.image"},
		{STR_INIT("image/webp"), "m.image"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].type, type))
			return rows[i].msgtype;
	if (str_starts(type, STR("audio/")))
		return "m.audio";
	return str_starts(type, STR("video/")) ? "m.video" : "m.file";
}

struct str content_of_file(
	struct arena *arena, const struct content_source *source, const struct content_file *file)
{
	BUF_SCOPE(out, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &out);
	jw_object(&w);
	jw_put_c_str(&w, "msgtype", msgtype_of(file->content_type));
	jw_put_str(&w, "body", file->name);
	jw_put_str(&w, "filename", file->name);
	jw_put_str(&w, "url", file->mxc);
	jw_put_object(&w, "info");
	jw_put_str(&w, "mimetype", file->content_type);
	jw_put_int(&w, "size", file->size);
	jw_object_end(&w);
	write_thread(&w, source->thread_root);
	write_marker(&w, source);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&out));
}

struct str content_refused_file(
	struct arena *arena, const struct content_source *source, const struct content_file *file)
{
	struct body body = {
		.plain = arena_printf(arena,
			"Pi\xc3\xa8"
			"ce jointe non transmise : %.*s (%lld octets).\n"
			"Attachment not passed on: %.*s (%lld bytes).",
			STR_FMT(file->name), (long long)file->size, STR_FMT(file->name),
			(long long)file->size),
	};
	return write_message(arena, source, "m.notice", &body);
}
