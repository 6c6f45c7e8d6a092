/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content as files. Each is stored once, under its SHA-256: "ab/cdef..." in the folder. What is
 * kept survives a power cut. Any thread.
 */
#ifndef PARVIS_HOMESERVER_MEDIA_FILES_H
#define PARVIS_HOMESERVER_MEDIA_FILES_H

#include <stdint.h>

#include "common/base/str.h"
#include "common/crypto/hash.h"

struct media_files;

/* Makes the folder when it is not there. */
MUST_CHECK enum status media_files_new(const char *folder, struct media_files **out);
void media_files_free(struct media_files **files);

/* Keeps what the descriptor holds, from its start; gives it a name in place where the file system
 * allows that, else copies. STATUS_IO: nothing was kept. */
MUST_CHECK enum status media_files_keep(
	struct media_files *files, int fd, uint8_t sha256_out[SHA256_BYTES]);
/* Opens for reading; the descriptor is the caller's. STATUS_NOT_FOUND, STATUS_IO. */
MUST_CHECK enum status media_files_open(
	struct media_files *files, struct str sha256, int *fd_out, int64_t *size_out);

/*
 * Looks at each file once. What is kept from media_files_sweep_begin() on stays whatever the verdict,
 * as its row may be on the way; so that one is called before the first upload, and
 * media_files_sweep() gives how many files it dropped.
 */
enum media_verdict { MEDIA_KEEP, MEDIA_DROP, MEDIA_STOP };
void media_files_sweep_begin(struct media_files *files);
size_t media_files_sweep(struct media_files *files,
	enum media_verdict (*judge)(void *context, struct str sha256), void *context);

/* Derived files ("320x240-scale" of the content): may be lost and made again. */
MUST_CHECK enum status media_files_keep_derived(
	struct media_files *files, struct str sha256, const char *variant, int fd);
MUST_CHECK enum status media_files_open_derived(struct media_files *files, struct str sha256,
	const char *variant, int *fd_out, int64_t *size_out);
/* A nameless file on the same file system, for something about to be kept; -1 when there is none.
 */
int media_files_scratch(struct media_files *files);

#endif
