/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One peer connection: ICE-lite, DTLS, SRTP and data channels on one path, put together. Takes
 * datagrams, gives opened RTP and RTCP packets, and sends through a callback. Knows no socket; the
 * time comes in. One thread.
 */
#ifndef PARVIS_SFU_TRANSPORT_H
#define PARVIS_SFU_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/transport/address.h"
#include "sfu/transport/dtls.h"
#include "sfu/transport/ice.h"
#include "sfu/transport/urgency.h"

struct sctp_library;

struct transport_events {
	void *context;
	/* STATUS_OK when it is on its way; STATUS_LIMITED when that path is backed up, and
	 * STATUS_UNAVAILABLE when it cannot be sent: it is lost then, as on any network. */
	enum status (*send)(void *context, const struct path *path, enum urgency urgency,
		const uint8_t *datagram, size_t n);
	/* Data channels by index (transport/sctp.h). */
	void (*channel_open)(void *context, unsigned channel, struct str label);
	void (*channel_closed)(void *context, unsigned channel);
	bool (*may_take)(void *context);
	void (*message)(void *context, unsigned channel, const uint8_t *bytes, size_t n);
};

struct transport_config {
	const struct dtls_identity *identity;
	struct ice_credentials local;
	const char *remote_ufrag;  /* "": any */
	struct sctp_library *sctp; /* NULL: no data */
	bool data;		   /* run SCTP once connected */
	uint16_t sctp_port;	   /* the peer's */
	struct transport_events events;
};

enum transport_state {
	TRANSPORT_NEW,	     /* ICE or DTLS under way */
	TRANSPORT_CONNECTED, /* media and data can flow */
	TRANSPORT_FAILED,    /* DTLS failed, for good */
	TRANSPORT_CLOSED,    /* the peer said so */
};

/* What a datagram turned out to be. */
enum transport_verdict { TRANSPORT_NONE, TRANSPORT_RTP, TRANSPORT_RTCP };

struct transport;

struct transport *transport_new(const struct transport_config *config);
/* Says close_notify, while there is still a path to say it on. */
void transport_close(struct transport *transport);
void transport_free(struct transport **transport);

void transport_set_fingerprint(struct transport *transport, const uint8_t *fingerprint, size_t n);
void transport_set_remote_ufrag(struct transport *transport, const char *remote_ufrag);
void transport_set_sctp_port(struct transport *transport, uint16_t port);
/* Runs SCTP from now on, or once connected, if it does not yet. */
void transport_want_data(struct transport *transport);
void transport_restart_ice(
	struct transport *transport, const struct ice_credentials *local, const char *remote_ufrag);

/* A STUN message whose USERNAME names this transport. Answers it. */
enum ice_verdict transport_check(struct transport *transport, const struct stun_message *message,
	const struct path *path, int64_t now_ms, struct ice_result *result);

/* Any other datagram, from a path that ice knows. For RTP and RTCP *n is the opened size; what is
 * forged, replayed or too early is TRANSPORT_NONE. */
enum transport_verdict transport_handle(
	struct transport *transport, uint8_t *datagram, size_t *n, int64_t now_ms);

/* Seals in place and sends: the packet needs SRTP_TRAILER (SRTCP_TRAILER) bytes of room. What the
 * path says is the answer (see transport_events.send). */
MUST_CHECK enum status transport_send_rtp(
	struct transport *transport, enum urgency urgency, uint8_t *packet, size_t n);
MUST_CHECK enum status transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t n);
void transport_forget_ssrc(struct transport *transport, uint32_t ssrc);

/* Data channels, once connected: see transport/sctp.h. STATUS_UNAVAILABLE without SCTP. */
MUST_CHECK enum status transport_open_channel(
	struct transport *transport, struct str label, bool unordered, bool no_retransmits);
MUST_CHECK enum status transport_send_data(
	struct transport *transport, unsigned channel, const uint8_t *bytes, size_t n);

/* Retransmits what DTLS has to; call every TRANSPORT_TICK_MS. */
#define TRANSPORT_TICK_MS 20
void transport_tick(struct transport *transport);

/* See ice_expire() and ice_forget(). */
bool transport_expire(struct transport *transport, int64_t now_ms, struct path *out);
void transport_forget_path(struct transport *transport, const struct path *path);

enum transport_state transport_state(const struct transport *transport);
/* When the peer last proved itself: a good check, or an authentic packet. 0: never. */
int64_t transport_heard_ms(const struct transport *transport);
const struct path *transport_path(const struct transport *transport); /* or NULL */
const struct ice *transport_ice(const struct transport *transport);

#endif
