/* SPDX-License-Identifier: Apache-2.0 */
/* Redundant audio (RFC 2198): older frames of Opus in front of the newest, the primary one. */
#ifndef PARVIS_SFU_RED_H
#define PARVIS_SFU_RED_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define RED_MAX_BLOCKS 8

struct red {
	unsigned count;			 /* of blocks, the primary one included */
	uint8_t type_at[RED_MAX_BLOCKS]; /* offsets of their payload types */
	uint8_t primary_type;
	size_t primary_at, primary_size;
};

/* STATUS_INVALID: cut off, or lengths that do not fit; STATUS_TOO_LARGE past RED_MAX_BLOCKS. */
MUST_CHECK enum status red_parse(const uint8_t *payload, size_t n, struct red *out);
/* Changes the payload types in a copy of what was parsed. */
void red_retype(uint8_t *payload, const struct red *red, uint8_t payload_type);

#endif
