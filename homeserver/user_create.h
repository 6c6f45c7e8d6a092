/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PARVIS_HOMESERVER_USER_CREATE_H
#define PARVIS_HOMESERVER_USER_CREATE_H

#include <stdbool.h>

struct config;

struct user_create {
	const char *name;	   /* localpart */
	const char *password_file; /* its first line; "-": standard input */
	bool admin;
};

/* `parvis-homeserver user-create`: makes an account, whether the server runs or not. Returns what
 * main returns; prints one line and nothing secret. */
int user_create(const char *program, const struct config *config, const struct user_create *order);

#endif
