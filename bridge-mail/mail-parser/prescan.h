/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at a mail before the MIME library sees it, for what is known to hurt it: endless
 * headers, parameters with very long names (3.2.13 never comes back from them), hundreds of
 * thousands of parts, messages within messages.
 */
#ifndef PARVIS_MAIL_PARSER_PRESCAN_H
#define PARVIS_MAIL_PARSER_PRESCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

#define PRESCAN_MAX_HEADER_BYTES (256 * 1024) /* of the mail's own headers */
#define PRESCAN_MAX_HEADER_LINE	 (64 * 1024)  /* of one header with its folded lines */
#define PRESCAN_MAX_PARAMETER	 48	      /* bytes of a parameter's name */
#define PRESCAN_MAX_BOUNDARIES	 64
#define PRESCAN_MAX_BOUNDARY	 200 /* bytes; RFC 2046 says 70 */

struct prescan {
	int64_t usable; /* bytes from the start that may be parsed */
	bool cut;	/* usable is less than the mail */
	bool hostile;	/* the headers may not be parsed at all */
};

/* Linear in the size of the mail. */
void prescan(struct str mail, struct prescan *out);

#endif
