/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the mains of the three programs share: the command line, the configuration, the log level,
 * signals, readiness, the orderly end. Each says only what is its own.
 */
#ifndef PARVIS_CONFIG_PROGRAM_H
#define PARVIS_CONFIG_PROGRAM_H

#include <stddef.h>

#include "config/config.h"

struct program {
	const char *name; /* "parvis-sfu" */
	/* --check-config: what the configuration points to is there. The file was read already. */
	enum status (*check)(const struct config *config, char why[CONFIG_ERROR_MAX]);
	/* On failure `why` holds one line for the administrator. */
	enum status (*start)(const struct config *config, void **out, char why[CONFIG_ERROR_MAX]);
	void (*stop)(void *running);
	/* A word behind the options, such as "user-create", that is done in place of serving; NULL:
	 * none. argv begins with it. Returns what main returns, or PROGRAM_USAGE. */
	const char *command;
	const char *command_usage; /* its options: "--name NAME" */
	int (*run_command)(const struct config *config, int argc, char **argv);
};

#define PROGRAM_USAGE (-1)

/* Returns what main returns. */
int program_main(const struct program *program, int argc, char **argv);

#endif
