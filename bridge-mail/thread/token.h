/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Message-IDs that the bridge gives to the mails it sends. They name the thread and carry a
 * MAC, so that an answer finds its room even when the database has never seen the id, and so that
 * nobody can make one up:
 *
 *	<pv1.THREADTOKEN.UNIQUE.MAC@domain>
 *
 * UNIQUE is the first 16 base64url characters of SHA-256(event id); MAC the first 22 of
 * HMAC-SHA-256(secret, "message-id" NUL THREADTOKEN NUL UNIQUE NUL domain). The same event
 * always gives the same id: a mail sent twice is known as one by whoever gets it.
 */
#ifndef PARVIS_BRIDGE_TOKEN_H
#define PARVIS_BRIDGE_TOKEN_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

/* `domain` is that of the mailbox's address. Without <>. `secret` is bridge.secret. */
struct str token_message_id(struct arena *arena, struct str secret, struct str thread_token,
	struct str event_id, struct str domain);
/* Whether the id (without <>) is one of ours; *thread_token_out is borrowed from it. */
bool token_read(struct str secret, struct str message_id, struct str *thread_token_out);

/* The value of our X-Parvis-Loop header for a mail that we send, and whether a value is ours. */
struct str token_loop_header(struct arena *arena, struct str secret, struct str message_id);
bool token_is_loop_header(struct str secret, struct str message_id, struct str value);

#endif
