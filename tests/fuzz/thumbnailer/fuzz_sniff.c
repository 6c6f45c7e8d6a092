/* SPDX-License-Identifier: Apache-2.0 */
/* The first look at a stranger's picture, outside of the sandbox's protection. */
#include "homeserver/thumbnailer/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str head = str_n((const char *)data, size);
	const char *format = sniff_format(head);
	if (format != NULL)
		(void)sniff_may_move(format, head);
	return 0;
}
