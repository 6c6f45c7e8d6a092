/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delayed leave events (MSC4140) that clients have handed over (MSC4195): somebody who vanishes
 * cannot end its membership of the call, so it lets us do that. While the person is in the meeting
 * its delayed event is restarted, at four fifths of its time; once it is not any more the event is
 * sent, whether it left or was lost. Who delegates knows the delay id, and that is all that the
 * homeserver asks for.
 *
 * One thread of its own. Each one is a row before it is acknowledged: after a crash, those who were
 * in the meeting have DELEGATION_RETURN_MS to come back. When nothing can be done in time, the
 * homeserver's own delay does the same, later.
 */
#ifndef PARVIS_SFU_DELEGATIONS_H
#define PARVIS_SFU_DELEGATIONS_H

#include "common/base/arena.h"

struct sfu;
struct delegations;

#define DELEGATIONS_MAX		 12000
#define DELEGATION_RETURN_MS	 30000
#define DELEGATION_ID_MAX	 255
#define DELEGATION_TIMEOUT_MAX_S (24 * 3600)

/* STATUS_IO: the database cannot be read. */
MUST_CHECK enum status delegations_start(struct sfu *sfu, struct delegations **out);
/* Before the meetings end: those in them at a stop come back, and stay members. */
void delegations_stop(struct delegations **delegations);

/* That person's delayed event is ours from now on; one from before is forgotten. STATUS_OK once it
 * is on disk; STATUS_LIMITED: too many. Any thread. */
MUST_CHECK enum status delegations_add(struct delegations *delegations, struct str room,
	struct str identity, struct str delay_id, int64_t timeout_ms);

#endif
