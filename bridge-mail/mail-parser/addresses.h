/* SPDX-License-Identifier: Apache-2.0 */
/* Address lists of headers (RFC 5322, 3.4): mailboxes and groups, decoded and flattened. */
#ifndef PARVIS_MAIL_PARSER_ADDRESSES_H
#define PARVIS_MAIL_PARSER_ADDRESSES_H

#include <gmime/gmime.h>

#include "bridge-mail/mail-parser/reader.h"

/* Those with a usable address, once each, MAIL_MAX_ADDRESSES at most. `list` may be NULL. */
void addresses_read(struct arena *arena, InternetAddressList *list, struct read_addresses *out);

#endif
