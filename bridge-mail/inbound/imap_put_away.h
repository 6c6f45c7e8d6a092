/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes at the provider of mails that are safe here. */
#ifndef PARVIS_BRIDGE_IMAP_PUT_AWAY_H
#define PARVIS_BRIDGE_IMAP_PUT_AWAY_H

#include "bridge-mail/inbound/imap_folder.h"

/*
 * Moves, flags or deletes as configured, and writes it down. Nothing but the mails that are meant
 * is ever expunged: where the server cannot do that (RFC 4315), they stay, marked as deleted. A
 * server that refuses leaves them as they are: they are put away at the next occasion.
 */
MUST_CHECK enum status imap_put_away(struct imap_source *source);

#endif
