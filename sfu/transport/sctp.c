/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/sctp.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <usrsctp.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "sfu/transport/wire.h"

#define LOCAL_PORT     5000
#define STREAMS	       1024
#define PATH_MTU       1120 /* with SCTP's header below DTLS_DATA_MAX */
#define RECEIVE_BUFFER (256 * 1024)
#define FINISH_TRIES   100
#define POSTED_MAX     256 /* packets of one association that wait for its thread */

#define HEADER_BYTES	   12 /* of a packet (RFC 9260 section 3) */
#define CHUNK_HEADER_BYTES 4
#define CHUNK_DATA	   0
#define CHUNK_I_DATA	   64 /* RFC 8260 */

/* Payload protocol identifiers (RFC 8831 section 8). */
#define PPID_DCEP	  50u
#define PPID_STRING	  51u
#define PPID_BINARY	  53u
#define PPID_STRING_EMPTY 56u
#define PPID_BINARY_EMPTY 57u

enum channel_state { CHANNEL_FREE, CHANNEL_WAITING, CHANNEL_OPENING, CHANNEL_OPENED };

struct channel {
	enum channel_state state;
	uint16_t stream;
	bool unordered;
	enum dcep_reliability reliability;
	uint32_t reliability_parameter;
	size_t label_size;
	char label[DCEP_LABEL_MAX];
};

/* Something that a timer has brought forth. */
struct posted {
	struct posted *next;
	bool notification; /* otherwise a packet to send */
	size_t n;
	uint8_t bytes[];
};

struct sctp_library {
	struct mutex lock; /* of every call into the library */
	bool ticking;	   /* its timers run: what they bring forth is posted */
	int64_t ticked_us;
};

struct sctp {
	struct sctp_library *library;
	struct posted *posted, **posted_last;
	unsigned posted_count;
	atomic_bool has_posted;
	struct socket *socket;
	struct sctp_events events;
	bool up;
	struct channel channels[SCTP_MAX_CHANNELS];
	struct buf partial; /* pieces of the message being delivered */
};

/* --- the library ------------------------------------------------------------------------------ */

static void post(struct sctp *sctp, bool notification, const void *bytes, size_t n)
{
	struct posted *p = mem_alloc(sizeof(*p) + n);
	p->notification = notification;
	p->n = n;
	memcpy(p->bytes, bytes, n);
	*sctp->posted_last = p;
	sctp->posted_last = &p->next;
	sctp->posted_count++;
	atomic_store_explicit(&sctp->has_posted, true, memory_order_release);
}

static struct posted *take_posted(struct sctp *sctp)
{
	struct posted *first = sctp->posted;
	sctp->posted = NULL;
	sctp->posted_last = &sctp->posted;
	sctp->posted_count = 0;
	atomic_store_explicit(&sctp->has_posted, false, memory_order_relaxed);
	return first;
}

static int on_output(void *address, void *buffer, size_t n, uint8_t tos, uint8_t set_df)
{
	(void)tos;
	(void)set_df;
	struct sctp *sctp = address;
	if (!sctp->library->ticking) {
		sctp->events.send(sctp->events.context, buffer, n);
	} else if (sctp->posted_count < POSTED_MAX) {
		post(sctp, false, buffer, n);
	}
	return 0;
}

struct sctp_library *sctp_library_start(void)
{
	struct sctp_library *library = MEM_NEW(struct sctp_library);
	mutex_init(&library->lock);
	usrsctp_init_nothreads(0, on_output, NULL);
	/* Checked by DTLS already; DTLS also makes these three extensions pointless. */
	usrsctp_sysctl_set_sctp_ecn_enable(0);
	usrsctp_sysctl_set_sctp_auth_enable(0);
	usrsctp_sysctl_set_sctp_asconf_enable(0);
	usrsctp_sysctl_set_sctp_rto_initial_default(500);
	usrsctp_sysctl_set_sctp_rto_min_default(200);
	return library;
}

void sctp_library_stop(struct sctp_library **library)
{
	for (int i = 0; i < FINISH_TRIES && usrsctp_finish() != 0; i++) {
		usrsctp_handle_timers(100);
	}
	mutex_release(&(*library)->lock);
	mem_freep(library);
}

