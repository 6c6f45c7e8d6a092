/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to sign in at an IMAP server: AUTHENTICATE PLAIN (RFC 4616) or LOGIN with a password,
 * AUTHENTICATE XOAUTH2 with an OAuth 2 access token.
 */
#ifndef PARVIS_BRIDGE_IMAP_SIGN_IN_H
#define PARVIS_BRIDGE_IMAP_SIGN_IN_H

#include "common/base/arena.h"
#include "config/config.h"

struct imap_sign_in {
	struct str command; /* without tag and CR LF */
	struct str answer;  /* to the server's "+", with CR LF */
};

/* Reads the password or token. `capabilities` of enum imap_capability. STATUS_DENIED with a line in
 * `why`: nothing to sign in with, or no way that the server and we both have. */
MUST_CHECK enum status imap_sign_in_make(const struct config_imap *config, unsigned capabilities,
	struct arena *arena, struct imap_sign_in *out, char why[CONFIG_ERROR_MAX]);
/* Both hold the secret. */
void imap_sign_in_wipe(struct imap_sign_in *step);

#endif
