/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge put together from its configuration, and taken apart again. */
#ifndef PARVIS_BRIDGE_START_H
#define PARVIS_BRIDGE_START_H

#include "config/config.h"

struct bridge;

/* What the configuration points to is there and can be read. `why` as in bridge_start(). */
MUST_CHECK enum status bridge_check(const struct config *config, char why[CONFIG_ERROR_MAX]);
/* On failure `why` holds one line for the administrator. */
MUST_CHECK enum status bridge_start(
	const struct config *config, struct bridge **out, char why[CONFIG_ERROR_MAX]);
/* Lets what is under way come to a point from which it can go on. */
void bridge_stop(struct bridge **bridge);

#endif
