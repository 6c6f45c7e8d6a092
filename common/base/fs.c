/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

#define READ_BYTES 16384u

static enum status status_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return STATUS_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return STATUS_DENIED;
	case EEXIST:
		return STATUS_EXISTS;
	default:
		return STATUS_IO;
	}
}

void fs_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* fsync of the directory that holds the path: its new name is on the disk then. */
static enum status sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	FD_SCOPE int fd = -1;

	if (slash == NULL) {
		snprintf(parent, sizeof(parent), ".");
	} else {
		size_t length = slash == path ? 1 : (size_t)(slash - path);

		if (length >= sizeof(parent))
			return STATUS_INVALID;
		memcpy(parent, path, length);
		parent[length] = '\0';
	}
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return status_of_errno(errno);
	return STATUS_OK;
}

static enum status make_dir(const char *path, mode_t mode)
{
	struct stat info;

	if (mkdir(path, mode) == 0)
		return sync_parent(path);
	if (errno != EEXIST)
		return status_of_errno(errno);
	if (stat(path, &info) != 0)
		return status_of_errno(errno);
	return S_ISDIR(info.st_mode) ? STATUS_OK : STATUS_EXISTS;
}

enum status fs_make_dirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part))
		return STATUS_INVALID;
	memcpy(part, path, length + 1);
	while (length > 1 && part[length - 1] == '/')
		part[--length] = '\0';
	for (size_t i = 1; i < length; i++) {
		enum status status;

		if (part[i] != '/' || part[i - 1] == '/')
			continue;
		part[i] = '\0';
		status = make_dir(part, mode);
		part[i] = '/';
		if (status != STATUS_OK)
			return status;
	}
	return make_dir(part, mode);
}

static enum status read_all(int fd, struct buf *out)
{
	char chunk[READ_BYTES];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		enum status status;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return status_of_errno(errno);
		if (n == 0)
			return STATUS_OK;
		buf_append(out, str_n(chunk, (size_t)n));
		status = buf_status(out);
		if (status != STATUS_OK)
			return status;
	}
}

enum status fs_read_file(const char *path, struct buf *out)
{
	FD_SCOPE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return status_of_errno(errno);
	return read_all(fd, out);
}

enum status fs_write_all(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return status_of_errno(errno);
		bytes = str_skip(bytes, (size_t)n);
	}
	return STATUS_OK;
}

/* The bytes, on the disk, in a file that exists already. */
static enum status fill(int fd, struct str bytes, mode_t mode)
{
	enum status status = fs_write_all(fd, bytes);

	if (status == STATUS_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		status = status_of_errno(errno);
	return status;
}

enum status fs_write_file(const char *path, struct str bytes, mode_t mode)
{
	char temporary[PATH_MAX];
	enum status status;
	int n = snprintf(temporary, sizeof(temporary), "%s.tmp.XXXXXX", path);
	FD_SCOPE int fd = -1;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return STATUS_INVALID;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return status_of_errno(errno);
	status = fill(fd, bytes, mode);
	if (status == STATUS_OK)
		status = fs_rename_durably(temporary, path);
	if (status != STATUS_OK)
		unlink(temporary);
	return status;
}

enum status fs_rename_durably(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return status_of_errno(errno);
	return sync_parent(to);
}
