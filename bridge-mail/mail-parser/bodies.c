/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/bodies.h"

#include <fcntl.h>
#include <stdio.h>

#include "bridge-mail/mail-parser/charset.h"
#include "bridge-mail/mail-parser/flowed.h"
#include "bridge-mail/mail-parser/html.h"
#include "bridge-mail/mail-parser/report.h"
#include "common/base/fs.h"

#define MAX_BLOCKS    20
#define MAX_BODY_READ (4 * MAIL_MAX_TEXT) /* bytes of one part before conversion */
#define MAX_NAME      200
#define MAX_TYPE      100
#define MAX_ID	      512
#define MAX_REPORT    (256 * 1024)

/*
 * A mail's text comes in blocks: mostly one, several where text stands before and behind a
 * picture. A block has a plain form, an HTML form, or both (multipart/alternative).
 */
struct block {
	bool has_text;
	bool has_html;
	struct str text;
	struct str html;
};

struct walk {
	struct read_mail *mail;
	struct block blocks[MAX_BLOCKS];
	size_t block_count;
	unsigned parts;
	enum status status;
};

struct str clean_line(struct arena *arena, const char *text, size_t max)
{
	if (text == NULL)
		return STR_EMPTY;
	size_t n = strlen(text);
	char *out = arena_alloc(arena, (n < max ? n : max) + 1);
	size_t used = 0;
	for (size_t i = 0; i < n && used < max; i++) {
		unsigned char c = (unsigned char)text[i];
		bool space = c == '\t' || c == '\n' || c == ' ';
		if (space && (used == 0 || out[used - 1] == ' '))
			continue;
		if (space || (c >= 0x20 && c != 0x7f))
			out[used++] = space ? ' ' : (char)c;
	}
	/* Not within a character, and valid: what is not is cut off there. */
	while (used > 0 && !str_is_utf8(str_n(out, used)))
		used--;
	out[used] = '\0';
	return str_trim(str_n(out, used));
}

/* The decoded bytes of a part, at most MAX_BODY_READ of them. */
static void part_bytes(struct walk *w, GMimePart *part, struct buf *out)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	if (content == NULL)
		return;
	GMimeStream *memory = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(content, memory);
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
	size_t n = bytes->len;
	if (n > MAX_BODY_READ) {
		n = MAX_BODY_READ;
		w->mail->flags |= MAIL_CUT;
	}
	if (n > 0)
		buf_append(out, str_n((const char *)bytes->data, n));
	g_object_unref(memory);
}

/* Cuts on a character's border. */
static struct str bounded(struct walk *w, struct str text, size_t max)
{
	if (text.n > max) {
		text.n = max;
		while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
			text.n--;
		w->mail->flags |= MAIL_CUT;
	}
	return arena_str(w->mail->arena, text);
}

static struct str part_text(struct walk *w, GMimePart *part, bool html)
{
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
	const char *charset = g_mime_content_type_get_parameter(type, "charset");
	BUF_SCOPE(bytes, MAX_BODY_READ);
	BUF_SCOPE(utf8, 4 * MAX_BODY_READ);
	BUF_SCOPE(clean, 4 * MAX_BODY_READ);
	part_bytes(w, part, &bytes);
	if (html && charset == NULL)
		charset = charset_of_html(w->mail->arena, buf_str(&bytes));
	charset_to_utf8(buf_str(&bytes), charset, &utf8);
	charset_clean(buf_str(&utf8), &clean);
	const char *format = g_mime_content_type_get_parameter(type, "format");
	if (html || format == NULL || g_ascii_strcasecmp(format, "flowed") != 0)
		return bounded(w, buf_str(&clean), html ? MAX_BODY_READ : MAIL_MAX_TEXT);
	const char *delsp = g_mime_content_type_get_parameter(type, "delsp");
	BUF_SCOPE(joined, 4 * MAX_BODY_READ);
	flowed_join(
		buf_str(&clean), delsp != NULL && g_ascii_strcasecmp(delsp, "yes") == 0, &joined);
	return bounded(w, buf_str(&joined), MAIL_MAX_TEXT);
}

