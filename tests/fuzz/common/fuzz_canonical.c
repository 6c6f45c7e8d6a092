/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A canonical text read again is the same text; what has none is refused by both functions. And
 * any bytes make a string that JSON readers accept.
 */
#include <stdlib.h>

#include "common/json/canonical.h"
#include "common/json/json.h"

#define MOST ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void check_string(struct arena *arena, struct str bytes)
{
	BUF_SCOPE(text, MOST);
	const struct json *value;

	canonical_string(bytes, &text);
	if (buf_status(&text) != STATUS_OK)
		return;
	must(json_parse(arena, buf_str(&text), &value, NULL) == STATUS_OK);
	must(json_is(value, JSON_STRING));
	if (str_is_utf8(bytes))
		must(str_eq(json_str(value), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(once, MOST);
	BUF_SCOPE(twice, MOST);
	struct str bytes = str_n((const char *)data, size);
	const struct json *value, *again;
	enum status status;

	check_string(arena, bytes);
	if (json_parse(arena, bytes, &value, NULL) != STATUS_OK)
		return 0;
	status = canonical_write(value, &once);
	if (status == STATUS_TOO_LARGE)
		return 0;
	must(canonical_ok(value) == (status == STATUS_OK));
	if (status != STATUS_OK)
		return 0;
	must(json_parse(arena, buf_str(&once), &again, NULL) == STATUS_OK);
	must(canonical_write(again, &twice) == STATUS_OK);
	must(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
