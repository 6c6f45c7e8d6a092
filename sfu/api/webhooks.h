/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends what signal/webhook_events.h has written down to the addresses of sfu.webhook_urls: POST
 * with Content-Type application/webhook+json, and in Authorization a token signed with the API
 * secret whose claim "sha256" is the base64 of the body's hash. To each address in the order in
 * which it happened; one that does not take them is tried again, less and less often, for
 * WEBHOOKS_KEPT_MS. What it refuses with a 4xx (but 408 and 429) is not sent again. After a crash one
 * may come twice, with the same id.
 */
#ifndef PARVIS_SFU_WEBHOOKS_H
#define PARVIS_SFU_WEBHOOKS_H

#include "common/base/status.h"

#define WEBHOOKS_KEPT_MS (INT64_C(3600) * 1000)

struct sfu;
struct webhooks;

/* A thread of its own, when there is somebody to tell; else *out is NULL. STATUS_IO. */
MUST_CHECK enum status webhooks_start(struct sfu *sfu, struct webhooks **out);
void webhooks_stop(struct webhooks **webhooks);

#endif
