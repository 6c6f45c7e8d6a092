/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For whom a mail in a provider's mailbox is: there is no envelope any more, so its headers tell.
 * The address that the provider was given (X-Original-To) comes first, then To and Cc, then the
 * address that it was delivered to; what names none of ours goes to the account's own mailbox.
 */
#ifndef PARVIS_BRIDGE_IMAP_RECIPIENTS_H
#define PARVIS_BRIDGE_IMAP_RECIPIENTS_H

#include "bridge-mail/inbound/recipients.h"
#include "bridge-mail/message/headers.h"
#include "bridge-mail/store/mails.h"

#define IMAP_RECIPIENTS_MAX 20

struct imap_envelope {
	struct str mail_from; /* of Return-Path, else of From; empty only for the null sender */
	struct mail_recipient recipients[IMAP_RECIPIENTS_MAX];
	size_t count; /* one at least */
};

/* `fallback` is an address of ours. */
void imap_recipients_read(struct arena *arena, const struct headers *headers,
	const struct recipients *ours, struct str fallback, struct imap_envelope *out);

#endif
