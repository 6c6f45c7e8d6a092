/* SPDX-License-Identifier: Apache-2.0 */
/* What guests read, in French or English. All lives in the arena. */
#ifndef PARVIS_BRIDGE_GUEST_TEXTS_H
#define PARVIS_BRIDGE_GUEST_TEXTS_H

#include "bridge-mail/guest/mail.h"

/* "Camille via Projet rocade" */
struct str guest_text_sender(struct arena *arena, const struct guest_mail *mail);
struct str guest_text_subject(struct arena *arena, const struct guest_mail *mail);
/* Below every mail: how to answer, how to stop. */
struct str guest_text_footer(struct arena *arena, const struct guest_mail *mail);
/* `inviter` is a name, or empty: they came by themselves. */
struct str guest_text_invitation(struct arena *arena, const struct guest_mail *mail,
	struct str inviter, enum guest_delivery delivery);
struct str guest_text_farewell(struct arena *arena, const struct guest_mail *mail);

extern const char guest_text_encrypted[]; /* in a room, both languages */
extern const char guest_text_banner[];	  /* what the bot says when it comes into a room */

#endif
