/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that clients hand back: next_batch and since of /sync, prev_batch, start, end, from and
 * to of /messages, from and to of /keys/changes. One form for all: "p" and a stream position in
 * decimal. Token P stands in the gap behind position P: backwards from it come events with
 * positions <= P, forwards those with positions > P.
 */
#ifndef PARVIS_HOMESERVER_STREAM_TOKEN_H
#define PARVIS_HOMESERVER_STREAM_TOKEN_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct str stream_token(struct arena *arena, int64_t position);
/* STATUS_INVALID for anything that was not made here. The position may lie in the future when the
 * database was restored from a backup. */
MUST_CHECK enum status stream_token_parse(struct str token, int64_t *position_out);

/*
 * A sync that could not tell all waiting to-device messages says up to which it did: "_" and
 * their position follow. Everybody else reads over it.
 */
struct str stream_token_sync(struct arena *arena, int64_t position, int64_t to_device);
MUST_CHECK enum status stream_token_parse_sync(
	struct str token, int64_t *position_out, int64_t *to_device_out);

#endif
