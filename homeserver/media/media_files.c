/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/media/media_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/fs.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/crypto/base64.h"

#define LOG_MODULE "media"
#include "common/base/log.h"

#define CHUNK	       (64 * 1024)
#define NAME_MAX_BYTES 160
#define SHARD	       2 /* characters of the hash that name a folder */

/* Names kept while a sweep goes on; past this it ends early. */
#define KEPT_MAX 100000

struct media_files {
	int folder;
	int derived;
	struct mutex lock; /* guards the two below */
	struct map *kept;  /* names that a sweep leaves alone; NULL while there is none */
	bool kept_all;	   /* one did not fit */
};

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

enum status media_files_new(const char *folder, struct media_files **out)
{
	ARENA_SCOPE(arena);
	struct str derived = arena_printf(arena, "%s/derived", folder);
	enum status status = fs_make_dirs(derived.p, 0700);
	if (status != STATUS_OK)
		return status;
	struct media_files *files = MEM_NEW(struct media_files);
	mutex_init(&files->lock);
	files->folder = open_folder(folder);
	files->derived = open_folder(derived.p);
	if (files->folder < 0 || files->derived < 0) {
		media_files_free(&files);
		return STATUS_IO;
	}
	*out = files;
	return STATUS_OK;
}

void media_files_free(struct media_files **files)
{
	if (*files == NULL)
		return;
	fs_close(&(*files)->folder);
	fs_close(&(*files)->derived);
	map_free(&(*files)->kept, NULL);
	mutex_release(&(*files)->lock);
	mem_freep(files);
}

/* "ab/cdef...", with "-variant" behind it. */
static void make_name(struct str sha256, const char *variant, char name[static NAME_MAX_BYTES])
{
	ARENA_SCOPE(arena);
	struct str hex = hex_encode(arena, sha256);
	(void)snprintf(name, NAME_MAX_BYTES, "%.*s/%s%s%s", SHARD, hex.p, hex.p + SHARD,
		variant == NULL ? "" : "-", variant == NULL ? "" : variant);
}

