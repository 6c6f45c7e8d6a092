/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/transport.h"

#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/transport/demux.h"
#include "sfu/transport/sctp.h"
#include "sfu/transport/srtp.h"

struct transport {
	struct transport_events events;
	struct ice ice;
	struct dtls *dtls;
	struct srtp_session *srtp; /* once DTLS is connected */
	struct sctp *sctp;	   /* the same, when data is wanted */
	struct sctp_library *sctp_library;
	bool data;
	uint16_t sctp_port;
	enum transport_state state;
	int64_t heard_ms;
};

static enum status send_datagram(
	struct transport *t, enum urgency urgency, const uint8_t *datagram, size_t n)
{
	const struct path *path = ice_selected(&t->ice);
	return path == NULL ? STATUS_UNAVAILABLE
			    : t->events.send(t->events.context, path, urgency, datagram, n);
}

/* --- callbacks of the stages ------------------------------------------------------------------ */

static void on_dtls_send(void *context, const uint8_t *datagram, size_t n)
{
	/* What is lost here, DTLS sends again. */
	enum status lost = send_datagram(context, URGENCY_CONTROL, datagram, n);
	(void)lost;
}

static void on_dtls_receive(void *context, uint8_t *data, size_t n)
{
	struct transport *t = context;
	if (t->sctp != NULL) {
		sctp_handle(t->sctp, data, n);
	}
}

static void on_sctp_send(void *context, const uint8_t *packet, size_t n)
{
	struct transport *t = context;
	/* What is lost here, SCTP sends again. */
	enum status lost = dtls_send(t->dtls, packet, n);
	(void)lost;
}

static bool may_take(void *context)
{
	struct transport *t = context;
	return t->events.may_take(t->events.context);
}

static void on_sctp_message(void *context, unsigned channel, const uint8_t *bytes, size_t n)
{
	struct transport *t = context;
	t->events.message(t->events.context, channel, bytes, n);
}

static void on_channel_open(void *context, unsigned channel, struct str label)
{
	struct transport *t = context;
	t->events.channel_open(t->events.context, channel, label);
}

static void on_channel_closed(void *context, unsigned channel)
{
	struct transport *t = context;
	t->events.channel_closed(t->events.context, channel);
}

/* --- life ------------------------------------------------------------------------------------- */

struct transport *transport_new(const struct transport_config *config)
{
	struct transport *t = MEM_NEW(struct transport);
	t->events = config->events;
	t->sctp_library = config->sctp;
	t->data = config->data;
	t->sctp_port = config->sctp_port;
	ice_init(&t->ice, &config->local, config->remote_ufrag);
	struct dtls_events events = {
		.context = t, .send = on_dtls_send, .receive = on_dtls_receive};
	t->dtls = dtls_new(config->identity, &events);
	return t;
}

void transport_close(struct transport *transport)
{
	sctp_free(&transport->sctp);
	dtls_close(transport->dtls);
}

void transport_free(struct transport **transport)
{
	struct transport *t = *transport;
	if (t != NULL) {
		transport_close(t);
		dtls_free(&t->dtls);
		srtp_session_free(&t->srtp);
		secret_wipe(&t->ice, sizeof(t->ice));
	}
	mem_freep(transport);
}

static enum status connect_srtp(struct transport *t)
{
	struct srtp_keys keys;
	enum status status = dtls_srtp_keys(t->dtls, &keys);
	if (status == STATUS_OK) {
		status = srtp_session_new(&keys, &t->srtp);
	}
	secret_wipe(&keys, sizeof(keys));
	return status;
}

static void start_sctp(struct transport *t)
{
	struct sctp_events events = {.context = t,
		.send = on_sctp_send,
		.may_take = may_take,
		.message = on_sctp_message,
		.channel_open = on_channel_open,
		.channel_closed = on_channel_closed};
	if (t->sctp_library != NULL &&
		sctp_new(t->sctp_library, &events, t->sctp_port, &t->sctp) != STATUS_OK) {
		t->state = TRANSPORT_FAILED;
	}
}

/* Follows the state of DTLS. */
static void advance(struct transport *t)
{
	enum dtls_state state = dtls_state(t->dtls);
	if (state == DTLS_FAILED) {
		t->state = TRANSPORT_FAILED;
	} else if (state == DTLS_CLOSED) {
		t->state = TRANSPORT_CLOSED;
	} else if (state == DTLS_CONNECTED && t->state == TRANSPORT_NEW) {
		if (connect_srtp(t) != STATUS_OK) {
			t->state = TRANSPORT_FAILED;
			return;
		}
		t->state = TRANSPORT_CONNECTED;
		if (t->data) {
			start_sctp(t);
		}
	}
}

void transport_set_fingerprint(struct transport *transport, const uint8_t *fingerprint, size_t n)
{
	dtls_set_fingerprint(transport->dtls, fingerprint, n);
	advance(transport);
}

