/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"

#define LOG_MODULE "outbound"
#include "common/base/log.h"

#define HEADERS_MAX 2048

static struct str file_name(struct arena *arena, struct str message_id, struct str recipient)
{
	uint8_t hash[SHA256_BYTES];
	sha256(arena_printf(arena, "%.*s%c%.*s", STR_FMT(message_id), 0, STR_FMT(recipient)), hash);
	return arena_printf(
		arena, "%.*s.parvis", STR_FMT(hex_encode(arena, str_n((const char *)hash, 20))));
}

static enum status write_file(const char *path, struct str headers, struct str message)
{
	FD_SCOPE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return STATUS_IO;
	enum status status = fs_write_all(fd, headers);
	if (status == STATUS_OK)
		status = fs_write_all(fd, message);
	if (status == STATUS_OK && fsync(fd) != 0)
		status = STATUS_IO;
	return status;
}

enum status outbox_put(const char *maildir, struct str message_id, struct str mail_from,
	struct str recipient, struct str message)
{
	static const char *const folders[] = {"tmp", "new", "cur"};
	ARENA_SCOPE(arena);
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_LEN(folders) && status == STATUS_OK; i++)
		status = fs_make_dirs(arena_printf(arena, "%s/%s", maildir, folders[i]).p, 0700);
	struct str name = file_name(arena, message_id, recipient);
	const char *tmp = arena_printf(arena, "%s/tmp/%.*s", maildir, STR_FMT(name)).p;
	const char *new = arena_printf(arena, "%s/new/%.*s", maildir, STR_FMT(name)).p;
	BUF_SCOPE(headers, HEADERS_MAX);
	buf_printf(&headers, "Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n", STR_FMT(mail_from),
		STR_FMT(recipient));
	if (status == STATUS_OK)
		status = write_file(tmp, buf_str(&headers), message);
	if (status == STATUS_OK)
		status = fs_rename_durably(tmp, new);
	if (status != STATUS_OK)
		log_error("mail cannot be put into %s: %m", maildir);
	return status;
}
