/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivery reports (RFC 3464): the fields of a message/delivery-status part, one group for each
 * recipient. Hostile bytes: linear, bounded, and what is no field is left out.
 */
#ifndef PARVIS_MAIL_PARSER_REPORT_H
#define PARVIS_MAIL_PARSER_REPORT_H

#include "bridge-mail/message/mail.h"
#include "common/base/arena.h"

/* At most `max` of them, in the arena; text is one line each of clean UTF-8. */
void report_read(struct arena *arena, struct str text, struct mail_report *items, size_t max,
	size_t *count_out);

/* The Message-ID, without <>, among the headers of a returned mail; empty when there is none. */
struct str report_returned_id(struct arena *arena, struct str headers);

#endif
