/* SPDX-License-Identifier: Apache-2.0 */
/* What the peer tells of the way to it, and what follows for what it gets. */
#include "sfu/media/allocate.h"
#include "sfu/media/downlink.h"
#include "sfu/media/downtrack.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"
#include "sfu/media/twcc_feedback.h"

#define ALLOCATE_US   100000
#define CHANGE_US     3000000 /* what is held back or let through stays so for this long */
#define MAX_VIDEOS    64
#define LEAST_BPS     20000 /* what a layer counts that has just begun to flow */
#define PROBE_PERCENT 130   /* of what the next layer needs */
#define PROBE_MOST    3	    /* times the estimate */
#define PROBE_PACKET  1000  /* bytes of padding at a time, at most */
#define RANK_SCREEN   0
#define RANK_SPEAKER  1
#define RANK_PRIORITY 2 /* and behind it as many as there are priorities */
#define PRIORITY_MAX  20

/* --- what the peer tells ---------------------------------------------------------------------- */

void downlink_feedback(struct peer *peer, const struct rtcp_packet *packet)
{
	struct downlink *d = &peer->downlink;
	struct twcc_feedback feedback;
	struct twcc_status status;
	if (twcc_feedback_open(packet, &feedback) != STATUS_OK) {
		return;
	}
	downlink_told_from(d, feedback.sequence, feedback.left);
	while (twcc_feedback_next(&feedback, &status)) {
		struct downlink_sent *sent = &d->sent[status.sequence % DOWNLINK_SENT];
		if (sent->sent_us == 0 || sent->sequence != status.sequence) {
			continue;
		}
		if (status.received) {
			bwe_arrived(&d->bwe, sent->bytes, sent->sent_us, status.arrived_us);
			probe_arrived(&d->probe, sent->probe, sent->bytes, sent->sent_us,
				status.arrived_us);
		} else {
			bwe_lost(&d->bwe);
		}
		sent->sent_us = 0;
		d->in_flight -= sent->bytes;
	}
	d->told_us = peer->media->now_us;
	d->rtt_us = peer->rtt_us > 0 ? peer->rtt_us : PEER_DEFAULT_RTT_US;
	bwe_told(&d->bwe, d->rtt_us, d->told_us);
}

void downlink_remb(struct peer *peer, uint64_t bps)
{
	bwe_remb(&peer->downlink.bwe, bps);
}

/* --- choosing --------------------------------------------------------------------------------- */

static bool speaks(const struct peer *publisher)
{
	for (const struct track *t = publisher->tracks; t != NULL; t = t->next) {
		if (t->speaking) {
			return true;
		}
	}
	return false;
}

static unsigned rank_of(const struct downtrack *d)
{
	unsigned priority = d->settings.priority;
	if (d->track->screen) {
		return RANK_SCREEN;
	}
	if (speaks(d->track->peer)) {
		return RANK_SPEAKER;
	}
	return RANK_PRIORITY + (priority == 0 || priority > PRIORITY_MAX ? PRIORITY_MAX : priority);
}

static bool is_wanted(const struct downtrack *d)
{
	return d->track->kind == MEDIA_VIDEO && !d->settings.paused && !d->track->muted;
}

static unsigned collect(
	struct peer *peer, struct downtrack *tracks[], struct allocate_video videos[])
{
	unsigned count = 0;
	int64_t now_us = peer->media->now_us;
	for (struct downtrack *d = peer->downtracks; d != NULL && count < MAX_VIDEOS;
		d = d->next_of_peer) {
		if (!is_wanted(d)) {
			continue;
		}
		struct allocate_video *v = &videos[count];
		*v = (struct allocate_video){.rank = rank_of(d),
			.wish = d->settings.max_encoding,
			.now = d->held_back ? -1 : d->allocated};
		track_rates(d->track, now_us, v->rates);
		bool flows = false;
		for (int i = 0; i < MEDIA_MAX_ENCODINGS; i++) {
			flows = flows || v->rates[i] != 0;
			if (v->rates[i] != 0 && v->rates[i] < LEAST_BPS) {
				v->rates[i] = LEAST_BPS;
			}
		}
		if (flows) {
			tracks[count++] = d;
		}
	}
	return count;
}

static void tell_state(struct peer *peer, struct downtrack *d, bool held_back) REQUIRES(on_media)
{
	if (d->held_back == held_back) {
		return;
	}
	d->held_back = held_back;
	d->held_us = peer->media->now_us;
	struct media_event *event = media_event_about(peer, MEDIA_STREAM_STATE);
	event->u.stream.downtrack = d->id;
	event->u.stream.paused = held_back;
	media_tell(peer->media, event);
}

static void release_all(struct peer *peer) REQUIRES(on_media)
{
	for (struct downtrack *d = peer->downtracks; d != NULL; d = d->next_of_peer) {
		d->allocated = MEDIA_MAX_ENCODINGS - 1;
		tell_state(peer, d, false);
	}
}

