/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program signs in with at somebody else's server: a password from a file, or an OAuth 2
 * access token from a file or from a command. Read anew at each sign-in, so that either may change
 * while the program runs.
 */
#ifndef PARVIS_CONFIG_LOGIN_H
#define PARVIS_CONFIG_LOGIN_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"
#include "config/config.h"

#define LOGIN_SECRET_MAX	 8192 /* bytes */
#define LOGIN_COMMAND_TIMEOUT_MS 30000

/* As in the configuration: empty where not given. */
struct login_config {
	const char *user;
	const char *password_file;
	const char *token_file;
	const char *token_command; /* for /bin/sh -c; prints the token on its first line */
};

struct login {
	struct str user;
	struct str secret; /* with a NUL behind it; empty: none is configured */
	bool is_token;	   /* of XOAUTH2 */
};

/* The secret lives in the arena until login_wipe(). On failure `why` holds one line, without the
 * secret: STATUS_NOT_FOUND (no such file), STATUS_INVALID (empty, control characters), STATUS_IO,
 * STATUS_TIMEOUT, STATUS_DENIED (the command failed). */
MUST_CHECK enum status login_read(const struct login_config *config, struct arena *arena,
	struct login *out, char why[CONFIG_ERROR_MAX]);
void login_wipe(struct login *login);

#endif
