/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offer and answer (RFC 8829) between a participant and us: turns descriptions into sections,
 * publications and subscriptions, and tells media. on_signal.
 *
 * One peer connection: the client offers always; when it has too few sections for what it shall
 * receive, it is asked for more (negotiate_wanted). Two: it offers the one on which it publishes,
 * we offer the one on which it receives.
 */
#ifndef PARVIS_SFU_NEGOTIATE_H
#define PARVIS_SFU_NEGOTIATE_H

#include "sfu/meeting/meeting.h"

struct negotiated_mid {
	const char *mid, *track_sid;
};

struct negotiated {
	struct str sdp;
	uint32_t id; /* of our offer */
	struct negotiated_mid mids[SDP_MAX_SECTIONS];
	unsigned mid_count;
};

/* The client's offer, answered. STATUS_INVALID, STATUS_TOO_LARGE with a constant for the log. */
MUST_CHECK enum status negotiate_answer(struct participant *participant, struct arena *arena,
	struct str offer, struct negotiated *out, const char **why_out);

/* Our offer, when one is due and none is out: false when there is nothing to offer. */
bool negotiate_offer(struct participant *participant, struct arena *arena, struct negotiated *out);
/* Its answer. STATUS_NOT_FOUND: to none that is out. */
MUST_CHECK enum status negotiate_accept(struct participant *participant, struct arena *arena,
	struct str answer, uint32_t id, const char **why_out);

struct negotiate_wanted {
	unsigned audios, videos; /* sections to add; both 0: an offer will do */
};
/* Whether the client must be asked for an offer now; notes that it was. */
bool negotiate_wanted(struct participant *participant, struct negotiate_wanted *out);

#endif
