/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/stream/stream_token.h"

#include <inttypes.h>

struct str stream_token(struct arena *arena, int64_t position)
{
	return arena_printf(arena, "p%" PRId64, position);
}

enum status stream_token_parse(struct str token, int64_t *position_out)
{
	struct str digits = str_skip(token, 1);
	enum status status;

	/* One text for each position: no sign, no leading zero. */
	if (token.n < 2 || token.n > 20 || token.p[0] != 'p' || digits.p[0] < '0' ||
		digits.p[0] > '9' || (digits.p[0] == '0' && digits.n > 1))
		return STATUS_INVALID;
	status = str_to_i64(digits, position_out);
	return status == STATUS_OK ? STATUS_OK : STATUS_INVALID;
}
