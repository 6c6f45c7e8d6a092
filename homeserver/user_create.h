/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PARVIS_HOMESERVER_USER_CREATE_H
#define PARVIS_HOMESERVER_USER_CREATE_H

struct config;

#define USER_CREATE_USAGE                                  \
	"--name NAME [--admin]\n"                          \
	"                         --password-file FILE   " \
	"(its first line; \"-\": standard input)"

/* `parvis-homeserver user-create`, for program_main(): makes an account. Prints one line and
 * nothing secret. */
int user_create(const struct config *config, int argc, char **argv);

#endif
