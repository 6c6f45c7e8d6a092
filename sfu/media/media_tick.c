/* SPDX-License-Identifier: Apache-2.0 */
/* What time brings: retransmissions, reports, who speaks, who has gone. */
#include <stdlib.h>

#include "sfu/media/downtrack.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"
#include "sfu/transport/sctp.h"

#define STATS_US    5000000
#define TCP_TICK_US 500000
#define LEVEL_STEPS 8.0f /* finer changes of loudness are not told */

/* --- statistics ------------------------------------------------------------------------------- */

/* Loss of what the peer publishes since this was asked last. */
static float loss_up(struct peer *peer)
{
	uint64_t expected = 0, received = 0;
	for (struct track *t = peer->tracks; t != NULL; t = t->next) {
		for (unsigned i = 0; i < t->encoding_count; i++) {
			const struct receiver *r = &t->encodings[i].receiver;
			expected += r->started ? r->highest - r->first + 1 : 0;
			received += r->received;
		}
	}
	/* Tracks that went away take their counts with them: such an interval says nothing. */
	uint64_t e = expected > peer->counts.expected ? expected - peer->counts.expected : 0;
	uint64_t r = received > peer->counts.received ? received - peer->counts.received : 0;
	peer->counts.expected = expected;
	peer->counts.received = received;
	return e > r && e > 0 ? (float)(e - r) / (float)e : 0.0f;
}

static void tell_stats(struct peer *peer) REQUIRES(on_media)
{
	struct media_event *event = media_event_about(peer, MEDIA_STATS);
	event->u.stats = (struct media_stats){.rtt_ms = (uint32_t)(peer->rtt_us / 1000),
		.loss_up = loss_up(peer),
		.loss_down = peer->loss_down,
		.bytes_in = peer->counts.bytes_in,
		.bytes_out = peer->counts.bytes_out,
		.packets_in = peer->counts.packets_in,
		.packets_out = peer->counts.packets_out,
		.estimate_down = peer->downlink.bwe.informed ? peer->downlink.bwe.bitrate : 0,
		.starved = peer->downlink.starved,
		.reduced = peer->downlink.reduced};
	media_tell(peer->media, event);
}

/* --- tracks ----------------------------------------------------------------------------------- */

static void tell_layers(struct peer *peer, struct track *track) REQUIRES(on_media)
{
	uint32_t layers = track_layers(track, peer->media->now_us);
	if (layers == track->layers_told) {
		return;
	}
	struct media_event *event = media_event_about(peer, MEDIA_TRACK_LAYERS);
	event->track = track->id;
	event->u.layers = layers;
	track->layers_told = layers;
	media_tell(peer->media, event);
}

/* --- speakers --------------------------------------------------------------------------------- */

static int by_level(const void *a, const void *b)
{
	float la = ((const struct media_speaker *)a)->level;
	float lb = ((const struct media_speaker *)b)->level;
	return la < lb ? 1 : la > lb ? -1 : 0;
}

static void collect_speakers(struct meeting *meeting, struct media_speakers *out)
{
	*out = (struct media_speakers){.count = 0};
	for (struct peer *p = meeting->peers; p != NULL; p = p->next) {
		for (struct track *t = p->tracks; t != NULL; t = t->next) {
			t->speaking = t->speaker && speaker_close_window(&t->level);
			if (t->speaking && !t->muted && out->count < MEDIA_MAX_SPEAKERS) {
				float steps = t->level.level * LEVEL_STEPS;
				out->list[out->count++] = (struct media_speaker){
					.participant = p->participant,
					.track = t->id,
					.level = (float)(int)(steps + 1.0f) / (LEVEL_STEPS + 1.0f)};
			}
		}
	}
	qsort(out->list, out->count, sizeof(out->list[0]), by_level);
}

static bool same_speakers(const struct media_speakers *a, const struct media_speakers *b)
{
	bool same = a->count == b->count;
	for (unsigned i = 0; same && i < a->count; i++) {
		same = a->list[i].participant == b->list[i].participant &&
		       a->list[i].track == b->list[i].track &&
		       !(a->list[i].level < b->list[i].level) &&
		       !(a->list[i].level > b->list[i].level);
	}
	return same;
}

static void tick_meeting(struct media *media, struct meeting *meeting) REQUIRES(on_media)
{
	struct media_speakers speakers;
	if (media->now_us - meeting->speakers_us < SPEAKER_WINDOW_US) {
		return;
	}
	meeting->speakers_us = media->now_us;
	collect_speakers(meeting, &speakers);
	if (same_speakers(&speakers, &meeting->speakers_told)) {
		return;
	}
	struct media_event *event = media_event_new(MEDIA_SPEAKERS);
	event->meeting = meeting->id;
	event->u.speakers = speakers;
	meeting->speakers_told = speakers;
	media_tell(media, event);
}

/* --- the tick --------------------------------------------------------------------------------- */

/* Consent that has run out (RFC 7675). */
static void expire_paths(struct peer *peer)
{
	struct media *media = peer->media;
	struct path path;
	while (transport_expire(peer->transport, media->now_us / 1000, &path)) {
		media->counters.consent_lost++;
		media_drop_path(media, peer, &path);
	}
}

static void tick_peer(struct peer *peer) REQUIRES(on_media)
{
	expire_paths(peer);
	transport_tick(peer->transport);
	media_follow_peer(peer);
	media_data_tick(peer);
	for (struct track *t = peer->tracks; t != NULL; t = t->next) {
		tell_layers(peer, t);
	}
	if (!peer_listens(peer)) {
		return;
	}
	feedback_tick(peer);
	downlink_tick(peer);
	if (peer->media->now_us - peer->told_us >= STATS_US) {
		peer->told_us = peer->media->now_us;
		tell_stats(peer);
	}
}

void media_tick(struct media *media)
{
	int64_t elapsed_us = media->now_us - media->tick_us;
	if (elapsed_us < MEDIA_TICK_US) {
		return;
	}
	media->tick_us += elapsed_us / 1000 * 1000;
	sctp_library_tick(media->team->sctp, media->now_us);
	size_t cursor = 0;
	struct str key;
	void *value;
	while (map_next(media->peers, &cursor, &key, &value)) {
		tick_peer(value);
	}
	cursor = 0;
	while (map_next(media->meetings, &cursor, &key, &value)) {
		tick_meeting(media, value);
	}
	if (media->now_us - media->tcp_ticked_us >= TCP_TICK_US) {
		media->tcp_ticked_us = media->now_us;
		tcp_tick(media->tcp, media->now_us);
	}
	media_tell_backlog(media);
	media_flush_counters(media);
}
