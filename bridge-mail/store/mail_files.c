/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/mail_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/hash.h"

#define LOG_MODULE "mail_files"
#include "common/base/log.h"

struct mail_spool {
	char *state_dir;
	char *path; /* NULL once renamed */
	int fd;
	int64_t size;
	enum status status;
	struct sha256_stream *hash;
};

enum status mail_spool_new(const char *state_dir, struct mail_spool **out)
{
	char *path = NULL;
	if (asprintf(&path, "%s/tmp/mail.XXXXXX", state_dir) < 0)
		abort();
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0) {
		log_error("cannot create a file in %s/tmp: %m", state_dir);
		free(path);
		return STATUS_IO;
	}
	struct mail_spool *spool = MEM_NEW(struct mail_spool);
	spool->state_dir = mem_strdup(str_c(state_dir));
	spool->path = path;
	spool->fd = fd;
	spool->hash = sha256_stream_new();
	*out = spool;
	return STATUS_OK;
}

enum status mail_spool_append(struct mail_spool *spool, struct str bytes)
{
	if (spool->status != STATUS_OK)
		return spool->status;
	spool->status = fs_write_all(spool->fd, bytes);
	if (spool->status != STATUS_OK) {
		log_error("cannot write %s: %m", spool->path);
		return spool->status;
	}
	sha256_stream_add(spool->hash, bytes);
	spool->size += (int64_t)bytes.n;
	return STATUS_OK;
}

int64_t mail_spool_size(const struct mail_spool *spool)
{
	return spool->size;
}

static void hash_to_hex(struct sha256_stream **stream, char hash_out[MAIL_HASH_CHARS + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[SHA256_BYTES];
	sha256_stream_finish(stream, hash);
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		hash_out[2 * i] = digits[hash[i] >> 4];
		hash_out[2 * i + 1] = digits[hash[i] & 15];
	}
	hash_out[MAIL_HASH_CHARS] = '\0';
}

enum status mail_spool_keep(struct mail_spool *spool, char hash_out[MAIL_HASH_CHARS + 1])
{
	if (spool->status != STATUS_OK)
		return spool->status;
	spool->status = STATUS_IO; /* whatever comes, a spool is kept once */
	if (fsync(spool->fd) != 0) {
		log_error("cannot sync %s: %m", spool->path);
		return STATUS_IO;
	}
	char hash[MAIL_HASH_CHARS + 1];
	hash_to_hex(&spool->hash, hash);

	ARENA_SCOPE(arena);
	const char *target = NULL;
	enum status status = mail_file_path(spool->state_dir, str_c(hash), arena, &target);
	if (status != STATUS_OK)
		return status;
	struct str folder = str_n(target, (size_t)str_rindex(str_c(target), '/'));
	status = fs_make_dirs(arena_c_str(arena, folder), 0700);
	if (status == STATUS_OK)
		status = fs_rename_durably(spool->path, target);
	if (status != STATUS_OK) {
		log_error("cannot keep a mail as %s: %s", target, status_name(status));
		return status;
	}
	free(spool->path);
	spool->path = NULL;
	memcpy(hash_out, hash, sizeof(hash));
	return STATUS_OK;
}

void mail_spool_free(struct mail_spool **spool)
{
	struct mail_spool *s = *spool;
	if (s == NULL)
		return;
	*spool = NULL;
	if (s->path != NULL)
		unlink(s->path);
	fs_close(&s->fd);
	if (s->hash != NULL) {
		uint8_t unused[SHA256_BYTES];
		sha256_stream_finish(&s->hash, unused);
	}
	free(s->path);
	free(s->state_dir);
	free(s);
}

enum status mail_file_put(
	const char *state_dir, struct str bytes, char hash_out[MAIL_HASH_CHARS + 1])
{
	struct mail_spool *spool = NULL;
	enum status status = mail_spool_new(state_dir, &spool);
	if (status != STATUS_OK)
		return status;
	status = mail_spool_append(spool, bytes);
	if (status == STATUS_OK)
		status = mail_spool_keep(spool, hash_out);
	mail_spool_free(&spool);
	return status;
}

enum status mail_file_path(
	const char *state_dir, struct str hash, struct arena *arena, const char **path_out)
{
	if (hash.n != MAIL_HASH_CHARS)
		return STATUS_INVALID;
	for (size_t i = 0; i < hash.n; i++) {
		char c = hash.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return STATUS_INVALID;
	}
	*path_out = arena_printf(arena, "%s/mails/%.2s/%.62s.eml", state_dir, hash.p, hash.p + 2).p;
	return STATUS_OK;
}

/* A folder of attachments that a parser left: flat. */
static void remove_folder(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		fs_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	unlinkat(dir_fd, name, AT_REMOVEDIR);
}

void mail_files_sweep(const char *state_dir)
{
	ARENA_SCOPE(arena);
	struct str folder = arena_printf(arena, "%s/tmp", state_dir);
	int fd = open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		fs_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (str_starts(str_c(entry->d_name), STR("mail.")))
			unlinkat(fd, entry->d_name, 0);
		else if (str_starts(str_c(entry->d_name), STR("parse.")))
			remove_folder(fd, entry->d_name);
	}
	closedir(dir);
}
