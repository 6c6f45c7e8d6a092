/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/stream/stream_token.h"

#include <inttypes.h>

struct str stream_token(struct arena *arena, int64_t position)
{
	return arena_printf(arena, "p%" PRId64, position);
}

struct str stream_token_sync(struct arena *arena, int64_t position, int64_t to_device)
{
	if (to_device == position)
		return stream_token(arena, position);
	return arena_printf(arena, "p%" PRId64 "_%" PRId64, position, to_device);
}

/* One text for each position: no sign, no leading zero. */
static enum status number_parse(struct str digits, int64_t *out)
{
	if (digits.n == 0 || digits.n > 19 || digits.p[0] < '0' || digits.p[0] > '9' ||
		(digits.p[0] == '0' && digits.n > 1))
		return STATUS_INVALID;
	return str_to_i64(digits, out);
}

enum status stream_token_parse_sync(struct str token, int64_t *position_out, int64_t *to_device_out)
{
	struct str rest = str_skip(token, 1), part;
	int64_t position, to_device;

	if (token.n < 2 || token.n > 41 || token.p[0] != 'p' || !str_cut(&rest, '_', &part) ||
		number_parse(part, &position) != STATUS_OK)
		return STATUS_INVALID;
	to_device = position;
	if (rest.p != NULL && number_parse(rest, &to_device) != STATUS_OK)
		return STATUS_INVALID;
	*position_out = position;
	*to_device_out = to_device;
	return STATUS_OK;
}

enum status stream_token_parse(struct str token, int64_t *position_out)
{
	int64_t to_device;

	return stream_token_parse_sync(token, position_out, &to_device);
}
