/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of MAIL and RCPT (RFC 5321, 4.1.1.2, 4.1.1.3, 4.1.2). */
#ifndef PARVIS_BRIDGE_SMTP_PATH_H
#define PARVIS_BRIDGE_SMTP_PATH_H

#include <stdbool.h>

#include "common/base/str.h"

struct smtp_path {
	struct str address; /* without <> and source route; empty: the null sender */
	struct str params;  /* what stands behind the path, separated by spaces */
};

/* `keyword` is "FROM" or "TO". STATUS_INVALID when it is not a path. Borrows from `argument`. */
MUST_CHECK enum status smtp_path_parse(
	struct str argument, const char *keyword, struct smtp_path *out);

struct smtp_mail_params {
	int64_t size;  /* SIZE=, 0 when absent */
	bool smtputf8; /* SMTPUTF8 was said */
};

/* Parameters of MAIL. STATUS_INVALID: a value is wrong; STATUS_NOT_FOUND: one is unknown. */
MUST_CHECK enum status smtp_mail_params_parse(struct str params, struct smtp_mail_params *out);

#endif
