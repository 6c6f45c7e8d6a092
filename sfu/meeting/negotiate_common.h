/* SPDX-License-Identifier: Apache-2.0 */
/* What both directions of negotiation share. */
#ifndef PARVIS_SFU_NEGOTIATE_COMMON_H
#define PARVIS_SFU_NEGOTIATE_COMMON_H

#include "sfu/meeting/negotiate.h"

void negotiate_tell_media(struct participant *participant, struct media_command *command);
/* Puts subscriptions without a section into free ones that have their codec. `description`: of
 * the peer, to look for the codec; NULL: any section will do. */
void negotiate_bind(
	struct participant *participant, struct link *link, const struct sdp *description);
/* Writes the tracks of a link's sections into a description of ours. */
void negotiate_write_sending(
	struct link *link, struct sdp *ours, struct arena *arena, struct negotiated *out);
/* Tells media to forward what is bound and not started; the codecs are those of `negotiated`. */
void negotiate_start(struct link *link, const struct sdp *negotiated);
/* What was said to be over may be used again. */
void negotiate_free_ended(struct link *link);
/* Remote ufrag of a description, of its first section that is not rejected. */
struct str negotiate_ufrag(const struct sdp *sdp);
void negotiate_print(struct participant *participant, const struct sdp *sdp, struct arena *arena,
	struct negotiated *out);

#endif
