/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes come back from their text; a strict text comes back from its bytes. */
#include <stdlib.h>

#include "common/crypto/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
	if (!truth)
		abort();
}

static struct str unpadded(struct str text)
{
	while (text.n > 0 && text.p[text.n - 1] == '=')
		text.n--;
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum base64_variant variants[] = {
		BASE64_UNPADDED, BASE64_URL_UNPADDED, BASE64_PADDED};
	ARENA_SCOPE(arena);
	struct str input = str_n((const char *)data, size);
	struct str bytes, text;

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		text = base64_encode(arena, input, variants[i]);
		must(base64_decode(arena, text, variants[i], &bytes) == STATUS_OK);
		must(str_eq(bytes, input));
		if (base64_decode(arena, input, variants[i], &bytes) != STATUS_OK)
			continue;
		text = base64_encode(arena, bytes, variants[i]);
		must(unpadded(text).n == unpadded(input).n);
		if (variants[i] != BASE64_UNPADDED)
			must(str_eq(unpadded(text), unpadded(input)));
	}
	text = hex_encode(arena, input);
	must(hex_decode(arena, text, &bytes) == STATUS_OK && str_eq(bytes, input));
	if (hex_decode(arena, input, &bytes) == STATUS_OK)
		must(str_eq_nocase(hex_encode(arena, bytes), input));
	return 0;
}
