/* SPDX-License-Identifier: Apache-2.0 */
/* Files, done durably: what these functions acknowledge survives a power cut. */
#ifndef PARVIS_BASE_FS_H
#define PARVIS_BASE_FS_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/str.h"

/* Creates the directory and its parents with the mode; fine when it is there already. */
MUST_CHECK enum status fs_make_dirs(const char *path, mode_t mode);
/* Appends the whole file to the buffer; its maximum is the limit. */
MUST_CHECK enum status fs_read_file(const char *path, struct buf *out);
/* Writes to "path.tmp.XXXXXX", fsync, rename over path, fsync of the directory. */
MUST_CHECK enum status fs_write_file(const char *path, struct str bytes, mode_t mode);
/* All bytes to the descriptor, through short writes and EINTR. */
MUST_CHECK enum status fs_write_all(int fd, struct str bytes);
/* rename(2) within one file system, then fsync of the target's directory. */
MUST_CHECK enum status fs_rename_durably(const char *from, const char *to);

void fs_close(int *fd); /* for cleanup; -1 is fine */
#define FD_SCOPE __attribute__((cleanup(fs_close)))

#endif
