/* SPDX-License-Identifier: Apache-2.0 */
/* Alice publishes, Bob subscribes, through a real media thread. For test_media_*.c. */
#ifndef PARVIS_TEST_MEDIA_SCENE_H
#define PARVIS_TEST_MEDIA_SCENE_H

#include "tests/unit/sfu/synthetic_peer.h"

#include "sfu/media/media_threads.h"
#include "sfu/media/rtcp.h"
#include "sfu/media/rtp.h"
#include "sfu/transport/dtls.h"
#include "sfu/transport/wire.h"

#define MEETING	  1
#define ALICE	  11 /* participants */
#define BOB	  12
#define ALICE_PC  21 /* transports */
#define BOB_PC	  22
#define AUDIO	  31 /* tracks */
#define VIDEO	  32
#define BOB_AUDIO 41 /* downtracks */
#define BOB_VIDEO 42

#define ALICE_UFRAG "aliceufr"
#define BOB_UFRAG   "bobufrag"
#define PASSWORD    "a-password-of-twenty-four"

static const struct rtp_extension_ids alice_ids = {.id = {[RTP_EXT_MID] = 4,
							   [RTP_EXT_RID] = 10,
							   [RTP_EXT_REPAIRED_RID] = 11,
							   [RTP_EXT_AUDIO_LEVEL] = 1,
							   [RTP_EXT_TRANSPORT_CC] = 3}};
/* Another browser numbers otherwise. */
static const struct rtp_extension_ids bob_ids = {
	.id = {[RTP_EXT_MID] = 3, [RTP_EXT_AUDIO_LEVEL] = 2, [RTP_EXT_ABS_SEND_TIME] = 5}};

struct scene {
	struct dtls_identity *identity;
	struct mailbox *events;
	struct media_threads *thread;
	struct synthetic_peer alice, bob;
};

static inline void tell(struct scene *s, struct media_command *command)
{
	check_ok(media_threads_send(s->thread, command));
}

/* The next event of this kind; others are dropped. */
static inline struct media_event *wait_event(struct scene *s, enum media_event_kind kind)
{
	struct media_event *event;
	while ((event = mailbox_wait(s->events, SYNTHETIC_WAIT_MS)) != NULL) {
		if (event->kind == kind) {
			return event;
		}
		media_event_free(&event);
	}
	fail_msg("no event of kind %d", (int)kind);
	return NULL;
}

static inline void open_transport(struct scene *s, uint64_t transport, uint64_t participant,
	const char *ufrag, const struct synthetic_peer *peer, const struct rtp_extension_ids *ids)
{
	struct media_command *c = media_command_new(MEDIA_OPEN_TRANSPORT);
	c->meeting = MEETING;
	c->transport = transport;
	c->u.params.participant = participant;
	snprintf(c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), "%s", ufrag);
	snprintf(c->u.params.local_pwd, sizeof(c->u.params.local_pwd), "%s", PASSWORD);
	memcpy(c->u.params.fingerprint, peer->fingerprint, sizeof(peer->fingerprint));
	c->u.params.fingerprint_size = sizeof(peer->fingerprint);
	c->u.params.extensions = *ids;
	tell(s, c);
}

static inline void publish(struct scene *s)
{
	struct media_command *c = media_command_new(MEDIA_PUBLISH);
	c->u.publish = (struct media_publish){.transport = ALICE_PC,
		.track = AUDIO,
		.kind = MEDIA_AUDIO,
		.speaker = true,
		.mid = "0",
		.codecs = {{.name = CODEC_OPUS,
			.payload_type = 111,
			.rtx_payload_type = MEDIA_NO_PAYLOAD}},
		.codec_count = 1,
		.encodings = {{.ssrc = 1000}},
		.encoding_count = 1};
	tell(s, c);
	c = media_command_new(MEDIA_PUBLISH);
	c->u.publish = (struct media_publish){.transport = ALICE_PC,
		.track = VIDEO,
		.kind = MEDIA_VIDEO,
		.mid = "1",
		.codecs = {{.name = CODEC_VP8,
			.payload_type = 96,
			.rtx_payload_type = 97,
			.nack = true,
			.pli = true}},
		.codec_count = 1,
		.encodings = {{.rid = "q"}, {.rid = "h"}},
		.encoding_count = 2};
	tell(s, c);
}

static inline void subscribe(struct scene *s)
{
	struct media_command *c = media_command_new(MEDIA_SUBSCRIBE);
	c->u.subscribe = (struct media_subscribe){.downtrack = BOB_AUDIO,
		.track = AUDIO,
		.transport = BOB_PC,
		.mid = "7",
		.codec = {.name = CODEC_OPUS,
			.payload_type = 109,
			.rtx_payload_type = MEDIA_NO_PAYLOAD},
		.ssrc = 5000,
		.settings = {.max_encoding = 2}};
	tell(s, c);
	c = media_command_new(MEDIA_SUBSCRIBE);
	c->u.subscribe = (struct media_subscribe){.downtrack = BOB_VIDEO,
		.track = VIDEO,
		.transport = BOB_PC,
		.mid = "8",
		.codec = {.name = CODEC_VP8,
			.payload_type = 120,
			.rtx_payload_type = 124,
			.nack = true},
		.ssrc = 5001,
		.rtx_ssrc = 5002,
		.settings = {.max_encoding = 2}};
	tell(s, c);
}

