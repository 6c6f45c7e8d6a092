/* SPDX-License-Identifier: Apache-2.0 */
/* In which language people who write to a mailbox are written to. */
#ifndef PARVIS_BRIDGE_LANGUAGE_H
#define PARVIS_BRIDGE_LANGUAGE_H

#include <stdbool.h>

#include "common/base/str.h"
#include "config/config.h"

/* French when the mailbox says nothing, or is none of the configuration's. */
static inline bool language_is_english(const struct config *config, struct str mailbox)
{
	const struct config_bridge_mail *c = &config->bridge_mail;
	for (unsigned i = 0; i < c->mailboxes_count; i++)
		if (str_eq_nocase(str_c(c->mailboxes[i].address), mailbox))
			return c->mailboxes[i].language == LANGUAGE_ENGLISH;
	return false;
}

#endif
