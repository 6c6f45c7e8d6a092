/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails to guests. Each goes to one person: it is known by its Message-ID to whom it went and about
 * which event, and it says how to stop (RFC 2369, RFC 2919, RFC 8058). The sender is the room's
 * address with the name of who speaks, never an address of theirs.
 */
#ifndef PARVIS_BRIDGE_GUEST_MAIL_H
#define PARVIS_BRIDGE_GUEST_MAIL_H

#include "bridge-mail/guest/guest.h"
#include "bridge-mail/outbound/compose.h"

struct guest_mail {
	const struct linked_room *room;
	const struct guest *guest;
	struct str room_name; /* may be empty */
	struct str speaker;   /* "Camille", or empty: the room itself */
	struct str event_id;  /* what it tells of; one mail for each event and guest */
	struct str answers;   /* event that this one answers, or empty */
	struct str text;
	struct str html;
	const struct compose_file *file; /* or NULL */
	int64_t date_ms;
	bool of_program; /* a digest: people's mails go first */
	bool last;	 /* a farewell: says no more how to stop */
};

/* Composed and on disk, not yet a row: guest_mail_put() inside the change that it belongs to. */
struct guest_mail_made;
MUST_CHECK enum status guest_mail_make(const struct matrix_session *session,
	const struct guest_mail *mail, struct arena *arena, struct guest_mail_made **out);
/* Again for the same event and guest: nothing is added. */
MUST_CHECK enum status guest_mail_put(struct db_tx *tx, const struct guest_mail_made *made)
	REQUIRES(on_writer);
struct str guest_mail_id(const struct guest_mail_made *made);
/* The change that is nothing but that. */
MUST_CHECK enum status guest_mail_send(
	const struct matrix_session *session, const struct guest_mail *mail, struct arena *arena);

/* Splits outgoing.event_id of such a mail. false: it is another's. */
bool guest_mail_event(struct str key, struct str *event_id_out, struct str *address_out);

#endif
