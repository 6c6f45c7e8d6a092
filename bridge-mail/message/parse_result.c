/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/parse_result.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge-mail/message/file_name.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/json/json.h"

#define MAX_NAME	200
#define MAX_ADDRESS	254
#define MAX_TYPE	100
#define MAX_REPORT_TEXT 998

/* What the parser may say about a mail; the rest is our own scan's. */
#define PARSER_FLAGS (MAIL_CUT | MAIL_SIGNED | MAIL_ENCRYPTED | MAIL_DELIVERY_REPORT)

/* Without control characters; LF and tab stay in a text of several lines. */
static struct str clean(struct arena *arena, struct str s, bool lines)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c >= 0x20 && c != 0x7f) || (lines && (c == '\n' || c == '\t')))
			out[n++] = (char)c;
	}
	return str_n(out, n);
}

/* A member that must be a string of at most `max` bytes. */
static enum status read_line(struct arena *arena, const struct json *object, const char *key,
	size_t max, struct str *out)
{
	const struct json *value = json_get(object, key);
	if (!json_is(value, JSON_STRING) || json_str(value).n > max)
		return STATUS_INVALID;
	*out = clean(arena, json_str(value), false);
	return STATUS_OK;
}

static enum status read_text(struct arena *arena, const struct json *object, const char *key,
	size_t max, struct str *out)
{
	const struct json *value = json_get(object, key);
	if (!json_is(value, JSON_STRING) || json_str(value).n > max)
		return STATUS_INVALID;
	*out = clean(arena, json_str(value), true);
	return STATUS_OK;
}

static bool address_ok(struct str address)
{
	ptrdiff_t at = str_rindex(address, '@');
	if (at <= 0 || (size_t)at + 1 >= address.n)
		return false;
	for (size_t i = 0; i < address.n; i++)
		if (strchr(" <>,;\"()", address.p[i]) != NULL)
			return false;
	return true;
}

static enum status read_addresses(
	struct arena *arena, const struct json *object, const char *key, struct mail_addresses *out)
{
	const struct json *list = json_get(object, key);
	size_t count = json_count(list);
	if (!json_is(list, JSON_ARRAY) || count > MAIL_MAX_ADDRESSES)
		return STATUS_INVALID;
	struct mail_address *items = ARENA_ARRAY(arena, struct mail_address, count + 1);
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		struct mail_address *a = &items[used];
		const struct json *entry = json_at(list, i);
		if (read_line(arena, entry, "name", MAX_NAME, &a->name) != STATUS_OK ||
			read_line(arena, entry, "address", MAX_ADDRESS, &a->address) != STATUS_OK)
			return STATUS_INVALID;
		/* A quoted local part is left out: nobody can be answered by a ghost for it. */
		if (address_ok(a->address))
			used++;
	}
	*out = (struct mail_addresses){.items = items, .count = used};
	return STATUS_OK;
}

/* The file's own size and hash, whatever the parser says of it. */
static enum status measure(struct arena *arena, struct mail_attachment *a)
{
	FD_SCOPE int fd = open(a->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return errno == ENOENT || errno == ELOOP ? STATUS_INVALID : STATUS_IO;
	if (!S_ISREG(st.st_mode))
		return STATUS_INVALID;
	char chunk[16384];
	struct sha256_stream *stream = sha256_stream_new();
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		sha256_stream_add(stream, str_n(chunk, (size_t)n));
	uint8_t hash[SHA256_BYTES];
	sha256_stream_finish(&stream, hash);
	a->size = st.st_size;
	a->hash = hex_encode(arena, str_n((const char *)hash, sizeof(hash)));
	return n < 0 ? STATUS_IO : STATUS_OK;
}

/* "type/subtype" in lower case; anything else is a stream of bytes. */
static struct str content_type(struct arena *arena, struct str text)
{
	char *out = arena_c_str(arena, text);
	unsigned slashes = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = out[i];
		if (c >= 'A' && c <= 'Z')
			out[i] = (char)(c + ('a' - 'A'));
		slashes += c == '/';
		if (c <= ' ' || (unsigned char)c >= 0x7f || strchr("<>()\"\\,;:", c) != NULL)
			return STR("application/octet-stream");
	}
	return slashes == 1 ? str_n(out, text.n) : STR("application/octet-stream");
}

