/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People who take part in a room by mail: in a room of anybody's, to which their ghost was invited
 * from a Matrix client, or in a room with an address of its own. Who is in is a row; ghosts join
 * and mails are made from rows, each step once, whatever a crash leaves open.
 *
 * All is called on the thread of outbound/answers.c, unless said otherwise.
 */
#ifndef PARVIS_BRIDGE_GUEST_GUEST_H
#define PARVIS_BRIDGE_GUEST_GUEST_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/store/guests.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/store/transactions.h"
#include "common/json/json.h"

/* What a transaction brought: an invitation or removal of one of ours, a message in a room with
 * guests, encryption. STATUS_NOT_FOUND: it is another's matter. */
MUST_CHECK enum status guest_event(const struct matrix_session *session,
	const struct room_event_row *row, struct arena *arena);
/* One step of what waits: who is to come or go, digests that are due, mails of strangers to tell
 * of. STATUS_NOT_FOUND: nothing to do before *wait_out ms (-1: until woken). */
MUST_CHECK enum status guest_step(
	const struct matrix_session *session, struct arena *arena, int64_t *wait_out);
/* Rooms of the configuration get their addresses, once the bot may enter them. */
MUST_CHECK enum status guest_prepare(const struct matrix_session *session, struct arena *arena);
/* What became of a mail to a guest, told in the room when it failed. STATUS_NOT_FOUND: the mail
 * was to nobody of these. */
MUST_CHECK enum status guest_told(const struct matrix_session *session,
	const struct outgoing_recipient *recipient, struct arena *arena);

/* Whether mail may be sent to it unasked: an address, not one of ours, and no machine's. */
bool guest_address_ok(const struct matrix_session *session, struct str address);
/* The language in which an address is written to. */
bool guest_is_english(const struct config_bridge_mail *config, struct str address);

/* Makes the room one with guests, unless it is: with an address of the form
 * rooms_address+token. `actor` as in linked_rooms. STATUS_NOT_FOUND without rooms_address. */
MUST_CHECK enum status guest_link_room(const struct matrix_session *session, struct str room_id,
	struct str actor, struct arena *arena, struct linked_room *out);
/* STATUS_EXISTS when it is encrypted: that has been said, and we are out. */
MUST_CHECK enum status guest_check_encryption(
	const struct matrix_session *session, struct str room_id, struct str as);
/* Says it in French and English and lets everybody of ours leave. */
MUST_CHECK enum status guest_leave_encrypted(
	const struct matrix_session *session, const struct linked_room *room, struct str event_id);
/* A command in the room. STATUS_NOT_FOUND: it is none. */
MUST_CHECK enum status guest_command(const struct matrix_session *session,
	const struct room_event_row *row, const struct json *event, const struct linked_room *room,
	struct arena *arena);

#endif
