/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelope senders that name the mail and the recipient (variable envelope return paths), so that a
 * report is known by where it comes to, whatever its form:
 *
 *	voirie+bounce-1f-0123456789abcdef@ville.example
 *
 * the number of the mail in hexadecimal, and the first 16 digits of
 * HMAC-SHA-256(secret, "return-path" NUL number NUL recipient in lower case). Lower case survives
 * servers that fold it.
 */
#ifndef PARVIS_BRIDGE_RETURN_PATH_H
#define PARVIS_BRIDGE_RETURN_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

/* The mailbox's own address when there is no room for more in a local part (64 bytes). */
struct str return_path_make(struct arena *arena, struct str secret, struct str mailbox,
	int64_t outgoing_id, struct str recipient);
/* Whether the address has that form; the seal is to be compared for each recipient. */
bool return_path_read(struct str address, int64_t *outgoing_id_out, struct str *seal_out);
bool return_path_is_for(
	struct str secret, int64_t outgoing_id, struct str recipient, struct str seal);

#endif
