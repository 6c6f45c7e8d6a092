/* SPDX-License-Identifier: Apache-2.0 */
/* Redundant audio: the primary frame lies within, and new payload types change nothing else. */
#include <stdlib.h>
#include <string.h>

#include "sfu/media/red.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct red red, again;
	uint8_t copy[2048];
	if (size > sizeof(copy) || red_parse(data, size, &red) != STATUS_OK) {
		return 0;
	}
	if (red.primary_at > size || red.primary_size != size - red.primary_at) {
		abort();
	}
	memcpy(copy, data, size);
	red_retype(copy, &red, 109);
	if (red_parse(copy, size, &again) != STATUS_OK || again.primary_type != 109 ||
		again.primary_at != red.primary_at || again.count != red.count ||
		memcmp(copy + red.primary_at, data + red.primary_at, red.primary_size) != 0) {
		abort();
	}
	return 0;
}
