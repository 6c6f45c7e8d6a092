/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret part of a link to a file: "LINK.END.SEAL", the row's number and when it ends (s since
 * 1970) in hexadecimal, and the first 22 base64url characters of
 * HMAC-SHA-256(secret, "file" NUL link NUL end). Nobody can make one up or lengthen its life.
 */
#ifndef PARVIS_BRIDGE_FILE_LINK_H
#define PARVIS_BRIDGE_FILE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct str file_link_token(
	struct arena *arena, struct str secret, int64_t link_id, int64_t expires_at);
/* false: not one of ours. *expires_at_out in ms; whether that has passed is the caller's. */
bool file_link_read(
	struct str secret, struct str token, int64_t *link_id_out, int64_t *expires_at_out);

#endif
