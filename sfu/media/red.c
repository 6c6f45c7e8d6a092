/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/red.h"

#include "sfu/transport/wire.h"

#define FOLLOWS	     0x80u
#define BLOCK_HEADER 4
#define LENGTH	     0x3ffu

enum status red_parse(const uint8_t *payload, size_t n, struct red *out)
{
	struct red r = {.count = 0};
	size_t at = 0, redundant = 0;
	while (at < n && (payload[at] & FOLLOWS) != 0) {
		if (r.count == RED_MAX_BLOCKS - 1) {
			return STATUS_TOO_LARGE;
		}
		if (n - at < BLOCK_HEADER) {
			return STATUS_INVALID;
		}
		r.type_at[r.count++] = (uint8_t)at;
		redundant += get_u16(payload + at + 2) & LENGTH;
		at += BLOCK_HEADER;
	}
	if (at >= n || redundant > n - at - 1) {
		return STATUS_INVALID;
	}
	r.type_at[r.count++] = (uint8_t)at;
	r.primary_type = payload[at] & 0x7fu;
	r.primary_at = at + 1 + redundant;
	r.primary_size = n - r.primary_at;
	*out = r;
	return STATUS_OK;
}

void red_retype(uint8_t *payload, const struct red *red, uint8_t payload_type)
{
	for (unsigned i = 0; i < red->count; i++) {
		uint8_t *at = payload + red->type_at[i];
		*at = (uint8_t)((*at & FOLLOWS) | (payload_type & 0x7fu));
	}
}
