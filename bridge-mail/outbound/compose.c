/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/compose.h"

#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/outbound/transfer_encoding.h"
#include "common/base/arena.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"

#define HTML_HEAD                                                 \
	"<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\n" \
	"<meta name=\"viewport\" content=\"width=device-width\"></head><body>\n"
#define HTML_TAIL "\n</body></html>\n"
#define HTML_MAX  ((size_t)1024 * 1024)

/* What one call works on. */
struct composing {
	const struct compose_mail *mail;
	struct buf *out;
	struct arena *arena;
	struct str boundary; /* without the number behind it */
};

static void write_references(const struct composing *c)
{
	const struct compose_mail *mail = c->mail;
	struct str ids[COMPOSE_MAX_REFERENCES];
	size_t count = mail->reference_count;
	size_t skip = count > COMPOSE_MAX_REFERENCES ? count - COMPOSE_MAX_REFERENCES : 0;
	for (size_t i = 0; i + skip < count; i++)
		ids[i] = mail->references[i == 0 ? 0 : i + skip];
	header_ids(c->out, "References", ids, count - skip);
}

/* Not text: never as encoded words. Cut behind commas; what would end the line is a space. */
static void write_header(const struct composing *c, const struct compose_header *header)
{
	buf_printf(c->out, "%s: ", header->name);
	for (size_t i = 0; i < header->value.n; i++) {
		char byte = header->value.p[i];
		bool control = (unsigned char)byte < ' ' || byte == 0x7f;
		buf_append_byte(c->out, control ? ' ' : byte);
		if (byte == ',')
			buf_append_c(c->out, "\r\n");
	}
	buf_append_c(c->out, "\r\n");
}

static void write_headers(const struct composing *c)
{
	const struct compose_mail *mail = c->mail;
	struct str subject = mail->subject;
	if (mail->is_reply)
		subject = arena_printf(c->arena, "Re: %.*s", STR_FMT(subject));
	header_addresses(c->out, "From", &mail->from, 1);
	header_addresses(c->out, "To", mail->to, mail->to_count);
	header_addresses(c->out, "Cc", mail->cc, mail->cc_count);
	header_text(c->out, "Subject", subject);
	header_date(c->out, mail->date_ms);
	header_ids(c->out, "Message-ID", &mail->message_id, 1);
	header_ids(c->out, "In-Reply-To", &mail->in_reply_to, 1);
	write_references(c);
	header_text(c->out, "X-Parvis-Loop", mail->loop_value);
	for (size_t i = 0; i < mail->header_count; i++)
		write_header(c, &mail->headers[i]);
	if (mail->thread_index.n > 0) {
		header_text(c->out, "Thread-Topic", mail->subject);
		header_text(c->out, "Thread-Index",
			base64_encode(c->arena, mail->thread_index, BASE64_PADDED));
	}
	buf_append_c(c->out, "MIME-Version: 1.0\r\n");
}

static void write_text_part(const struct composing *c, const char *type, struct str text)
{
	buf_printf(c->out,
		"Content-Type: %s; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		type);
	transfer_quoted_printable(c->out, text);
}

static void write_html_part(const struct composing *c)
{
	BUF_SCOPE(html, HTML_MAX);
	buf_append_c(&html, HTML_HEAD);
	buf_append(&html, c->mail->html);
	buf_append_c(&html, HTML_TAIL);
	write_text_part(c, "text/html", buf_str(&html));
}

static void open_multipart(const struct composing *c, const char *type, char level)
{
	buf_printf(c->out, "Content-Type: multipart/%s;\r\n boundary=\"%.*s%c\"\r\n\r\n", type,
		STR_FMT(c->boundary), level);
}

static void next_part(const struct composing *c, char level)
{
	buf_printf(c->out, "--%.*s%c\r\n", STR_FMT(c->boundary), level);
}

static void close_multipart(const struct composing *c, char level)
{
	buf_printf(c->out, "--%.*s%c--\r\n", STR_FMT(c->boundary), level);
}

static void write_body(const struct composing *c)
{
	if (c->mail->html.n == 0) {
		write_text_part(c, "text/plain", c->mail->text);
		return;
	}
	open_multipart(c, "alternative", 'a');
	next_part(c, 'a');
	write_text_part(c, "text/plain", c->mail->text);
	next_part(c, 'a');
	write_html_part(c);
	close_multipart(c, 'a');
}

static bool type_ok(struct str type)
{
	ptrdiff_t slash = str_index(type, '/');
	for (size_t i = 0; i < type.n; i++) {
		char c = type.p[i];
		bool token = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			     c == '+' || c == '.' || c == '/';
		if (!token)
			return false;
	}
	return slash > 0 && (size_t)slash + 1 < type.n && type.n < 100 &&
	       str_rindex(type, '/') == slash;
}

/* A type that would be read as something else than a file is not kept. */
static struct str file_type(const struct compose_file *file)
{
	bool composite = str_starts(file->content_type, STR("multipart/")) ||
			 str_starts(file->content_type, STR("message/"));
	if (composite || !type_ok(file->content_type))
		return STR("application/octet-stream");
	return file->content_type;
}

static void write_file(const struct composing *c, const struct compose_file *file)
{
	buf_printf(c->out, "Content-Type: %.*s", STR_FMT(file_type(file)));
	header_parameter(c->out, "name", file->name);
	buf_append_c(c->out, "\r\nContent-Disposition: attachment");
	header_parameter(c->out, "filename", file->name);
	buf_append_c(c->out, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	transfer_base64(c->out, file->bytes);
}

static struct str boundary_of(struct arena *arena, struct str message_id)
{
	uint8_t hash[SHA256_BYTES];
	sha256(message_id, hash);
	/* "=_" stands in neither of the encodings of the parts. */
	return arena_printf(
		arena, "=_pv_%.*s_", STR_FMT(hex_encode(arena, str_n((const char *)hash, 16))));
}

static bool any_usable(const struct mail_address *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (header_address_ok(list[i].address))
			return true;
	return false;
}

enum status compose_write(const struct compose_mail *mail, struct buf *out)
{
	ARENA_SCOPE(arena);
	struct composing c = {.mail = mail,
		.out = out,
		.arena = arena,
		.boundary = boundary_of(arena, mail->message_id)};
	if (!any_usable(&mail->from, 1) || !any_usable(mail->to, mail->to_count))
		return STATUS_INVALID;
	write_headers(&c);
	if (mail->file_count == 0) {
		write_body(&c);
		return buf_status(out);
	}
	open_multipart(&c, "mixed", 'm');
	if (mail->text.n > 0) {
		next_part(&c, 'm');
		write_body(&c);
	}
	for (size_t i = 0; i < mail->file_count; i++) {
		next_part(&c, 'm');
		write_file(&c, &mail->files[i]);
	}
	close_multipart(&c, 'm');
	return buf_status(out);
}
