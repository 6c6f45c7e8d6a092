/* SPDX-License-Identifier: Apache-2.0 */
/* Links to files and return paths: what nobody sealed is never ours. */
#include <stdlib.h>

#include "bridge-mail/outbound/file_link.h"
#include "bridge-mail/thread/return_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size), secret = STR("a secret"), seal;
	int64_t id = 0, end = 0;
	if (file_link_read(secret, text, &id, &end)) {
		ARENA_SCOPE(arena);
		if (end % 1000 != 0 || !str_eq(text, file_link_token(arena, secret, id, end)))
			abort();
	}
	if (return_path_read(text, &id, &seal) && (id < 0 || seal.n != 16))
		abort();
	return 0;
}
