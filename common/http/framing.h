/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a request's body ends (RFC 9112 section 6). Whatever two readers could understand in two
 * ways (a front door and this server) is refused and its connection closed: both lengths and
 * encodings, two lengths, names with white space.
 */
#ifndef PARVIS_HTTP_FRAMING_H
#define PARVIS_HTTP_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

/* Gathered header by header with framing_add(); starts as {0}. */
struct framing {
	unsigned lengths;
	unsigned encodings;
	struct str length;
	struct str encoding;
	bool bad_name;
	bool expect_continue;
};

void framing_add(struct framing *framing, struct str name, struct str value);

struct framing_verdict {
	int refuse;	    /* 0, or the status to answer before closing: 400, 501 */
	const char *reason; /* for the client, when refused */
	bool has_body;	    /* one byte at least, or unknown */
	bool chunked;
	int64_t length; /* -1 when chunked */
};

struct framing_verdict framing_judge(const struct framing *framing, bool http_1_0);

#endif
