/* SPDX-License-Identifier: Apache-2.0 */
/* What sort of mail the headers make it (RFC 3834, 2369, 2919, 3464). */
#ifndef PARVIS_BRIDGE_MAIL_KIND_H
#define PARVIS_BRIDGE_MAIL_KIND_H

#include "bridge-mail/message/headers.h"

/* Of enum mail_flags: AUTO_SUBMITTED, BULK, LIST, DELIVERY_REPORT, ANSWERS_UNWANTED, SPAM. */
unsigned mail_kind_flags(const struct headers *headers);

#endif
