/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Whole numbers below this are exact, and print without an exponent. */
#define EXACT_LIMIT 9007199254740992.0

void number_write_int(int64_t value, struct buf *out)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, value);

	buf_append(out, str_n(text, (size_t)n));
}

static int print_shortest(double value, char *text, size_t size)
{
	int n = 0;

	if (fabs(value) < EXACT_LIMIT && value == trunc(value))
		return snprintf(text, size, "%.0f", value);
	/* 17 digits always read back the same; mostly fewer do. */
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(text, size, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return n;
}

void number_write_real(double value, bool keep_real, struct buf *out)
{
	char text[32];
	int n;

	if (!isfinite(value)) {
		buf_append(out, STR("null"));
		return;
	}
	n = print_shortest(value, text, sizeof(text));
	buf_append(out, str_n(text, (size_t)n));
	if (keep_real && strpbrk(text, ".e") == NULL)
		buf_append(out, STR(".0"));
}
