/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the parts of the SFU in their order, and ends them in the other. */
#ifndef PARVIS_SFU_START_H
#define PARVIS_SFU_START_H

#include "sfu/sfu.h"

#define START_ERROR_MAX 512

/* On failure `why` holds one line: what is wrong, and what to do. The configuration outlives it. */
MUST_CHECK enum status sfu_start(
	const struct config *config, struct sfu **out, char why[START_ERROR_MAX]);
void sfu_stop(struct sfu **sfu);
/* What can be said without starting: the secret, the addresses. */
MUST_CHECK enum status sfu_check(const struct config *config, char why[START_ERROR_MAX]);

#endif