void sctp_library_tick(struct sctp_library *library, int64_t now_us)
{
	mutex_lock(&library->lock);
	int64_t elapsed_ms = (now_us - library->ticked_us) / 1000;
	if (library->ticked_us == 0) {
		library->ticked_us = now_us;
	} else if (elapsed_ms >= SCTP_TICK_MS) {
		library->ticked_us += elapsed_ms * 1000;
		library->ticking = true;
		usrsctp_handle_timers((uint32_t)elapsed_ms);
		library->ticking = false;
	}
	mutex_unlock(&library->lock);
}

/* --- channels --------------------------------------------------------------------------------- */

static struct channel *channel_of_stream(struct sctp *sctp, uint16_t stream)
{
	for (size_t i = 0; i < SCTP_MAX_CHANNELS; i++) {
		struct channel *c = &sctp->channels[i];
		if (c->state != CHANNEL_FREE && c->state != CHANNEL_WAITING &&
			c->stream == stream) {
			return c;
		}
	}
	return NULL;
}

static struct channel *channel_take_free(struct sctp *sctp)
{
	for (size_t i = 0; i < SCTP_MAX_CHANNELS; i++) {
		if (sctp->channels[i].state == CHANNEL_FREE) {
			return &sctp->channels[i];
		}
	}
	return NULL;
}

static unsigned channel_index(const struct sctp *sctp, const struct channel *channel)
{
	return (unsigned)(channel - sctp->channels);
}

static enum status transmit(struct sctp *sctp, const struct channel *channel, uint32_t ppid,
	const uint8_t *bytes, size_t n)
{
	struct sctp_sendv_spa spa = {.sendv_flags = SCTP_SEND_SNDINFO_VALID};
	spa.sendv_sndinfo.snd_sid = channel->stream;
	spa.sendv_sndinfo.snd_ppid = htonl(ppid);
	spa.sendv_sndinfo.snd_flags = SCTP_EOR;
	/* DCEP itself is always ordered and reliable (RFC 8832 section 6). */
	if (ppid != PPID_DCEP && channel->unordered) {
		spa.sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
	}
	if (ppid != PPID_DCEP && channel->reliability != DCEP_RELIABLE) {
		spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
		spa.sendv_prinfo.pr_policy = channel->reliability == DCEP_MAX_RETRANSMITS
						     ? SCTP_PR_SCTP_RTX
						     : SCTP_PR_SCTP_TTL;
		spa.sendv_prinfo.pr_value = channel->reliability_parameter;
	}
	ssize_t sent = usrsctp_sendv(
		sctp->socket, bytes, n, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0);
	if (sent == (ssize_t)n) {
		return STATUS_OK;
	}
	return errno == EWOULDBLOCK || errno == ENOBUFS ? STATUS_LIMITED : STATUS_UNAVAILABLE;
}

static enum status send_open(struct sctp *sctp, struct channel *channel)
{
	struct dcep_message open = {.kind = DCEP_OPEN,
		.unordered = channel->unordered,
		.reliability = channel->reliability,
		.reliability_parameter = channel->reliability_parameter,
		.label = str_n(channel->label, channel->label_size)};
	uint8_t bytes[DCEP_OPEN_MAX];
	/* We are the DTLS server: odd streams are ours. */
	channel->stream = (uint16_t)(2 * channel_index(sctp, channel) + 1);
	channel->state = CHANNEL_OPENING;
	return transmit(sctp, channel, PPID_DCEP, bytes, dcep_write(&open, bytes));
}

static void opened(struct sctp *sctp, struct channel *channel)
{
	channel->state = CHANNEL_OPENED;
	sctp->events.channel_open(sctp->events.context, channel_index(sctp, channel),
		str_n(channel->label, channel->label_size));
}

static void closed(struct sctp *sctp, struct channel *channel)
{
	bool was_open = channel->state == CHANNEL_OPENED;
	unsigned index = channel_index(sctp, channel);
	*channel = (struct channel){.state = CHANNEL_FREE};
	if (was_open) {
		sctp->events.channel_closed(sctp->events.context, index);
	}
}

/* Closing goes both ways: the peer reset its half, we reset ours (RFC 8831 section 6.7). */
static void reset_stream(struct sctp *sctp, uint16_t stream)
{
	union {
		struct sctp_reset_streams reset;
		char room[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)];
	} u;
	memset(&u, 0, sizeof(u));
	u.reset.srs_flags = SCTP_STREAM_RESET_OUTGOING;
	u.reset.srs_number_streams = 1;
	memcpy(u.room + offsetof(struct sctp_reset_streams, srs_stream_list), &stream,
		sizeof(stream));
	(void)usrsctp_setsockopt(
		sctp->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, &u, (socklen_t)sizeof(u));
}

