/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How guests stop: a signed token in a link or a mail's subject (RFC 8058, RFC 2369), or a word in
 * an answer. Any thread.
 */
#ifndef PARVIS_BRIDGE_GUEST_UNSUBSCRIBE_H
#define PARVIS_BRIDGE_GUEST_UNSUBSCRIBE_H

#include "bridge-mail/store/guests.h"

#define UNSUBSCRIBE_TOKEN_MAX 512

/* ROOM.ADDRESS.MAC, of [A-Za-z0-9_.-]: the room's token, the address in base64url, and 22
 * characters of HMAC-SHA-256(secret, "unsubscribe" NUL ROOM NUL address). */
struct str unsubscribe_token(
	struct arena *arena, struct str secret, struct str room_token, struct str address);
/* STATUS_INVALID: not one of ours. */
MUST_CHECK enum status unsubscribe_read(struct arena *arena, struct str secret, struct str token,
	struct str *room_token_out, struct str *address_out);

/* What a guest asks for by mail. */
struct guest_wish {
	enum { WISH_NONE, WISH_STOP, WISH_DELIVERY } kind;
	enum guest_delivery delivery;
	struct str token; /* of the subject, or empty: who writes is who it is about */
};
/* A subject "unsubscribe TOKEN"; a subject or a first line that is nothing but "stop",
 * "désabonner", "unsubscribe", "digest day", "résumé heure" ... In any case, with or without
 * accents. */
void guest_wish_read(struct str subject, struct str text, struct guest_wish *out);

#endif