/* The folder of the name, made when it is new, and durable. */
static int open_shard(int folder, const char *name)
{
	char shard[SHARD + 1] = {name[0], name[1], '\0'};
	if (mkdirat(folder, shard, 0700) != 0 && errno != EEXIST)
		return -1;
	/* Also when it was there already: the one who made it may not have come so far. */
	if (fsync(folder) != 0)
		return -1;
	return openat(folder, shard, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum status hash_file(int fd, uint8_t out[static SHA256_BYTES])
{
	struct sha256_stream *stream = sha256_stream_new();
	MEM_SCOPE char *chunk = mem_alloc(CHUNK);
	off_t at = 0;
	ssize_t n;
	while ((n = pread(fd, chunk, CHUNK, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sha256_stream_add(stream, str_n(chunk, (size_t)n));
		at += n;
	}
	sha256_stream_finish(&stream, out);
	return n == 0 ? STATUS_OK : STATUS_IO;
}

static enum status copy_file(int from, int to)
{
	MEM_SCOPE char *chunk = mem_alloc(CHUNK);
	off_t at = 0;
	ssize_t n;
	while ((n = pread(from, chunk, CHUNK, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return STATUS_IO;
		enum status status = fs_write_all(to, str_n(chunk, (size_t)n));
		if (status != STATUS_OK)
			return status;
		at += n;
	}
	return STATUS_OK;
}

/* For descriptors whose file cannot be given a name: another file system, or one that had a name
 * before. The copy appears under its name when it is whole. */
static enum status link_copy(int shard, const char *leaf, int fd)
{
	char temporary[NAME_MAX_BYTES + 32];
	(void)snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", leaf, (long)gettid());
	FD_SCOPE int copy =
		openat(shard, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (copy < 0)
		return STATUS_IO;
	enum status status = copy_file(fd, copy);
	if (status == STATUS_OK &&
		(fsync(copy) != 0 || renameat(shard, temporary, shard, leaf) != 0))
		status = STATUS_IO;
	if (status != STATUS_OK)
		(void)unlinkat(shard, temporary, 0);
	return status;
}

static enum status give_name(int folder, const char *name, int fd)
{
	FD_SCOPE int shard = open_shard(folder, name);
	const char *leaf = name + SHARD + 1;
	char self[64];
	if (shard < 0 || fsync(fd) != 0)
		return STATUS_IO;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, shard, leaf, AT_SYMLINK_FOLLOW) != 0 && errno != EEXIST) {
		enum status status = link_copy(shard, leaf, fd);
		if (status != STATUS_OK)
			return status;
	}
	/* Also when it was there already: the one who put it there may not have come so far. */
	return fsync(shard) == 0 ? STATUS_OK : STATUS_IO;
}

static enum status keep(int folder, const char *name, int fd)
{
	enum status status = give_name(folder, name, fd);
	if (status != STATUS_OK)
		log_error("%s could not be kept: %s", name, strerror(errno));
	return status;
}

/* Before the file is looked for, so that a sweep either has removed it by then or leaves it. */
static void protect(struct media_files *files, const char *name)
{
	mutex_lock(&files->lock);
	if (files->kept != NULL && map_put(files->kept, str_c(name), files, NULL) != STATUS_OK)
		files->kept_all = true;
	mutex_unlock(&files->lock);
}

enum status media_files_keep(struct media_files *files, int fd, uint8_t sha256_out[SHA256_BYTES])
{
	char name[NAME_MAX_BYTES];
	enum status status = hash_file(fd, sha256_out);
	if (status != STATUS_OK)
		return status;
	make_name(str_n((const char *)sha256_out, SHA256_BYTES), NULL, name);
	protect(files, name);
	return keep(files->folder, name, fd);
}

static enum status open_name(int folder, const char *name, int *fd_out, int64_t *size_out)
{
	struct stat info;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
	if (fstat(fd, &info) != 0) {
		fs_close(&fd);
		return STATUS_IO;
	}
	*fd_out = fd;
	*size_out = info.st_size;
	return STATUS_OK;
}

enum status media_files_open(
	struct media_files *files, struct str sha256, int *fd_out, int64_t *size_out)
{
	char name[NAME_MAX_BYTES];
	make_name(sha256, NULL, name);
	return open_name(files->folder, name, fd_out, size_out);
}

enum status media_files_keep_derived(
	struct media_files *files, struct str sha256, const char *variant, int fd)
{
	char name[NAME_MAX_BYTES];
	make_name(sha256, variant, name);
	return keep(files->derived, name, fd);
}

enum status media_files_open_derived(struct media_files *files, struct str sha256,
	const char *variant, int *fd_out, int64_t *size_out)
{
	char name[NAME_MAX_BYTES];
	make_name(sha256, variant, name);
	return open_name(files->derived, name, fd_out, size_out);
}

int media_files_scratch(struct media_files *files)
{
	int fd = openat(files->derived, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* --- files without a row --- */

void media_files_sweep_begin(struct media_files *files)
{
	mutex_lock(&files->lock);
	files->kept = map_new(KEPT_MAX);
	mutex_unlock(&files->lock);
}

static bool drop_unless_kept(struct media_files *files, const char *name)
{
	mutex_lock(&files->lock);
	bool dropped = !files->kept_all && map_find(files->kept, str_c(name)) == NULL &&
		       unlinkat(files->folder, name, 0) == 0;
	mutex_unlock(&files->lock);
	return dropped;
}

/* One file of a shard; false to end. Names that are no hash are none of ours. */
static bool sweep_file(struct media_files *files, const char *shard, const char *leaf,
	enum media_verdict (*judge)(void *context, struct str sha256), void *context,
	size_t *dropped)
{
	ARENA_SCOPE(arena);
	char name[NAME_MAX_BYTES];
	struct str hex = arena_printf(arena, "%s%s", shard, leaf), sha256;
	if (hex_decode(arena, hex, &sha256) != STATUS_OK || sha256.n != SHA256_BYTES)
		return true;
	enum media_verdict verdict = judge(context, sha256);
	make_name(sha256, NULL, name);
	if (verdict == MEDIA_DROP && drop_unless_kept(files, name))
		(*dropped)++;
	return verdict != MEDIA_STOP;
}

size_t media_files_sweep(struct media_files *files,
	enum media_verdict (*judge)(void *context, struct str sha256), void *context)
{
	size_t dropped = 0;
	bool more = true;
	for (unsigned i = 0; i < 256 && more; i++) {
		const char digits[] = "0123456789abcdef";
		char shard[SHARD + 1] = {digits[i / 16], digits[i % 16], '\0'};
		int fd = openat(files->folder, shard, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *folder = fd < 0 ? NULL : fdopendir(fd);
		const struct dirent *entry;
		if (folder == NULL) {
			fs_close(&fd);
			continue;
		}
		while (more && (entry = readdir(folder)) != NULL)
			more = sweep_file(files, shard, entry->d_name, judge, context, &dropped);
		(void)closedir(folder);
	}
	mutex_lock(&files->lock);
	map_free(&files->kept, NULL);
	mutex_unlock(&files->lock);
	return dropped;
}