static void on_dcep(struct sctp *sctp, uint16_t stream, const uint8_t *bytes, size_t n)
{
	struct dcep_message message;
	struct channel *channel = channel_of_stream(sctp, stream);
	if (dcep_parse(bytes, n, &message) != STATUS_OK) {
		return;
	}
	if (message.kind == DCEP_ACK) {
		if (channel != NULL && channel->state == CHANNEL_OPENING) {
			opened(sctp, channel);
		}
		return;
	}
	if (channel != NULL || (channel = channel_take_free(sctp)) == NULL) {
		return;
	}
	*channel = (struct channel){.state = CHANNEL_OPENING,
		.stream = stream,
		.unordered = message.unordered,
		.reliability = message.reliability,
		.reliability_parameter = message.reliability_parameter,
		.label_size = message.label.n};
	if (message.label.n > 0) {
		memcpy(channel->label, message.label.p, message.label.n);
	}
	struct dcep_message ack = {.kind = DCEP_ACK};
	uint8_t reply[DCEP_OPEN_MAX];
	if (transmit(sctp, channel, PPID_DCEP, reply, dcep_write(&ack, reply)) == STATUS_OK) {
		opened(sctp, channel);
	} else {
		closed(sctp, channel);
	}
}

enum status sctp_channel_open(
	struct sctp *sctp, struct str label, bool unordered, bool no_retransmits)
{
	struct channel *channel = channel_take_free(sctp);
	if (channel == NULL || label.n > DCEP_LABEL_MAX) {
		return STATUS_TOO_LARGE;
	}
	*channel = (struct channel){.state = CHANNEL_WAITING,
		.unordered = unordered,
		.reliability = no_retransmits ? DCEP_MAX_RETRANSMITS : DCEP_RELIABLE,
		.label_size = label.n};
	memcpy(channel->label, label.p, label.n);
	if (!sctp->up) {
		return STATUS_OK;
	}
	mutex_lock(&sctp->library->lock);
	enum status status = send_open(sctp, channel);
	mutex_unlock(&sctp->library->lock);
	return status;
}

enum status sctp_send(struct sctp *sctp, unsigned channel, const uint8_t *bytes, size_t n)
{
	static const uint8_t nothing[1];
	if (n > SCTP_MESSAGE_MAX) {
		return STATUS_TOO_LARGE;
	}
	if (channel >= SCTP_MAX_CHANNELS || sctp->channels[channel].state != CHANNEL_OPENED) {
		return STATUS_UNAVAILABLE;
	}
	const struct channel *to = &sctp->channels[channel];
	mutex_lock(&sctp->library->lock);
	/* SCTP cannot carry an empty message: one zero byte stands for it. */
	enum status status = n == 0 ? transmit(sctp, to, PPID_BINARY_EMPTY, nothing, 1)
				    : transmit(sctp, to, PPID_BINARY, bytes, n);
	mutex_unlock(&sctp->library->lock);
	return status;
}

/* --- what the library tells ------------------------------------------------------------------- */

static void on_up(struct sctp *sctp)
{
	sctp->up = true;
	for (size_t i = 0; i < SCTP_MAX_CHANNELS; i++) {
		struct channel *c = &sctp->channels[i];
		if (c->state == CHANNEL_WAITING && send_open(sctp, c) != STATUS_OK) {
			closed(sctp, c);
		}
	}
}

static void on_down(struct sctp *sctp)
{
	sctp->up = false;
	for (size_t i = 0; i < SCTP_MAX_CHANNELS; i++) {
		closed(sctp, &sctp->channels[i]);
	}
}

static void on_stream_reset(struct sctp *sctp, const uint8_t *bytes, size_t n)
{
	struct sctp_stream_reset_event event;
	memcpy(&event, bytes, sizeof(event));
	if ((event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) == 0) {
		return;
	}
	for (size_t at = offsetof(struct sctp_stream_reset_event, strreset_stream_list);
		at + sizeof(uint16_t) <= n; at += sizeof(uint16_t)) {
		uint16_t stream;
		memcpy(&stream, bytes + at, sizeof(stream));
		struct channel *channel = channel_of_stream(sctp, stream);
		if (channel != NULL) {
			reset_stream(sctp, stream);
			closed(sctp, channel);
		}
	}
}

