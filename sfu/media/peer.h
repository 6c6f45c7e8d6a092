/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One participant's peer connection as a media thread sees it: the transport, and what is
 * published and subscribed over it.
 */
#ifndef PARVIS_SFU_PEER_H
#define PARVIS_SFU_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/downlink.h"
#include "sfu/media/messages.h"
#include "sfu/media/rtcp.h"
#include "sfu/media/rtp.h"
#include "sfu/media/twcc.h"
#include "sfu/transport/transport.h"

#define PEER_SSRCS	    128 /* incoming ones that may be bound at a time */
#define PEER_NO_CHANNEL	    0xffu
#define PEER_DEFAULT_RTT_US 100000

struct media;
struct meeting;
struct track;
struct encoding;
struct downtrack;

/* An incoming SSRC and what it carries. */
struct ssrc_binding {
	uint32_t ssrc; /* 0: free */
	bool rtx;
	struct encoding *encoding;
};

struct peer_counts {
	uint64_t packets_in, bytes_in, packets_out, bytes_out;
	uint64_t expected, received; /* of what it publishes, when last told */
};

struct peer {
	uint64_t id; /* the transport's */
	uint64_t participant;
	struct media *media;
	struct meeting *meeting;
	struct transport *transport;
	struct rtp_extension_ids extensions;
	enum media_data_role data;
	uint32_t data_max;		 /* bytes of a message that the peer takes */
	uint8_t channels[CHANNEL_COUNT]; /* index in the transport, or PEER_NO_CHANNEL */
	uint32_t rtcp_ssrc;		 /* ours, as the sender of feedback */
	char ufrag[MEDIA_UFRAG_MAX + 1]; /* as it is found by */
	char previous_ufrag[MEDIA_UFRAG_MAX + 1];
	struct track *tracks;	      /* published, by next */
	struct downtrack *downtracks; /* subscribed, by next_of_peer */
	struct ssrc_binding bindings[PEER_SSRCS];
	struct twcc_recorder twcc; /* of what it sends */
	struct downlink downlink;  /* what it gets */
	int64_t opened_us, reported_us, told_us, twcc_us;
	int64_t rtt_us; /* 0: unknown */
	float loss_down;
	bool connected, lost;	      /* what signalling was told last */
	int64_t data_credit, data_us; /* what its data messages may cost, as of then */
	/* Reliable messages that SCTP has no room for: oldest first, the time since some wait. */
	struct media_command *waiting, *waiting_last;
	size_t waiting_bytes;
	int64_t waiting_us;
	bool given_up; /* did not keep up: gets no more data */
	struct peer_counts counts;
	struct peer *next; /* of the meeting */
};

/* What carries this SSRC: NULL when it is not bound (yet). */
struct ssrc_binding *peer_binding(struct peer *peer, uint32_t ssrc);
/* Binds, or binds anew. False when all places are taken. */
bool peer_bind(struct peer *peer, uint32_t ssrc, struct encoding *encoding, bool rtx);
void peer_unbind_track(struct peer *peer, const struct track *track);
/* Finds out by MID and RID (RFC 8843 section 9.2) what a new SSRC carries, and binds it. */
struct ssrc_binding *peer_bind_by_extensions(struct peer *peer, const struct rtp_packet *packet);

struct downtrack *peer_downtrack_by_ssrc(struct peer *peer, uint32_t ssrc); /* RTX too; or NULL */

/* Connected, and its consent to receive is fresh. */
static inline bool peer_listens(const struct peer *peer)
{
	return peer->connected && !peer->lost;
}

/* The packet is sealed in place: it needs SRTP_TRAILER or SRTCP_TRAILER of room behind it. False
 * when it was left out: the peer's path is backed up or gone. */
bool peer_send_rtp(struct peer *peer, enum urgency urgency, uint8_t *packet, size_t n);
void peer_send_rtcp(struct peer *peer, uint8_t *packet, size_t n);

#endif
