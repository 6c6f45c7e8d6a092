/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/media.h"

#include <stddef.h>

#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "sfu/media/peer.h"

#define DROPPED "Datagrams that changed nothing"

static const struct {
	const char *name;
	const char *help;
	const char *labels; /* NULL: none */
	size_t at;	    /* in struct media_counters */
} rows[] = {
	{"parvis_sfu_packets_received_total", "RTP and RTCP packets from peers", NULL,
		offsetof(struct media_counters, packets_in)},
	{"parvis_sfu_packets_sent_total", "Datagrams to peers", NULL,
		offsetof(struct media_counters, packets_out)},
	{"parvis_sfu_received_bytes_total", "Bytes of datagrams from peers", NULL,
		offsetof(struct media_counters, bytes_in)},
	{"parvis_sfu_sent_bytes_total", "Bytes of datagrams to peers", NULL,
		offsetof(struct media_counters, bytes_out)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"malformed\"",
		offsetof(struct media_counters, dropped_malformed)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"stranger\"",
		offsetof(struct media_counters, dropped_stranger)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"unproven\"",
		offsetof(struct media_counters, dropped_unproven)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"limited\"",
		offsetof(struct media_counters, dropped_limited)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"forged\"",
		offsetof(struct media_counters, dropped_forged)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"trackless\"",
		offsetof(struct media_counters, dropped)},
	{"parvis_sfu_dropped_total", DROPPED, "reason=\"busy\"",
		offsetof(struct media_counters, not_passed)},
	{"parvis_sfu_passed_on_total", "Datagrams passed on to another media thread", NULL,
		offsetof(struct media_counters, passed_on)},
	{"parvis_sfu_consent_lost_total", "Paths to peers that went silent", NULL,
		offsetof(struct media_counters, consent_lost)},
	{"parvis_sfu_tcp_accepted_total", "TCP connections that came in", NULL,
		offsetof(struct media_counters, tcp.accepted)},
	{"parvis_sfu_tcp_refused_total", "TCP connections for which there was no place", NULL,
		offsetof(struct media_counters, tcp.refused)},
	{"parvis_sfu_tcp_unproven_total", "TCP connections of strangers that stayed strangers",
		NULL, offsetof(struct media_counters, tcp.unproven)},
	{"parvis_sfu_tcp_left_out_total", "Packets for TCP connections that were backed up", NULL,
		offsetof(struct media_counters, tcp.left_out)},
	{"parvis_sfu_send_failures_total", "Datagrams that the kernel did not take", NULL,
		offsetof(struct media_counters, send_failed)},
	{"parvis_sfu_events_lost_total", "Events that signalling was too slow for", NULL,
		offsetof(struct media_counters, events_lost)},
	{"parvis_sfu_data_lost_total", "Data messages that a peer was too slow for", NULL,
		offsetof(struct media_counters, data_lost)},
	{"parvis_sfu_nacks_received_total", "Packets that subscribers asked for again", NULL,
		offsetof(struct media_counters, nacks_in)},
	{"parvis_sfu_nacks_sent_total", "Packets that publishers were asked for again", NULL,
		offsetof(struct media_counters, nacks_out)},
	{"parvis_sfu_keyframe_requests_total", "PLI sent to publishers", NULL,
		offsetof(struct media_counters, keyframes_asked)},
};

_Static_assert(ARRAY_LEN(rows) <= ARRAY_LEN(((struct media *)0)->metrics), "room for metrics");

static void on_tcp_packet(void *context, const struct datagram *datagram)
{
	role_take(&on_media);
	media_receive(context, datagram);
}

static void on_tcp_closed(void *context, const struct path *path)
{
	struct media *media = context;
	struct peer *peer = map_find(media->addresses, media_address_key(&path->remote));
	if (peer != NULL) {
		transport_forget_path(peer->transport, path);
		media_drop_path(media, peer, path);
	}
}

void media_init(struct media *media, const struct dtls_identity *dtls, struct mailbox *events,
	struct metrics *metrics, struct team *team, unsigned index)
{
	*media = (struct media){.team = team,
		.index = index,
		.dtls = dtls,
		.events = events,
		.meetings = map_new(MEDIA_MAX_OBJECTS),
		.peers = map_new(MEDIA_MAX_OBJECTS),
		.tracks = map_new(MEDIA_MAX_OBJECTS),
		.downtracks = map_new(MEDIA_MAX_OBJECTS),
		.ufrags = map_new(2 * MEDIA_MAX_OBJECTS),
		.addresses = map_new(ICE_MAX_PATHS * MEDIA_MAX_OBJECTS)};
	media->tcp = tcp_new(&(struct tcp_events){media, on_tcp_packet, on_tcp_closed});
	sources_init(&media->sources);
	for (size_t i = 0; metrics != NULL && i < ARRAY_LEN(rows); i++) {
		media->metrics[i] = metrics_counter(metrics, rows[i].name, rows[i].help,
			rows[i].labels == NULL ? "" : rows[i].labels);
	}
}

static void free_meeting(void *meeting)
{
	mem_freep(&meeting);
}

void media_release(struct media *media)
{
	size_t cursor = 0;
	struct str key;
	void *peer;
	while (map_next(media->peers, &cursor, &key, &peer)) {
		media_close_peer(peer);
	}
	media_flush_counters(media);
	for (; media->backlog_count > 0; media->backlog_count--) {
		media_event_free(&media->backlog[media->backlog_first++ % MEDIA_MAX_BACKLOG]);
	}
	map_free(&media->meetings, free_meeting);
	map_free(&media->peers, NULL);
	map_free(&media->tracks, NULL);
	map_free(&media->downtracks, NULL);
	map_free(&media->ufrags, NULL);
	map_free(&media->addresses, NULL);
	tcp_free(&media->tcp);
}

void media_flush_counters(struct media *media)
{
	media->counters.tcp = *tcp_counters(media->tcp);
	*tcp_counters(media->tcp) = (struct tcp_counters){.accepted = 0};
	for (size_t i = 0; i < ARRAY_LEN(rows) && media->metrics[i] != NULL; i++) {
		int64_t *count = (int64_t *)(void *)((char *)&media->counters + rows[i].at);
		if (*count != 0) {
			metric_add(media->metrics[i], *count);
			*count = 0;
		}
	}
}
