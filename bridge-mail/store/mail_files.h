/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of mails, as files named by their SHA-256: state_dir/mails/ab/cdef….eml, mode 0600.
 * The same bytes are kept once. A file is complete and durable before a row names it; a file
 * that no row names (a crash between the two) is harmless.
 */
#ifndef PARVIS_BRIDGE_MAIL_FILES_H
#define PARVIS_BRIDGE_MAIL_FILES_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

#define MAIL_HASH_CHARS 64

struct mail_spool; /* a mail being received, in state_dir/tmp */

MUST_CHECK enum status mail_spool_new(const char *state_dir, struct mail_spool **out);
/* STATUS_IO sticks: the next calls give it too. */
MUST_CHECK enum status mail_spool_append(struct mail_spool *spool, struct str bytes);
int64_t mail_spool_size(const struct mail_spool *spool);
/* fsync, rename into place, fsync of the folder. hash_out gets 64 hex digits and a NUL. */
MUST_CHECK enum status mail_spool_keep(
	struct mail_spool *spool, char hash_out[MAIL_HASH_CHARS + 1]);
/* Removes what was not kept. NULL is fine. */
void mail_spool_free(struct mail_spool **spool);

/* The whole of it at once, for mails that we compose. */
MUST_CHECK enum status mail_file_put(
	const char *state_dir, struct str bytes, char hash_out[MAIL_HASH_CHARS + 1]);
/* Path of a kept mail. STATUS_INVALID when the hash is not 64 lower-case hex digits. */
MUST_CHECK enum status mail_file_path(
	const char *state_dir, struct str hash, struct arena *arena, const char **path_out);
/* Throws away spools and parsers' folders that a crash left in tmp/. At start only. */
void mail_files_sweep(const char *state_dir);

#endif