static inline int setup(void **state)
{
	struct scene *s = MEM_NEW(struct scene);
	struct media_threads_config config = {.address = "127.0.0.1"};
	check_ok(dtls_identity_new(&s->identity));
	s->events = mailbox_new(4096);
	config.dtls = s->identity;
	config.events = s->events;
	check_ok(media_threads_start(&config, &s->thread));
	synthetic_open(&s->alice, media_threads_port(s->thread));
	synthetic_open(&s->bob, media_threads_port(s->thread));
	struct media_command *c = media_command_new(MEDIA_OPEN_MEETING);
	c->meeting = MEETING;
	tell(s, c);
	open_transport(s, ALICE_PC, ALICE, ALICE_UFRAG, &s->alice, &alice_ids);
	open_transport(s, BOB_PC, BOB, BOB_UFRAG, &s->bob, &bob_ids);
	publish(s);
	subscribe(s);
	*state = s;
	return 0;
}

static inline int teardown(void **state)
{
	struct scene *s = *state;
	media_threads_stop(&s->thread);
	mailbox_free(&s->events, media_event_drop);
	synthetic_close(&s->alice);
	synthetic_close(&s->bob);
	dtls_identity_free(&s->identity);
	mem_freep(&s);
	return 0;
}

static inline void connect_both(struct scene *s)
{
	synthetic_connect(&s->alice, ALICE_UFRAG, PASSWORD);
	synthetic_connect(&s->bob, BOB_UFRAG, PASSWORD);
	for (int i = 0; i < 2; i++) {
		struct media_event *event = wait_event(s, MEDIA_TRANSPORT_CONNECTED);
		assert_true(event->participant == ALICE || event->participant == BOB);
		media_event_free(&event);
	}
}

/* --- what Alice sends ------------------------------------------------------------------------- */

static inline void send_rtp(
	struct synthetic_peer *p, const struct rtp_packet *header, const uint8_t *payload, size_t n)
{
	uint8_t packet[RTP_HEADER_MAX + RTP_PACKET_MAX + SRTP_TRAILER];
	size_t size = rtp_write_header(header, &alice_ids, packet);
	memcpy(packet + size, payload, n);
	size += n;
	check_ok(srtp_seal(p->srtp, packet, &size));
	synthetic_send(p, packet, size);
}

static inline void send_audio(struct scene *s, uint16_t sequence, uint16_t transport_sequence)
{
	uint8_t level = 0x80 | 20, twcc[2], payload[40];
	struct rtp_packet header = {.payload_type = 111,
		.sequence = sequence,
		.timestamp = 960u * sequence,
		.ssrc = 1000};
	put_u16(twcc, transport_sequence);
	header.ext[RTP_EXT_AUDIO_LEVEL] = (struct rtp_ext_value){&level, 1};
	header.ext[RTP_EXT_TRANSPORT_CC] = (struct rtp_ext_value){twcc, 2};
	memset(payload, (int)(sequence & 0xff), sizeof(payload));
	send_rtp(&s->alice, &header, payload, sizeof(payload));
}

struct frame {
	uint32_t ssrc;
	const char *rid;
	uint16_t sequence;
	uint32_t timestamp;
	uint16_t picture_id;
	bool key;
};

static inline size_t vp8_payload(const struct frame *f, uint8_t out[100])
{
	memset(out, 0x11, 100);
	out[0] = 0x90; /* extended, start of the frame */
	out[1] = 0x80; /* picture id */
	put_u16(out + 2, 0x8000u | f->picture_id);
	out[4] = f->key ? 0x10 : 0x11;
	return 100;
}

static inline void send_frame(struct scene *s, struct frame f)
{
	uint8_t payload[100];
	size_t n = vp8_payload(&f, payload);
	struct rtp_packet header = {.marker = true,
		.payload_type = 96,
		.sequence = f.sequence,
		.timestamp = f.timestamp,
		.ssrc = f.ssrc};
	header.ext[RTP_EXT_MID] = (struct rtp_ext_value){(const uint8_t *)"1", 1};
	header.ext[RTP_EXT_RID] = (struct rtp_ext_value){(const uint8_t *)f.rid, 1};
	send_rtp(&s->alice, &header, payload, n);
}

/* --- what Bob gets ---------------------------------------------------------------------------- */

static inline void expect_rtp(struct scene *s, uint8_t packet[2048], struct rtp_packet *out)
{
	size_t n = synthetic_media(&s->bob, PACKET_RTP, packet, 2048, SYNTHETIC_WAIT_MS);
	assert_true(n > 0);
	check_ok(rtp_parse(packet, n, &bob_ids, out));
}

/* Reads RTCP until a packet of that kind has come. */
static inline bool expect_rtcp(struct synthetic_peer *p, uint8_t bytes[2048], unsigned type,
	unsigned count, struct rtcp_packet *out)
{
	size_t n;
	for (int i = 0; i < 100 &&
			(n = synthetic_media(p, PACKET_RTCP, bytes, 2048, SYNTHETIC_WAIT_MS)) > 0;
		i++) {
		struct rtcp_reader reader = {.p = bytes, .n = n};
		while (rtcp_next(&reader, out)) {
			if (out->type == type && (out->count == count || count == 99)) {
				return true;
			}
		}
	}
	return false;
}

static inline void send_rtcp(struct synthetic_peer *p, struct rtcp_writer *w)
{
	assert_false(w->overflow);
	check_ok(srtcp_seal(p->srtp, w->p, &w->n));
	synthetic_send(p, w->p, w->n);
}

/* All that was sent before is done: a turn of the loop takes commands before datagrams, and the
 * second check comes in a later turn than the first. */
static inline void settle(struct scene *s)
{
	for (int i = 0; i < 2; i++) {
		assert_true(synthetic_check(&s->alice, ALICE_UFRAG, PASSWORD, SYNTHETIC_WAIT_MS));
	}
}

#endif