static void on_notification(struct sctp *sctp, const uint8_t *bytes, size_t n)
{
	uint16_t type = 0;
	memcpy(&type, bytes, n < sizeof(type) ? n : sizeof(type));
	if (type == SCTP_ASSOC_CHANGE && n >= sizeof(struct sctp_assoc_change)) {
		struct sctp_assoc_change change;
		memcpy(&change, bytes, sizeof(change));
		if (change.sac_state == SCTP_COMM_UP) {
			on_up(sctp);
		} else if (change.sac_state == SCTP_COMM_LOST ||
			   change.sac_state == SCTP_SHUTDOWN_COMP) {
			on_down(sctp);
		}
	} else if (type == SCTP_PARTIAL_DELIVERY_EVENT) {
		buf_clear(&sctp->partial); /* the rest of that message does not come */
	} else if (type == SCTP_STREAM_RESET_EVENT && n >= sizeof(struct sctp_stream_reset_event)) {
		on_stream_reset(sctp, bytes, n);
	}
}

static void on_message(struct sctp *sctp, uint16_t stream, uint32_t ppid, struct str message)
{
	const uint8_t *bytes = (const uint8_t *)message.p;
	const struct channel *channel = channel_of_stream(sctp, stream);
	switch (ppid) {
	case PPID_DCEP:
		on_dcep(sctp, stream, bytes, message.n);
		return;
	case PPID_STRING:
	case PPID_BINARY:
		break;
	case PPID_STRING_EMPTY:
	case PPID_BINARY_EMPTY:
		message.n = 0;
		break;
	default:
		return;
	}
	/* What comes on our own channel before its acknowledgement proves it open as well. */
	if (channel != NULL) {
		sctp->events.message(
			sctp->events.context, channel_index(sctp, channel), bytes, message.n);
	}
}

/* Pieces of a long message come one by one; the last one is marked. */
static void on_piece(struct sctp *sctp, struct sctp_rcvinfo info, struct str piece, bool last)
{
	bool first = sctp->partial.n == 0 && !sctp->partial.overflow;
	struct str whole = piece;
	if (!first || !last) {
		buf_append(&sctp->partial, piece);
		whole = buf_str(&sctp->partial);
	}
	if (!last) {
		return;
	}
	if (!sctp->partial.overflow) {
		on_message(sctp, info.rcv_sid, ntohl(info.rcv_ppid), whole);
	}
	buf_clear(&sctp->partial);
}

static int on_receive(struct socket *socket, union sctp_sockstore from, void *data, size_t n,
	struct sctp_rcvinfo info, int flags, void *context)
{
	(void)socket;
	(void)from;
	struct sctp *sctp = context;
	if (data == NULL) {
		return 1;
	}
	if (sctp == NULL) {
		/* On its way out. */
	} else if ((flags & MSG_NOTIFICATION) != 0) {
		if (sctp->library->ticking) {
			post(sctp, true, data, n);
		} else {
			on_notification(sctp, data, n);
		}
	} else if (!sctp->library->ticking) { /* messages come by packets only */
		on_piece(sctp, info, str_n(data, n), (flags & MSG_EOR) != 0);
	}
	free(data);
	return 1;
}

/* --- the association -------------------------------------------------------------------------- */

static bool set_option(struct socket *socket, int level, int option, const void *value, size_t n)
{
	return usrsctp_setsockopt(socket, level, option, value, (socklen_t)n) == 0;
}

static bool subscribe(struct socket *socket)
{
	static const uint16_t types[] = {
		SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT};
	bool ok = true;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct sctp_event event = {
			.se_assoc_id = SCTP_ALL_ASSOC, .se_type = types[i], .se_on = 1};
		ok = ok && set_option(socket, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof(event));
	}
	return ok;
}

