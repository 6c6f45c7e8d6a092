/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/reader.h"

#include <gmime/gmime.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bridge-mail/mail-parser/addresses.h"
#include "bridge-mail/mail-parser/bodies.h"
#include "bridge-mail/mail-parser/prescan.h"
#include "common/json/json_writer.h"

/* 1980 and 2100: a date outside is a broken clock's. */
#define DATE_MIN_MS (INT64_C(315532800) * 1000)
#define DATE_MAX_MS (INT64_C(4102444800) * 1000)

void read_mail_init(struct read_mail *mail, struct arena *arena, int folder_fd)
{
	*mail = (struct read_mail){.arena = arena, .folder_fd = folder_fd};
	buf_init(&mail->text, MAIL_MAX_TEXT);
	buf_init(&mail->html, MAIL_MAX_HTML);
	mail->attachments = ARENA_ARRAY(arena, struct read_attachment, MAIL_MAX_ATTACHMENTS);
	mail->reports = ARENA_ARRAY(arena, struct mail_report, MAIL_MAX_REPORTS);
}

void read_mail_release(struct read_mail *mail)
{
	buf_release(&mail->text);
	buf_release(&mail->html);
}

static enum status look_first(int mail_fd, struct prescan *out)
{
	struct stat st;
	if (fstat(mail_fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return STATUS_INVALID;
	size_t n = (size_t)st.st_size;
	char *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, mail_fd, 0);
	if (p == MAP_FAILED)
		return STATUS_IO;
	prescan(str_n(p, n), out);
	munmap(p, n);
	return out->hostile ? STATUS_INVALID : STATUS_OK;
}

static void read_headers(struct read_mail *mail, GMimeMessage *message)
{
	struct arena *arena = mail->arena;
	addresses_read(
		arena, g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_FROM), &mail->from);
	addresses_read(arena, g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_REPLY_TO),
		&mail->reply_to);
	addresses_read(
		arena, g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_TO), &mail->to);
	addresses_read(
		arena, g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_CC), &mail->cc);
	if (mail->from.count == 0)
		addresses_read(arena,
			g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_SENDER),
			&mail->from);
	mail->subject = clean_line(arena, g_mime_message_get_subject(message), MAIL_MAX_SUBJECT);
	mail->topic = clean_line(arena,
		g_mime_object_get_header(GMIME_OBJECT(message), "Thread-Topic"), MAIL_MAX_SUBJECT);
	GDateTime *date = g_mime_message_get_date(message);
	int64_t ms = date == NULL ? 0 : g_date_time_to_unix(date) * 1000;
	mail->date_ms = ms >= DATE_MIN_MS && ms <= DATE_MAX_MS ? ms : 0;
}

enum status read_mail_parse(struct read_mail *mail, int mail_fd)
{
	static const char *const fallback[] = {"utf-8", "windows-1252", NULL};
	struct prescan first;
	enum status status = look_first(mail_fd, &first);
	if (status != STATUS_OK)
		return status;
	if (first.cut)
		mail->flags |= MAIL_CUT;
	g_mime_init();
	GMimeParserOptions *options = g_mime_parser_options_new();
	/* The library copies the list but does not say so in its type. */
	g_mime_parser_options_set_fallback_charsets(options, (const char **)(uintptr_t)fallback);
	GMimeStream *stream = g_mime_stream_fs_new_with_bounds(mail_fd, 0, first.usable);
	g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	GMimeMessage *message = g_mime_parser_construct_message(parser, options);
	if (message == NULL) {
		status = STATUS_INVALID;
	} else {
		read_headers(mail, message);
		status = bodies_collect(mail, message);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	g_mime_parser_options_free(options);
	return status;
}

static void write_addresses(
	struct json_writer *w, const char *key, const struct read_addresses *list)
{
	jw_put_array(w, key);
	for (size_t i = 0; i < list->count; i++) {
		jw_object(w);
		jw_put_str(w, "name", list->items[i].name);
		jw_put_str(w, "address", list->items[i].address);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_reports(struct json_writer *w, const struct read_mail *mail)
{
	jw_put_array(w, "reports");
	for (size_t i = 0; i < mail->report_count; i++) {
		const struct mail_report *r = &mail->reports[i];
		jw_object(w);
		jw_put_str(w, "recipient", r->recipient);
		jw_put_str(w, "original", r->original);
		jw_put_str(w, "action", r->action);
		jw_put_str(w, "status", r->status);
		jw_put_str(w, "said", r->said);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_put_str(w, "returned_id", mail->returned_id);
}

void read_mail_write(const struct read_mail *mail, struct buf *out)
{
	struct json_writer w;
	jw_init(&w, out);
	jw_object(&w);
	write_addresses(&w, "from", &mail->from);
	write_addresses(&w, "reply_to", &mail->reply_to);
	write_addresses(&w, "to", &mail->to);
	write_addresses(&w, "cc", &mail->cc);
	jw_put_str(&w, "subject", mail->subject);
	jw_put_str(&w, "topic", mail->topic);
	jw_put_int(&w, "date", mail->date_ms);
	jw_put_str(&w, "text", buf_str(&mail->text));
	jw_put_str(&w, "html", buf_str(&mail->html));
	jw_put_int(&w, "flags", mail->flags);
	write_reports(&w, mail);
	jw_put_array(&w, "attachments");
	for (size_t i = 0; i < mail->attachment_count; i++) {
		const struct read_attachment *a = &mail->attachments[i];
		jw_object(&w);
		jw_put_int(&w, "number", a->number);
		jw_put_str(&w, "name", a->name);
		jw_put_str(&w, "type", a->content_type);
		jw_put_str(&w, "cid", a->content_id);
		jw_put_int(&w, "size", a->size);
		jw_put_bool(&w, "inline", a->inline_part);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
}
