/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DKIM signatures of a mail, verified (RFC 6376, 6; RFC 8301; RFC 8463). The headers are in
 * memory, the body is read from the file once for all signatures.
 */
#ifndef PARVIS_BRIDGE_DKIM_H
#define PARVIS_BRIDGE_DKIM_H

#include <stddef.h>
#include <stdint.h>

#include "bridge-mail/trust/lookup.h"

#define DKIM_MAX_SIGNATURES 5 /* from the top; more are not looked at */
#define DKIM_MAX_FIELDS	    1000

enum dkim_outcome {
	DKIM_PASS,
	DKIM_FAIL,	/* the mail is not what was signed, or was not signed by that domain */
	DKIM_UNUSABLE,	/* as if it were not there */
	DKIM_TEMPORARY, /* the key could not be had now */
};

struct dkim_result {
	enum dkim_outcome outcome;
	struct str domain; /* d=; empty when it cannot be read */
	struct str selector;
	const char *why; /* constant; "" with PASS */
};

struct dkim_results {
	struct dkim_result items[DKIM_MAX_SIGNATURES];
	size_t count;
};

struct dkim_mail {
	struct str head; /* from the first byte of the mail; the whole header */
	int fd;		 /* of the mail */
	size_t body_at;	 /* where the body begins in it */
};

/* `now` in ms. STATUS_IO when the file cannot be read. */
MUST_CHECK enum status dkim_verify(struct arena *arena, const struct dkim_mail *mail,
	const struct lookup *lookup, int64_t now, struct dkim_results *out);

#endif
