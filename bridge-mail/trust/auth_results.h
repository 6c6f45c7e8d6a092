/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication-Results (RFC 8601): what a mail server in front of us found out. Anybody can write
 * such a header; who is believed is the caller's matter. */
#ifndef PARVIS_BRIDGE_AUTH_RESULTS_H
#define PARVIS_BRIDGE_AUTH_RESULTS_H

#include <stddef.h>

#include "common/base/arena.h"

#define AUTH_RESULTS_MAX 20 /* of one header */

struct auth_result {
	struct str method; /* "dkim", "spf", "dmarc" */
	struct str result; /* "pass", "fail", ... */
	/* the domain that it is about: header.from, header.d or that of header.i, that of
	 * smtp.mailfrom; empty where not told */
	struct str header_from;
	struct str signer;
	struct str mail_from;
};

struct auth_results {
	struct str server; /* authserv-id */
	struct auth_result items[AUTH_RESULTS_MAX];
	size_t count;
};

/* `value` is unfolded. STATUS_INVALID: not of that form. */
MUST_CHECK enum status auth_results_read(
	struct arena *arena, struct str value, struct auth_results *out);

#endif
