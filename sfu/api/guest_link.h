/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of a guest link: "expires.nonce.mac", an HMAC-SHA-256 under the API secret over the
 * meeting and both. Nothing is stored; it is good for one meeting until its time.
 */
#ifndef PARVIS_SFU_GUEST_LINK_H
#define PARVIS_SFU_GUEST_LINK_H

#include "common/base/arena.h"

#define GUEST_SECRET_MAX 128

struct str guest_link_make(
	struct arena *arena, struct str key, struct str meeting_id, int64_t expires_ms);
/* STATUS_INVALID: not ours, or of another meeting; STATUS_TIMEOUT: it has had its time. */
MUST_CHECK enum status guest_link_check(
	struct str key, struct str meeting_id, struct str secret, int64_t now_ms);
/* "guest:" and 16 characters: the same for the same link and device, random without a device. */
struct str guest_link_identity(
	struct arena *arena, struct str key, struct str secret, struct str device_id);

#endif
