/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a mail was not delivered, in plain words, from what a server says: by its enhanced status
 * code (RFC 3463) first, by its words for those that give none or a vague one.
 */
#ifndef PARVIS_BRIDGE_FAILURE_REASON_H
#define PARVIS_BRIDGE_FAILURE_REASON_H

#include "common/base/str.h"

struct failure_reason {
	const char *french; /* begins in lower case, without a full stop */
	const char *english;
};

/* Never NULL: there is one for what nobody understands. */
const struct failure_reason *failure_reason(struct str said);

/* The first "5.1.1" of the text, with nothing but its three numbers; empty when there is none. */
struct str failure_status(struct str said);

#endif