/* A new file "part-N"; -1 when it cannot be made. */
static int new_file(struct walk *w, unsigned number)
{
	char name[32];
	snprintf(name, sizeof(name), "part-%u", number);
	return openat(w->mail->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* Writes the part's content, or a whole message part, and tells its size. */
static enum status write_part(GMimeObject *object, int fd, int64_t *size_out)
{
	GMimeStream *stream = g_mime_stream_fs_new(fd);
	g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
	ssize_t n = 0;
	if (GMIME_IS_PART(object)) {
		GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
		if (content != NULL)
			n = g_mime_data_wrapper_write_to_stream(content, stream);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
		if (inner != NULL)
			n = g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL, stream);
	}
	g_object_unref(stream);
	off_t end = lseek(fd, 0, SEEK_END);
	if (n < 0 || end < 0)
		return STATUS_IO;
	*size_out = end;
	return STATUS_OK;
}

static struct str attachment_name(struct walk *w, GMimeObject *object)
{
	struct arena *arena = w->mail->arena;
	const char *name =
		GMIME_IS_PART(object) ? g_mime_part_get_filename(GMIME_PART(object)) : NULL;
	if (name != NULL)
		return clean_line(arena, name, MAX_NAME);
	if (!GMIME_IS_MESSAGE_PART(object))
		return STR_EMPTY;
	GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
	struct str subject = inner == NULL
				     ? STR_EMPTY
				     : clean_line(arena, g_mime_message_get_subject(inner), 100);
	return arena_printf(arena, "%.*s.eml", STR_FMT(subject.n == 0 ? STR("message") : subject));
}

static void add_attachment(struct walk *w, GMimeObject *object)
{
	struct read_mail *mail = w->mail;
	if (mail->attachment_count >= MAIL_MAX_ATTACHMENTS) {
		mail->flags |= MAIL_CUT;
		return;
	}
	struct read_attachment *a = &mail->attachments[mail->attachment_count];
	a->number = (unsigned)mail->attachment_count;
	FD_SCOPE int fd = new_file(w, a->number);
	w->status = fd < 0 ? STATUS_IO : write_part(object, fd, &a->size);
	if (w->status != STATUS_OK)
		return;
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *mime = type == NULL ? NULL : g_mime_content_type_get_mime_type(type);
	a->content_type = clean_line(mail->arena, mime, MAX_TYPE);
	g_free(mime);
	a->content_id = clean_line(mail->arena, g_mime_object_get_content_id(object), MAX_NAME);
	a->name = attachment_name(w, object);
	GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);
	a->inline_part =
		a->content_id.n > 0 &&
		(disposition == NULL || !g_mime_content_disposition_is_attachment(disposition));
	mail->attachment_count++;
}

static bool is_type(GMimeObject *object, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(object);
	return t != NULL && g_mime_content_type_is_type(t, type, subtype);
}

/* What a report says for machines; it is no file for anybody. */
static bool read_report(struct walk *w, GMimeObject *object)
{
	struct read_mail *mail = w->mail;
	bool status = is_type(object, "message", "delivery-status") ||
		      is_type(object, "message", "global-delivery-status");
	bool headers = is_type(object, "text", "rfc822-headers") ||
		       is_type(object, "message", "global-headers");
	if ((!status && !headers) || !GMIME_IS_PART(object))
		return false;
	BUF_SCOPE(bytes, MAX_BODY_READ);
	part_bytes(w, GMIME_PART(object), &bytes);
	struct str text = str_slice(buf_str(&bytes), 0, MAX_REPORT);
	if (status && mail->report_count == 0)
		report_read(
			mail->arena, text, mail->reports, MAIL_MAX_REPORTS, &mail->report_count);
	else if (headers && mail->returned_id.n == 0)
		mail->returned_id = report_returned_id(mail->arena, text);
	return (mail->flags & MAIL_DELIVERY_REPORT) != 0;
}

static void note_returned(struct walk *w, GMimeMessagePart *part)
{
	GMimeMessage *inner = g_mime_message_part_get_message(part);
	const char *id = inner == NULL ? NULL : g_mime_message_get_message_id(inner);
	if (w->mail->returned_id.n == 0 && id != NULL)
		w->mail->returned_id = clean_line(w->mail->arena, id, MAX_ID);
}

static void add_body(struct walk *w, GMimePart *part, bool html, struct block *block)
{
	if (block == NULL) {
		if (w->block_count >= MAX_BLOCKS) {
			add_attachment(w, GMIME_OBJECT(part));
			return;
		}
		block = &w->blocks[w->block_count++];
	}
	if (html) {
		block->has_html = true;
		block->html = part_text(w, part, true);
	} else {
		block->has_text = true;
		block->text = part_text(w, part, false);
	}
}

static bool is_signature(GMimeObject *object)
{
	return is_type(object, "application", "pgp-signature") ||
	       is_type(object, "application", "pkcs7-signature") ||
	       is_type(object, "application", "x-pkcs7-signature");
}

/* `block`: the one that a multipart/alternative fills, or NULL: each body makes one. */
static void walk_part(struct walk *w, GMimePart *part, struct block *block)
{
	GMimeObject *object = GMIME_OBJECT(part);
	GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);
	bool attached =
		disposition != NULL && g_mime_content_disposition_is_attachment(disposition);
	bool named = g_mime_part_get_filename(part) != NULL;
	bool text = is_type(object, "text", "plain");
	bool html = is_type(object, "text", "html");
	if (is_signature(object)) {
		w->mail->flags |= MAIL_SIGNED;
		return;
	}
	if (is_type(object, "application", "pkcs7-mime") ||
		is_type(object, "application", "x-pkcs7-mime"))
		w->mail->flags |= MAIL_ENCRYPTED;
	bool taken = block != NULL && (html ? block->has_html : block->has_text);
	if ((text || html) && !attached && !named && !taken)
		add_body(w, part, html, block);
	else
		add_attachment(w, object);
}

