/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/message/content_key.h"
#include "bridge-mail/message/headers.h"
#include "bridge-mail/message/mail_kind.h"
#include "bridge-mail/message/parse_result.h"
#include "bridge-mail/message/parser_child.h"
#include "bridge-mail/message/parser_pool.h"
#include "bridge-mail/message/references.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"

#define LOG_MODULE "parse"
#include "common/base/log.h"

#define THREAD_INDEX_MAX 1024 /* bytes of base64 */

static enum status read_head(struct arena *arena, int fd, struct str *out)
{
	char *head = arena_alloc(arena, HEADERS_MAX_BYTES);
	size_t n = 0;
	while (n < HEADERS_MAX_BYTES) {
		ssize_t got = pread(fd, head + n, HEADERS_MAX_BYTES - n, (off_t)n);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return STATUS_IO;
		if (got > 0)
			n += (size_t)got;
	}
	*out = str_n(head, n);
	return STATUS_OK;
}

/* Text of a raw header as UTF-8, whatever its bytes are. */
static struct str raw_text(struct arena *arena, struct str value, size_t max)
{
	struct str cut = str_slice(value, 0, max);
	while (cut.n > 0 && cut.n < value.n && ((unsigned char)value.p[cut.n] & 0xc0) == 0x80)
		cut.n--;
	if (str_is_utf8(cut))
		return arena_str(arena, cut);
	char *out = arena_c_str(arena, cut);
	for (size_t i = 0; i < cut.n; i++)
		if ((unsigned char)out[i] >= 0x80)
			out[i] = '?';
	return str_n(out, cut.n);
}

/* The address in a raw From header, well enough to name who wrote an unreadable mail. */
static struct str raw_address(struct arena *arena, struct str value)
{
	ptrdiff_t open = str_rindex(value, '<');
	if (open >= 0)
		value = str_skip(value, (size_t)open + 1);
	size_t n = 0;
	while (n < value.n && value.p[n] > ' ' && value.p[n] != 0x7f &&
		strchr("<>,;()\"", value.p[n]) == NULL)
		n++;
	struct str address = str_slice(value, 0, n);
	ptrdiff_t at = str_rindex(address, '@');
	if (n > 254 || at <= 0 || (size_t)at + 1 >= n || !str_is_utf8(address))
		return STR_EMPTY;
	return arena_str(arena, address);
}

static struct str thread_index(struct arena *arena, struct str value)
{
	struct str bytes;
	if (value.n == 0 || value.n > THREAD_INDEX_MAX ||
		base64_decode(arena, value, BASE64_PADDED, &bytes) != STATUS_OK || bytes.n < 22)
		return STR_EMPTY;
	return bytes;
}

/* Everything that our own scan of the headers gives. */
static enum status scan(struct arena *arena, int fd, struct mail *mail)
{
	struct str head;
	struct headers headers;
	enum status status = read_head(arena, fd, &head);
	if (status != STATUS_OK)
		return status;
	headers_read(arena, head, &headers);
	status = content_key(arena, &headers, fd, &mail->content_key);
	if (status != STATUS_OK)
		return status;
	mail->message_id = references_message_id(arena, headers_find(&headers, "Message-ID"));
	if (mail->message_id.n == 0)
		mail->message_id =
			arena_printf(arena, "%.*s@without-id.invalid", STR_FMT(mail->content_key));
	mail->in_reply_to =
		references_read(arena, headers_find(&headers, "In-Reply-To"), MAIL_MAX_REFERENCES);
	mail->references =
		references_read(arena, headers_find(&headers, "References"), MAIL_MAX_REFERENCES);
	mail->thread_index = thread_index(arena, headers_find(&headers, "Thread-Index"));
	mail->list_id = raw_text(arena, headers_find(&headers, "List-Id"), 255);
	mail->loop_header = raw_text(arena, headers_find(&headers, "X-Parvis-Loop"), 255);
	mail->received_count = headers_count(&headers, "Received");
	mail->flags = mail_kind_flags(&headers);
	mail->from.address = raw_address(arena, headers_find(&headers, "From"));
	mail->subject = raw_text(arena, headers_find(&headers, "Subject"), MAIL_MAX_SUBJECT);
	return STATUS_OK;
}

static enum status open_and_scan(const char *path, struct arena *arena, struct mail *mail)
{
	*mail = (struct mail){0};
	FD_SCOPE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
	return scan(arena, fd, mail);
}

enum status mail_parse_headers(const char *path, struct arena *arena, struct mail *out)
{
	enum status status = open_and_scan(path, arena, out);
	out->flags |= MAIL_UNREADABLE;
	return status;
}

/* Flat by construction: the parser cannot make folders in it that we would have to walk. */
static void remove_folder(void *object)
{
	const char *folder = object;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		fs_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	rmdir(folder);
}

static enum status make_folder(
	const struct mail_parse_config *config, struct arena *arena, const char **out)
{
	char *folder = arena_c_str(arena, arena_printf(arena, "%s/parse.XXXXXX", config->temp_dir));
	if (mkdtemp(folder) == NULL) {
		log_error("cannot create a folder in %s: %m", config->temp_dir);
		return STATUS_UNAVAILABLE;
	}
	arena_defer(arena, remove_folder, folder);
	*out = folder;
	return STATUS_OK;
}

static enum status run_parser(const struct mail_parse_config *config, const char *path,
	struct arena *arena, struct mail *mail)
{
	const char *folder = NULL;
	enum status status = make_folder(config, arena, &folder);
	if (status != STATUS_OK)
		return status;
	struct str result_path = arena_printf(arena, "%s/result", folder);
	status = config->pool != NULL ? parser_pool_run(config->pool, path, result_path.p, folder,
						MAIL_PARSE_TIMEOUT_MS)
				      : parser_child_run(config->program, path, result_path.p,
						folder, MAIL_PARSE_TIMEOUT_MS);
	if (status != STATUS_OK)
		return status;
	BUF_SCOPE(result, PARSE_RESULT_MAX);
	status = fs_read_file(result_path.p, &result);
	if (status == STATUS_TOO_LARGE)
		return STATUS_INVALID;
	if (status != STATUS_OK)
		return STATUS_IO;
	return parse_result_read(folder, buf_str(&result), arena, mail);
}

enum status mail_parse(const struct mail_parse_config *config, const char *path,
	struct arena *arena, struct mail *out)
{
	enum status status = open_and_scan(path, arena, out);
	if (status != STATUS_OK)
		return status;
	struct mail mail = *out;
	status = run_parser(config, path, arena, &mail);
	if (status == STATUS_OK)
		*out = mail;
	else if (status == STATUS_INVALID)
		out->flags |= MAIL_UNREADABLE;
	return status == STATUS_INVALID ? STATUS_OK : status;
}
