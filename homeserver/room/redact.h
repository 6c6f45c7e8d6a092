/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redaction algorithm (specification, "Redactions" of each room version): what is left of an
 * event when it is redacted, and what its id and signatures are computed over.
 */
#ifndef PARVIS_HOMESERVER_REDACT_H
#define PARVIS_HOMESERVER_REDACT_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/json/json.h"
#include "homeserver/room/room_version.h"

/* Appends the pruned event as canonical JSON. STATUS_INVALID when it cannot be canonical. */
MUST_CHECK enum status redact_event(
	const struct room_version *version, const struct json *pdu, struct buf *out);
/* The same without `signatures`, for the reference hash and for signing. */
MUST_CHECK enum status redact_for_hash(
	const struct room_version *version, const struct json *pdu, struct buf *out);
/* The pruned content alone. `content` may be NULL. */
MUST_CHECK enum status redact_content(const struct room_version *version, struct str type,
	const struct json *content, struct buf *out);

#endif
