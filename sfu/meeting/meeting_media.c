/* SPDX-License-Identifier: Apache-2.0 */
/* What media reports, and what it means for those in the meeting. */
#include "sfu/meeting/meeting.h"

#define LOG_MODULE "meeting"
#include "common/base/log.h"

/* Clients send a ping every 5 s: who has missed one and has no media is not there any more. */
#define SIGNAL_DOUBT_MS 7000

#define LOSS_GOOD 0.02f
#define LOSS_POOR 0.08f
#define RTT_GOOD  250
#define RTT_POOR  600

static struct link *link_of(struct participant *p, uint64_t transport)
{
	return p->publisher.transport == transport    ? &p->publisher
	       : p->subscriber.transport == transport ? &p->subscriber
						      : NULL;
}

static void set_quality(struct participant *p, enum connection_quality quality)
{
	struct meeting_listener *listener = &p->meeting->all->listener;
	if (p->quality == quality)
		return;
	p->quality = quality;
	listener->quality_changed(listener->context, p);
}

static void on_connected(struct participant *p, const struct media_event *event)
{
	struct link *link = link_of(p, event->transport);
	if (link == NULL)
		return;
	struct meeting_listener *listener = &p->meeting->all->listener;
	bool first = p->state < PARTICIPANT_ACTIVE;
	link->connected = true;
	link->lost = false;
	participant_set_state(p, PARTICIPANT_ACTIVE);
	if (first)
		listener->quality_changed(listener->context, p);
	else if (p->quality == QUALITY_LOST)
		set_quality(p, QUALITY_EXCELLENT);
}

static void on_lost(
	struct participant *p, const struct media_event *event, const struct meeting_now *now)
{
	struct link *link = link_of(p, event->transport);
	if (link == NULL)
		return;
	link->lost = true;
	log_info("media of participant %s is lost: %d", p->sid, (int)event->u.lost);
	if (event->u.lost == LOST_BEHIND) {
		meeting_leave(p, LEAVE_STATE_MISMATCH, now->mono_ms);
		return;
	}
	bool silent = p->session == NULL || now->mono_ms - p->heard_ms > SIGNAL_DOUBT_MS;
	if (silent && !participant_has_media(p))
		meeting_leave(p, LEAVE_TIMEOUT, now->mono_ms);
	else if (!participant_has_media(p))
		set_quality(p, QUALITY_LOST);
}

static void on_stats(struct participant *p, const struct media_stats *stats)
{
	float loss = stats->loss_up > stats->loss_down ? stats->loss_up : stats->loss_down;
	if (!participant_has_media(p))
		return;
	bool poor = loss > LOSS_POOR || stats->rtt_ms > RTT_POOR || stats->starved;
	bool good = loss > LOSS_GOOD || stats->rtt_ms > RTT_GOOD || stats->reduced;
	set_quality(p, poor ? QUALITY_POOR : good ? QUALITY_GOOD : QUALITY_EXCELLENT);
}

static void on_stream_state(struct participant *p, const struct media_stream_state *state)
{
	struct meeting_listener *listener = &p->meeting->all->listener;
	for (struct subscription *s = p->subscriptions; s != NULL; s = s->next) {
		if (s->id == state->downtrack && s->held_back != state->paused) {
			s->held_back = state->paused;
			listener->stream_changed(listener->context, s);
		}
	}
}

static struct meeting *meeting_by_id(struct meetings *all, uint64_t id)
{
	size_t cursor = 0;
	struct str name;
	void *value;
	while (map_next(all->by_name, &cursor, &name, &value)) {
		struct meeting *meeting = value;
		if (meeting->id == id)
			return meeting;
	}
	return NULL;
}

void meetings_media_event(
	struct meetings *meetings, const struct media_event *event, const struct meeting_now *now)
{
	struct meeting_listener *listener = &meetings->listener;
	if (event->kind == MEDIA_SPEAKERS) {
		struct meeting *meeting = meeting_by_id(meetings, event->meeting);
		if (meeting != NULL)
			listener->speakers(listener->context, meeting, &event->u.speakers);
		return;
	}
	struct participant *p = map_find(meetings->participants,
		str_n((const char *)&event->participant, sizeof(event->participant)));
	if (p == NULL)
		return;
	switch (event->kind) {
	case MEDIA_TRANSPORT_CONNECTED:
		on_connected(p, event);
		break;
	case MEDIA_TRANSPORT_LOST:
		on_lost(p, event, now);
		break;
	case MEDIA_DATA_RECEIVED:
		listener->data(listener->context, p, event->u.data.channel,
			str_n((const char *)event->u.data.bytes, event->u.data.size));
		break;
	case MEDIA_STATS:
		on_stats(p, &event->u.stats);
		break;
	case MEDIA_STREAM_STATE:
		on_stream_state(p, &event->u.stream);
		break;
	case MEDIA_CHANNEL_OPEN:
	case MEDIA_TRACK_LAYERS:
	case MEDIA_SPEAKERS:
		break;
	}
}