static enum status read_attachment(struct arena *arena, const char *folder,
	const struct json *entry, unsigned i, struct mail_attachment *out)
{
	struct str name, type, cid;
	if (read_line(arena, entry, "name", 2 * MAX_NAME, &name) != STATUS_OK ||
		read_line(arena, entry, "type", MAX_TYPE, &type) != STATUS_OK ||
		read_line(arena, entry, "cid", MAX_NAME, &cid) != STATUS_OK ||
		json_int(json_get(entry, "number"), -1) != (int64_t)i)
		return STATUS_INVALID;
	out->content_type = content_type(arena, type);
	out->name = file_name_safe(arena, name, out->content_type, i);
	out->content_id = cid;
	out->inline_part = json_bool(json_get(entry, "inline"), false);
	out->path = arena_printf(arena, "%s/part-%u", folder, i).p;
	return measure(arena, out);
}

static enum status read_attachments(
	struct arena *arena, const char *folder, const struct json *object, struct mail *mail)
{
	const struct json *list = json_get(object, "attachments");
	size_t count = json_count(list);
	if (!json_is(list, JSON_ARRAY) || count > MAIL_MAX_ATTACHMENTS)
		return STATUS_INVALID;
	struct mail_attachment *items = ARENA_ARRAY(arena, struct mail_attachment, count + 1);
	for (size_t i = 0; i < count; i++) {
		enum status status =
			read_attachment(arena, folder, json_at(list, i), (unsigned)i, &items[i]);
		if (status != STATUS_OK)
			return status;
	}
	mail->attachments = items;
	mail->attachment_count = count;
	return STATUS_OK;
}

static enum status read_report(
	struct arena *arena, const struct json *entry, struct mail_report *out)
{
	if (read_line(arena, entry, "recipient", MAX_REPORT_TEXT, &out->recipient) != STATUS_OK ||
		read_line(arena, entry, "original", MAX_REPORT_TEXT, &out->original) != STATUS_OK ||
		read_line(arena, entry, "action", MAX_REPORT_TEXT, &out->action) != STATUS_OK ||
		read_line(arena, entry, "status", MAX_REPORT_TEXT, &out->status) != STATUS_OK)
		return STATUS_INVALID;
	return read_line(arena, entry, "said", MAX_REPORT_TEXT, &out->said);
}

static enum status read_reports(struct arena *arena, const struct json *object, struct mail *mail)
{
	const struct json *list = json_get(object, "reports");
	size_t count = json_count(list);
	if (!json_is(list, JSON_ARRAY) || count > MAIL_MAX_REPORTS)
		return STATUS_INVALID;
	struct mail_report *items = ARENA_ARRAY(arena, struct mail_report, count + 1);
	for (size_t i = 0; i < count; i++)
		if (read_report(arena, json_at(list, i), &items[i]) != STATUS_OK)
			return STATUS_INVALID;
	mail->reports = items;
	mail->report_count = count;
	return read_line(arena, object, "returned_id", MAX_REPORT_TEXT, &mail->returned_id);
}

enum status parse_result_read(
	const char *folder, struct str json_text, struct arena *arena, struct mail *mail)
{
	const struct json *object = NULL;
	if (json_parse(arena, json_text, &object, NULL) != STATUS_OK ||
		!json_is(object, JSON_OBJECT))
		return STATUS_INVALID;
	struct mail_addresses from, reply_to;
	if (read_addresses(arena, object, "from", &from) != STATUS_OK ||
		read_addresses(arena, object, "reply_to", &reply_to) != STATUS_OK ||
		read_addresses(arena, object, "to", &mail->to) != STATUS_OK ||
		read_addresses(arena, object, "cc", &mail->cc) != STATUS_OK ||
		read_line(arena, object, "subject", MAIL_MAX_SUBJECT, &mail->subject) !=
			STATUS_OK ||
		read_line(arena, object, "topic", MAIL_MAX_SUBJECT, &mail->thread_topic) !=
			STATUS_OK ||
		read_text(arena, object, "text", MAIL_MAX_TEXT, &mail->text) != STATUS_OK ||
		read_text(arena, object, "html", MAIL_MAX_HTML, &mail->html) != STATUS_OK ||
		read_reports(arena, object, mail) != STATUS_OK)
		return STATUS_INVALID;
	if (from.count > 0)
		mail->from = from.items[0];
	if (reply_to.count > 0)
		mail->reply_to = reply_to.items[0];
	int64_t date = json_int(json_get(object, "date"), 0);
	mail->date_ms = date < 0 ? 0 : date;
	mail->flags |= (unsigned)json_int(json_get(object, "flags"), 0) & PARSER_FLAGS;
	return read_attachments(arena, folder, object, mail);
}
