/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens in meetings, as LiveKit's webhooks say it: room_started, participant_joined,
 * track_published, track_unpublished, participant_left, room_finished. Each becomes a row for each
 * address of sfu.webhook_urls, in the order in which it happened; api/webhooks.h sends them.
 */
#ifndef PARVIS_SFU_WEBHOOK_EVENTS_H
#define PARVIS_SFU_WEBHOOK_EVENTS_H

#include "sfu/meeting/meeting.h"

/* meeting_listener.news; the context is the signal_server. on_signal. */
void webhook_events_tell(void *context, enum meeting_news news, const struct meeting *meeting,
	const struct participant *participant, const struct publication *publication);

#endif