static bool configure(struct socket *socket)
{
	struct linger linger = {.l_onoff = 1}; /* close() aborts, and leaves nothing behind */
	struct sctp_initmsg init = {.sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS};
	struct sctp_assoc_value reset = {
		.assoc_id = SCTP_ALL_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
	int on = 1, off = 0, send_buffer = SCTP_BACKLOG_MAX, receive_buffer = RECEIVE_BUFFER;
	return usrsctp_set_non_blocking(socket, 1) == 0 &&
	       set_option(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) &&
	       set_option(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)) &&
	       set_option(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)) &&
	       set_option(socket, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on)) &&
	       set_option(socket, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, &off, sizeof(off)) &&
	       set_option(socket, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)) &&
	       set_option(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &reset, sizeof(reset)) &&
	       subscribe(socket);
}

static bool start(struct sctp *sctp, uint16_t remote_port)
{
	struct sockaddr_conn local = {
		.sconn_family = AF_CONN, .sconn_port = htons(LOCAL_PORT), .sconn_addr = sctp};
	struct sockaddr_conn remote = {
		.sconn_family = AF_CONN, .sconn_port = htons(remote_port), .sconn_addr = sctp};
	struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE, .spp_pathmtu = PATH_MTU};
	if (usrsctp_bind(sctp->socket, (struct sockaddr *)&local, sizeof(local)) != 0) {
		return false;
	}
	memcpy(&path.spp_address, &remote, sizeof(remote));
	return (usrsctp_connect(sctp->socket, (struct sockaddr *)&remote, sizeof(remote)) == 0 ||
		       errno == EINPROGRESS) &&
	       set_option(sctp->socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path));
}

enum status sctp_new(struct sctp_library *library, const struct sctp_events *events,
	uint16_t remote_port, struct sctp **out)
{
	struct sctp *sctp = MEM_NEW(struct sctp);
	sctp->library = library;
	sctp->posted_last = &sctp->posted;
	sctp->events = *events;
	buf_init(&sctp->partial, SCTP_MESSAGE_MAX);
	mutex_lock(&library->lock);
	usrsctp_register_address(sctp);
	sctp->socket =
		usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_receive, NULL, 0, sctp);
	bool ok = sctp->socket != NULL && configure(sctp->socket) && start(sctp, remote_port);
	mutex_unlock(&library->lock);
	if (!ok) {
		sctp_free(&sctp);
		return STATUS_INTERNAL;
	}
	*out = sctp;
	return STATUS_OK;
}

static void free_posted(struct posted *posted)
{
	while (posted != NULL) {
		struct posted *next = posted->next;
		mem_freep(&posted);
		posted = next;
	}
}

void sctp_free(struct sctp **sctp)
{
	struct sctp *s = *sctp;
	if (s != NULL) {
		mutex_lock(&s->library->lock);
		if (s->socket != NULL) {
			usrsctp_set_ulpinfo(s->socket, NULL);
			usrsctp_close(s->socket);
		}
		usrsctp_deregister_address(s);
		mutex_unlock(&s->library->lock);
		free_posted(take_posted(s));
		buf_release(&s->partial);
	}
	mem_freep(sctp);
}

static bool carries_data(const uint8_t *packet, size_t n)
{
	size_t at = HEADER_BYTES;
	while (at + CHUNK_HEADER_BYTES <= n) {
		size_t size = get_u16(packet + at + 2);
		if (packet[at] == CHUNK_DATA || packet[at] == CHUNK_I_DATA) {
			return true;
		}
		if (size < CHUNK_HEADER_BYTES) {
			return false; /* the library refuses it */
		}
		at += (size + 3) & ~(size_t)3;
	}
	return false;
}

void sctp_handle(struct sctp *sctp, const uint8_t *packet, size_t n)
{
	if (carries_data(packet, n) && !sctp->events.may_take(sctp->events.context)) {
		return;
	}
	mutex_lock(&sctp->library->lock);
	usrsctp_conninput(sctp, packet, n, 0);
	mutex_unlock(&sctp->library->lock);
}

void sctp_tick(struct sctp *sctp)
{
	if (!atomic_load_explicit(&sctp->has_posted, memory_order_acquire)) {
		return;
	}
	mutex_lock(&sctp->library->lock);
	struct posted *first = take_posted(sctp);
	for (const struct posted *p = first; p != NULL; p = p->next) {
		if (p->notification) {
			on_notification(sctp, p->bytes, p->n);
		} else {
			sctp->events.send(sctp->events.context, p->bytes, p->n);
		}
	}
	mutex_unlock(&sctp->library->lock);
	free_posted(first);
}
