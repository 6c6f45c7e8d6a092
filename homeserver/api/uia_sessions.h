/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far clients have come in interactive authentication: in memory, at most UIA_MAX_SESSIONS (the
 * oldest gives way), each for UIA_SESSION_MS. Any thread. `now_ms` never goes back.
 */
#ifndef PARVIS_HOMESERVER_UIA_SESSIONS_H
#define PARVIS_HOMESERVER_UIA_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

struct uia;

#define UIA_MAX_SESSIONS      10000
#define UIA_SESSION_MS	      (15 * 60 * 1000)
#define UIA_SESSION_ID_LENGTH 24

struct uia *uia_new(void);
void uia_free(struct uia **uia);
size_t uia_count(struct uia *uia);

/* STATUS_NOT_FOUND when the id is unknown, has expired, or was begun by another owner. */
MUST_CHECK enum status uia_session_load(
	struct uia *uia, struct str id, struct str owner, int64_t now_ms, unsigned *completed_out);
/* Adds stages to the session; makes it, with this id, when it is not there (any more). */
void uia_session_save(
	struct uia *uia, struct str id, struct str owner, int64_t now_ms, unsigned completed);
/* Fine when there is none. */
void uia_session_end(struct uia *uia, struct str id, struct str owner);

#endif
