/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spaces and rooms on the server. Each is found again by an alias of ours, so that one that was
 * made just before a crash is not made twice. All are unencrypted, and m.room.encryption is out of
 * everybody's reach: what a mail server reads in clear must not look private. Statuses as in
 * matrix/client.h, and STATUS_IO.
 */
#ifndef PARVIS_BRIDGE_MATRIX_ROOMS_H
#define PARVIS_BRIDGE_MATRIX_ROOMS_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/store/mailboxes.h"

/* The mailbox's space; made, and its members of the configuration invited, when there is none. */
MUST_CHECK enum status rooms_space(const struct matrix_session *session, int64_t mailbox_id,
	struct arena *arena, struct str *space_id_out);
/* Invites members of the configuration who are neither in the space nor invited nor have left. */
MUST_CHECK enum status rooms_invite_members(
	const struct matrix_session *session, const struct mailbox_row *mailbox);
/* The language of a mailbox's rooms. */
enum config_language rooms_language(const struct config *config, struct str mailbox_address);
/* The thread's room, in its mailbox's space. */
MUST_CHECK enum status rooms_of_thread(const struct matrix_session *session, int64_t thread_id,
	struct arena *arena, struct str *room_id_out);
/* Writes the thread's number, state and who has taken it into the room's name and topic, and that
 * down. */
MUST_CHECK enum status rooms_show(const struct matrix_session *session, int64_t thread_id);
/* The room goes from one mailbox's space to another's, whose members are invited. Again: nothing
 * happens twice. */
MUST_CHECK enum status rooms_move(const struct matrix_session *session, struct str room_id,
	int64_t from_mailbox, int64_t to_mailbox);
/* Puts the room into the mailbox's space, and invites its members of the configuration. */
MUST_CHECK enum status rooms_join_space(
	const struct matrix_session *session, int64_t mailbox_id, struct str room_id);
/* What was merged into another room says so (m.room.tombstone), and is no more in the space. */
MUST_CHECK enum status rooms_end(const struct matrix_session *session, struct str room_id,
	struct str space_id, struct str successor, struct str why);

#endif
