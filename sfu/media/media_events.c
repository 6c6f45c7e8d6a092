/* SPDX-License-Identifier: Apache-2.0 */
/* Events to signalling: what may be lost, and what waits. */
#include "sfu/media/media.h"
#include "sfu/media/peer.h"

struct media_event *media_event_about(const struct peer *peer, enum media_event_kind kind)
{
	struct media_event *event = media_event_new(kind);
	event->meeting = peer->meeting->id;
	event->participant = peer->participant;
	event->transport = peer->id;
	return event;
}

/* A newer one of its kind will come, or the sender was told that it is best effort. */
static bool may_be_lost(const struct media_event *event)
{
	bool lossy =
		event->kind == MEDIA_DATA_RECEIVED && event->u.data.channel != CHANNEL_RELIABLE;
	return lossy || event->kind == MEDIA_STATS || event->kind == MEDIA_SPEAKERS;
}

void media_tell(struct media *media, struct media_event *event)
{
	bool in_order = media->backlog_count == 0;
	if (in_order && mailbox_send(media->events, event) == STATUS_OK) {
		return;
	}
	/* Whoever sends data may not take the room of what everybody has to know. */
	bool data = event->kind == MEDIA_DATA_RECEIVED;
	if (may_be_lost(event) ||
		media->backlog_count >= (data ? MEDIA_MAX_BACKLOG / 2 : MEDIA_MAX_BACKLOG)) {
		media->counters.events_lost++;
		media_event_free(&event);
		return;
	}
	unsigned last = media->backlog_first + media->backlog_count++;
	media->backlog[last % MEDIA_MAX_BACKLOG] = event;
}

void media_tell_backlog(struct media *media)
{
	while (media->backlog_count > 0) {
		struct media_event *event = media->backlog[media->backlog_first];
		if (mailbox_send(media->events, event) != STATUS_OK) {
			return;
		}
		media->backlog_first = (media->backlog_first + 1) % MEDIA_MAX_BACKLOG;
		media->backlog_count--;
	}
}
