/* SPDX-License-Identifier: Apache-2.0 */
/* What is ours in the parser's process: the look before the library, charsets, flowed text. */
#include <stdlib.h>

#include "bridge-mail/mail-parser/charset.h"
#include "bridge-mail/mail-parser/flowed.h"
#include "bridge-mail/mail-parser/prescan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = {NULL, "utf-8", "iso-8859-1", "windows-1252",
		"iso-2022-jp", "utf-7", "utf-16", "shift_jis", "gb18030", "../x"};
	struct str text = str_n((const char *)data, size);
	struct prescan result;
	ARENA_SCOPE(arena);
	prescan(text, &result);
	if (result.usable < 0 || result.usable > (int64_t)size)
		abort();
	if (size == 0)
		return 0;
	const char *charset = charsets[data[0] % (sizeof(charsets) / sizeof(charsets[0]))];
	BUF_SCOPE(utf8, 1 << 20);
	BUF_SCOPE(clean, 1 << 20);
	BUF_SCOPE(flowed, 1 << 20);
	charset_to_utf8(str_skip(text, 1), charset, &utf8);
	if (!str_is_utf8(buf_str(&utf8)))
		abort();
	charset_clean(buf_str(&utf8), &clean);
	if (!str_is_utf8(buf_str(&clean)) || str_contains_nul(buf_str(&clean)))
		abort();
	flowed_join(buf_str(&clean), data[0] % 2 == 0, &flowed);
	(void)charset_of_html(arena, buf_str(&clean));
	return 0;
}
