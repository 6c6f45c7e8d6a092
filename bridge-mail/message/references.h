/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message-IDs in headers (RFC 5322, 3.6.4), read as they are found rather than as they should be:
 * what stands between < and >, wherever; white space inside (a fold) is dropped.
 */
#ifndef PARVIS_BRIDGE_REFERENCES_H
#define PARVIS_BRIDGE_REFERENCES_H

#include "bridge-mail/message/mail.h"
#include "common/base/arena.h"

/* The ids in order, once each, without <>. Of more than `max` the first is kept and the newest.
 * Ids over 512 bytes, without '@' or not UTF-8, and those of "@protonmail.internalid", are left
 * out. Scans 64 KiB at most. */
struct mail_ids references_read(struct arena *arena, struct str header, size_t max);
/* The first id of a Message-ID header, or the bare value when it has no <>; empty when neither
 * is usable. */
struct str references_message_id(struct arena *arena, struct str header);

#endif
