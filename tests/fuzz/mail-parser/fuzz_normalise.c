/* SPDX-License-Identifier: Apache-2.0 */
/* HTML of strangers to the plain form: never more than the buffer, always UTF-8. */
#include <stdlib.h>

#include "bridge-mail/mail-parser/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	/* The charset's conversion comes before and gives clean UTF-8 only. */
	if (!str_is_utf8(text) || str_contains_nul(text))
		return 0;
	BUF_SCOPE(out, 1 << 16);
	bool whole = html_normalise(text, &out);
	if (out.n > 1 << 16 || (whole && out.overflow))
		abort();
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] == '\0')
			abort();
	return 0;
}