static void walk_object(struct walk *w, GMimeObject *object, struct block *block, int depth);

static void note_multipart(struct walk *w, GMimeObject *object)
{
	if (is_type(object, "multipart", "signed"))
		w->mail->flags |= MAIL_SIGNED;
	if (is_type(object, "multipart", "encrypted"))
		w->mail->flags |= MAIL_ENCRYPTED;
	GMimeContentType *type = g_mime_object_get_content_type(object);
	const char *report =
		type == NULL ? NULL : g_mime_content_type_get_parameter(type, "report-type");
	if (is_type(object, "multipart", "report") && report != NULL &&
		g_ascii_strcasecmp(report, "delivery-status") == 0)
		w->mail->flags |= MAIL_DELIVERY_REPORT;
}

/* With walk_object MAIL_MAX_DEPTH deep. NOLINTNEXTLINE(misc-no-recursion) */
static void walk_multipart(
	struct walk *w, GMimeMultipart *multipart, struct block *block, int depth)
{
	GMimeObject *object = GMIME_OBJECT(multipart);
	note_multipart(w, object);
	if (is_type(object, "multipart", "alternative") && block == NULL &&
		w->block_count < MAX_BLOCKS)
		block = &w->blocks[w->block_count++];
	int count = g_mime_multipart_get_count(multipart);
	for (int i = 0; i < count && w->status == STATUS_OK; i++)
		walk_object(w, g_mime_multipart_get_part(multipart, i), block, depth + 1);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void walk_object(struct walk *w, GMimeObject *object, struct block *block, int depth)
{
	if (object == NULL)
		return;
	if (++w->parts > MAIL_MAX_PARTS || depth > MAIL_MAX_DEPTH) {
		w->mail->flags |= MAIL_CUT;
		return;
	}
	if (GMIME_IS_MULTIPART(object))
		walk_multipart(w, GMIME_MULTIPART(object), block, depth);
	else if (read_report(w, object))
		return;
	else if (GMIME_IS_PART(object))
		walk_part(w, GMIME_PART(object), block);
	else if (GMIME_IS_MESSAGE_PART(object)) {
		note_returned(w, GMIME_MESSAGE_PART(object));
		add_attachment(w, object);
	}
}

static void append_escaped(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		switch (text.p[i]) {
		case '<':
			buf_append_c(out, "&lt;");
			break;
		case '>':
			buf_append_c(out, "&gt;");
			break;
		case '&':
			buf_append_c(out, "&amp;");
			break;
		case '\n':
			buf_append_c(out, "<br>\n");
			break;
		default:
			buf_append_byte(out, text.p[i]);
			break;
		}
	}
}

static void join_html(struct walk *w)
{
	BUF_SCOPE(html, 4 * (size_t)MAX_BODY_READ);
	for (size_t i = 0; i < w->block_count; i++) {
		const struct block *b = &w->blocks[i];
		if (b->has_html) {
			buf_append(&html, b->html);
		} else {
			buf_append_c(&html, "<div>");
			append_escaped(&html, b->text);
			buf_append_c(&html, "</div>");
		}
	}
	if (html.overflow || !html_normalise(buf_str(&html), &w->mail->html))
		w->mail->flags |= MAIL_CUT;
}

/* The whole text in plain form when every block has one; in HTML when any block has that. */
static void join_blocks(struct walk *w)
{
	bool all_text = true, any_html = false;
	for (size_t i = 0; i < w->block_count; i++) {
		const struct block *b = &w->blocks[i];
		all_text = all_text && (b->has_text || !b->has_html);
		any_html = any_html || b->has_html;
	}
	for (size_t i = 0; i < w->block_count; i++) {
		const struct block *b = &w->blocks[i];
		if (all_text) {
			if (w->mail->text.n > 0 && b->text.n > 0)
				buf_append_byte(&w->mail->text, '\n');
			buf_append(&w->mail->text, b->text);
		}
	}
	if (any_html)
		join_html(w);
	if (w->mail->text.overflow)
		w->mail->flags |= MAIL_CUT;
}

enum status bodies_collect(struct read_mail *mail, GMimeMessage *message)
{
	struct walk w = {.mail = mail};
	walk_object(&w, g_mime_message_get_mime_part(message), NULL, 0);
	if (w.status == STATUS_OK)
		join_blocks(&w);
	return w.status;
}