/* Returns what all would cost with the next better picture; 0: nobody wishes for more. */
static uint64_t choose(struct peer *peer) REQUIRES(on_media)
{
	struct downlink *link = &peer->downlink;
	struct downtrack *tracks[MAX_VIDEOS];
	struct allocate_video videos[MAX_VIDEOS], *sorted[MAX_VIDEOS];
	unsigned count = collect(peer, tracks, videos);
	for (unsigned i = 0; i < count; i++) {
		sorted[i] = &videos[i];
	}
	uint64_t audio = rate_bps(&link->audio, peer->media->now_us);
	uint64_t bps = link->bwe.bitrate > audio ? link->bwe.bitrate - audio : 0;
	struct allocation a = allocate(sorted, count, bps);
	for (unsigned i = 0; i < count; i++) {
		struct downtrack *d = tracks[i];
		bool best = videos[i].out >= videos[i].wish;
		/* With room for all that was wished, what may come yet is not held back. */
		int most = best || !a.reduced ? MEDIA_MAX_ENCODINGS - 1 : videos[i].out;
		d->allocated = most < 0 ? 0 : most;
		bool may_change = d->held_us == 0 || peer->media->now_us - d->held_us >= CHANGE_US;
		bool hold = may_change ? videos[i].out < 0 : d->held_back;
		tell_state(peer, d, hold);
	}
	link->starved = a.starved;
	link->reduced = a.reduced;
	return a.for_more == 0 ? 0 : a.for_more + audio;
}

/* --- probing ---------------------------------------------------------------------------------- */

/* Padding travels as packets that are sent again, which needs a stream of them. */
static struct downtrack *carrier(struct peer *peer)
{
	struct downtrack *found = NULL;
	for (struct downtrack *d = peer->downtracks; d != NULL; d = d->next_of_peer) {
		if (d->track->kind == MEDIA_VIDEO && downtrack_has_rtx(d) &&
			d->codec.transport_cc && (found == NULL || d->current >= 0)) {
			found = d;
		}
	}
	return found;
}

static void pad(struct peer *peer)
{
	struct downlink *link = &peer->downlink;
	struct downtrack *with = carrier(peer);
	size_t due = probe_due(&link->probe, peer->media->now_us);
	while (with != NULL && due > 0) {
		size_t sent = downtrack_pad(
			with, due < PROBE_PACKET ? due : PROBE_PACKET, peer->media->now_us);
		due = sent == 0 || sent >= due ? 0 : due - sent;
	}
}

static void probe(struct peer *peer, uint64_t for_more)
{
	struct downlink *link = &peer->downlink;
	int64_t now_us = peer->media->now_us;
	if (bwe_congested(&link->bwe, now_us)) {
		return;
	}
	if (for_more == 0 || !probe_may_start(&link->probe, now_us) || carrier(peer) == NULL ||
		peer->extensions.id[RTP_EXT_TRANSPORT_CC] == 0) {
		return;
	}
	uint64_t goal = for_more * PROBE_PERCENT / 100;
	uint64_t most = link->bwe.bitrate * PROBE_MOST;
	if (goal > link->bwe.bitrate) {
		probe_start(&link->probe, goal < most ? goal : most, now_us);
	}
}

static void follow_probe(struct peer *peer)
{
	struct downlink *link = &peer->downlink;
	int64_t now_us = peer->media->now_us;
	uint64_t bps;
	if (link->bwe.trend.state == TREND_OVERUSE) {
		probe_abort(&link->probe, now_us);
	}
	pad(peer);
	if (probe_answer(&link->probe, peer->rtt_us, now_us, &bps) && bps > 0) {
		bwe_probed(&link->bwe, bps, now_us);
		link->allocated_us = 0;
	}
}

/* --- the tick --------------------------------------------------------------------------------- */

static void drain(struct peer *peer)
{
	struct downlink *link = &peer->downlink;
	int64_t now_us = peer->media->now_us;
	while (link->queue_count > 0 && downlink_may_drain(link, now_us)) {
		unsigned at = link->queue_first;
		struct downtrack *d = link->queue[at].downtrack;
		link->queue_bytes -= link->queue[at].bytes;
		link->queue_first = (at + 1) % DOWNLINK_QUEUE;
		link->queue_count--;
		if (d != NULL) {
			downtrack_send_queued(d, link->queue[at].sequence, now_us);
		}
	}
}

void downlink_tick(struct peer *peer)
{
	struct downlink *link = &peer->downlink;
	int64_t now_us = peer->media->now_us;
	if (peer->downtracks == NULL) {
		return;
	}
	drain(peer);
	if (!link->bwe.informed) {
		return;
	}
	downlink_watch(link, now_us);
	follow_probe(peer);
	if (now_us - link->allocated_us < ALLOCATE_US) {
		return;
	}
	link->allocated_us = now_us;
	if (!peer_listens(peer)) {
		release_all(peer);
		return;
	}
	probe(peer, choose(peer));
}
