/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a media thread owns: its socket, its meetings, and every index by which a packet or a
 * command finds its object. Private to media/.
 */
#ifndef PARVIS_SFU_MEDIA_H
#define PARVIS_SFU_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mailbox.h"
#include "common/base/map.h"
#include "common/base/thread.h"
#include "sfu/media/messages.h"
#include "sfu/media/team.h"
#include "sfu/transport/sockets.h"
#include "sfu/transport/sources.h"
#include "sfu/transport/tcp.h"

#define MEDIA_MAX_OBJECTS 65536 /* meetings, transports, tracks, downtracks: of each */
#define MEDIA_MAX_BACKLOG 1024	/* events that wait for room in the mailbox */

struct dtls_identity;
struct metric;
struct metrics;
struct peer;
struct track;
struct downtrack;

struct meeting {
	uint64_t id;
	struct peer *peers;    /* by next */
	unsigned behind_count; /* of them, for whom reliable data wait */
	int64_t speakers_us;
	struct media_speakers speakers_told;
};

/* Counted without locks, added to the metrics once per tick. */
struct media_counters {
	int64_t packets_in, packets_out, bytes_in, bytes_out;
	/* Datagrams that changed nothing, by the reason. */
	int64_t dropped_malformed; /* no STUN, though it looked like it */
	int64_t dropped_stranger;  /* from nobody, or for nobody */
	int64_t dropped_unproven; /* a check without the right password, or from another's address */
	int64_t dropped_limited;  /* too many checks from one address */
	int64_t dropped_forged;	  /* SRTP that is forged, replayed or too early */
	int64_t dropped;	  /* authentic, but of no track, or more than fits */
	int64_t passed_on;	  /* to the thread that it was for */
	int64_t not_passed;	  /* that thread had too much to do */
	int64_t consent_lost;	  /* paths that went silent */
	int64_t send_failed;	  /* the kernel had no room */
	int64_t events_lost;	  /* data, stats, speakers: signalling did not keep up */
	int64_t data_lost;	  /* messages to a peer that did not keep up, or has no channel */
	int64_t nacks_in, nacks_out, keyframes_asked;
	struct tcp_counters tcp;
};

struct media {
	struct team *team;
	unsigned index;	 /* ours in the team */
	uint32_t passed; /* bit i: thread i has something to take, and sleeps perhaps */
	struct udp_socket socket;
	struct tcp *tcp;
	struct sources sources;
	const struct dtls_identity *dtls;
	struct mailbox *events;
	int64_t now_us;	    /* of this turn of the loop */
	int64_t arrived_us; /* of the datagram in hand */
	int64_t tick_us, tcp_ticked_us;
	struct map *meetings;	/* id -> struct meeting */
	struct map *peers;	/* id -> struct peer */
	struct map *tracks;	/* id -> struct track */
	struct map *downtracks; /* id -> struct downtrack */
	struct map *ufrags;	/* local ufrag -> struct peer */
	struct map *addresses;	/* remote struct address -> struct peer */
	struct media_event *backlog[MEDIA_MAX_BACKLOG];
	unsigned backlog_first, backlog_count;
	struct media_counters counters;
	struct metric *metrics[32]; /* in the order of the table in media.c */
	bool stopping;
};

static inline struct str media_key(const uint64_t *id)
{
	return str_n((const char *)id, sizeof(*id));
}

static inline struct str media_address_key(const struct address *address)
{
	return str_n((const char *)address, sizeof(*address));
}

void media_init(struct media *media, const struct dtls_identity *dtls, struct mailbox *events,
	struct metrics *metrics, struct team *team, unsigned index);
/* Closes everything; the UDP socket is the caller's. */
void media_release(struct media *media) REQUIRES(on_media);

void media_flush_counters(struct media *media);

/* media_commands.c: does what signalling says, and frees the command. */
void media_apply(struct media *media, struct media_command *command) REQUIRES(on_media);

/* media_receive.c: one datagram, from the socket on. */
void media_receive(struct media *media, const struct datagram *datagram) REQUIRES(on_media);

/* A path of a peer is no more: its address is free for others, its TCP connection closed. */
void media_drop_path(struct media *media, struct peer *peer, const struct path *path);

/* media_tick.c: what is due; MEDIA_TICK_US apart. */
#define MEDIA_TICK_US 10000
void media_tick(struct media *media) REQUIRES(on_media);

/* media_events.c: to signalling; the event is taken over. What may be lost is lost when the
 * mailbox is full, the rest waits. */
void media_tell(struct media *media, struct media_event *event) REQUIRES(on_media);
void media_tell_backlog(struct media *media) REQUIRES(on_media);
/* An event about this peer, with its ids filled in. */
struct media_event *media_event_about(const struct peer *peer, enum media_event_kind kind);

/* forward.c: an opened RTP packet of a peer. */
void forward_rtp(struct peer *peer, const uint8_t *packet, size_t n) REQUIRES(on_media);
/* feedback.c: an opened RTCP datagram of a peer; and what we have to tell it. */
void feedback_receive(struct peer *peer, const uint8_t *packet, size_t n) REQUIRES(on_media);
void feedback_tick(struct peer *peer) REQUIRES(on_media);

/* media_peer.c: peers of a media thread. */
void media_open_peer(struct media *media, const struct media_command *command) REQUIRES(on_media);
void media_update_peer(struct peer *peer, const struct media_transport_params *params)
	REQUIRES(on_media);
void media_close_peer(struct peer *peer) REQUIRES(on_media);
/* The peer is not found by this ufrag any more; empties the text. */
void media_forget_ufrag(struct peer *peer, char ufrag[MEDIA_UFRAG_MAX + 1]);
/* Tells signalling when the state of the transport has changed. */
void media_follow_peer(struct peer *peer) REQUIRES(on_media);
void media_close_track(struct track *track) REQUIRES(on_media);
void media_close_downtrack(struct downtrack *downtrack) REQUIRES(on_media);

/* media_data.c: data messages of a peer. */
#define MEDIA_MESSAGE_COST (4 * 1024) /* as many bytes: a small one is work, too */
void media_data_init(struct peer *peer);
void media_data_release(struct peer *peer);
bool media_data_may_come(struct peer *peer);
void media_data_arrived(struct peer *peer, unsigned channel, const uint8_t *bytes, size_t n)
	REQUIRES(on_media);
/* Takes the command when it has to wait. */
void media_send_data(struct peer *peer, struct media_command **command) REQUIRES(on_media);
void media_data_tick(struct peer *peer) REQUIRES(on_media);

#endif
