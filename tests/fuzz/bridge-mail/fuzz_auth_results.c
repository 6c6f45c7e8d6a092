/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "bridge-mail/trust/auth_results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_results results;
	struct arena *arena = arena_new();
	struct str text = str_n((const char *)data, size);
	if (auth_results_read(arena, text, &results) == STATUS_OK) {
		if (results.server.n == 0 || results.count > AUTH_RESULTS_MAX)
			abort();
		for (size_t i = 0; i < results.count; i++)
			if (results.items[i].method.n == 0 || results.items[i].result.n == 0)
				abort();
	}
	arena_free(&arena);
	return 0;
}