void transport_set_remote_ufrag(struct transport *transport, const char *remote_ufrag)
{
	ice_set_remote_ufrag(&transport->ice, remote_ufrag);
}

void transport_set_sctp_port(struct transport *transport, uint16_t port)
{
	transport->sctp_port = port;
}

void transport_want_data(struct transport *transport)
{
	bool late = !transport->data && transport->state == TRANSPORT_CONNECTED;
	transport->data = true;
	if (late) {
		start_sctp(transport);
	}
}

void transport_restart_ice(
	struct transport *transport, const struct ice_credentials *local, const char *remote_ufrag)
{
	ice_restart(&transport->ice, local, remote_ufrag);
}

/* --- datagrams in ----------------------------------------------------------------------------- */

enum ice_verdict transport_check(struct transport *transport, const struct stun_message *message,
	const struct path *path, int64_t now_ms, struct ice_result *result)
{
	enum ice_verdict verdict = ice_handle(&transport->ice, message, path, now_ms, result);
	if (verdict != ICE_DROP) {
		/* What is lost here, the peer asks for again. */
		enum status lost = transport->events.send(transport->events.context, path,
			URGENCY_CONTROL, result->reply, result->reply_size);
		(void)lost;
	}
	if (verdict == ICE_ACCEPT || verdict == ICE_NEW_PATH) {
		transport->heard_ms = now_ms;
	}
	return verdict;
}

enum transport_verdict transport_handle(
	struct transport *transport, uint8_t *datagram, size_t *n, int64_t now_ms)
{
	struct transport *t = transport;
	enum transport_verdict verdict = TRANSPORT_NONE;
	switch (demux(datagram, *n)) {
	case PACKET_DTLS:
		dtls_handle(t->dtls, datagram, *n);
		advance(t);
		break;
	case PACKET_RTP:
		if (t->srtp != NULL && srtp_open(t->srtp, datagram, n) == STATUS_OK) {
			verdict = TRANSPORT_RTP;
		}
		break;
	case PACKET_RTCP:
		if (t->srtp != NULL && srtcp_open(t->srtp, datagram, n) == STATUS_OK) {
			verdict = TRANSPORT_RTCP;
		}
		break;
	case PACKET_STUN:
	case PACKET_UNKNOWN:
		break;
	}
	if (verdict != TRANSPORT_NONE) {
		t->heard_ms = now_ms;
	}
	return verdict;
}

/* --- datagrams out ---------------------------------------------------------------------------- */

enum status transport_send_rtp(
	struct transport *transport, enum urgency urgency, uint8_t *packet, size_t n)
{
	if (transport->srtp == NULL) {
		return STATUS_UNAVAILABLE;
	}
	enum status status = srtp_seal(transport->srtp, packet, &n);
	return status == STATUS_OK ? send_datagram(transport, urgency, packet, n) : status;
}

enum status transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t n)
{
	if (transport->srtp == NULL) {
		return STATUS_UNAVAILABLE;
	}
	enum status status = srtcp_seal(transport->srtp, packet, &n);
	return status == STATUS_OK ? send_datagram(transport, URGENCY_CONTROL, packet, n) : status;
}

void transport_forget_ssrc(struct transport *transport, uint32_t ssrc)
{
	if (transport->srtp != NULL) {
		srtp_forget(transport->srtp, ssrc);
	}
}

enum status transport_open_channel(
	struct transport *transport, struct str label, bool unordered, bool no_retransmits)
{
	return transport->sctp == NULL
		       ? STATUS_UNAVAILABLE
		       : sctp_channel_open(transport->sctp, label, unordered, no_retransmits);
}

enum status transport_send_data(
	struct transport *transport, unsigned channel, const uint8_t *bytes, size_t n)
{
	return transport->sctp == NULL ? STATUS_UNAVAILABLE
				       : sctp_send(transport->sctp, channel, bytes, n);
}

void transport_tick(struct transport *transport)
{
	if (transport->sctp != NULL) {
		sctp_tick(transport->sctp);
	}
	if (dtls_timer(transport->dtls) == 0) {
		dtls_tick(transport->dtls);
		advance(transport);
	}
}

bool transport_expire(struct transport *transport, int64_t now_ms, struct path *out)
{
	return ice_expire(&transport->ice, now_ms, out);
}

void transport_forget_path(struct transport *transport, const struct path *path)
{
	ice_forget(&transport->ice, path);
}

enum transport_state transport_state(const struct transport *transport)
{
	return transport->state;
}

int64_t transport_heard_ms(const struct transport *transport)
{
	return transport->heard_ms;
}

const struct path *transport_path(const struct transport *transport)
{
	return ice_selected(&transport->ice);
}

const struct ice *transport_ice(const struct transport *transport)
{
	return &transport->ice;
}
