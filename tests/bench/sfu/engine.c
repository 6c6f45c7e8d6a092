/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/sfu/engine.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "sfu/media/rtp.h"
#include "sfu/transport/demux.h"
#include "sfu/transport/wire.h"

#define AUDIO_US     (1000000 / MEDIA_AUDIO_FPS)
#define VIDEO_US     (1000000 / MEDIA_VIDEO_FPS)
#define AUDIO_TICKS  (48000 / MEDIA_AUDIO_FPS)
#define VIDEO_TICKS  (90000 / MEDIA_VIDEO_FPS)
#define BATCH	     16
#define READY	     64
#define STEP_US	     10 /* of the histogram */
#define STEPS	     50000
#define LOOK_AT	     4
#define DESCRIPTOR   4 /* bytes of VP8's, with a picture id of 15 bits */
#define STAMP_BYTES  12
#define STAMP_MAGIC  0x7061u
#define PACKET_BYTES 2048
#define FIRST_SSRC   100000u

struct sender {
	int64_t audio_us, video_us; /* when the next is due */
	uint32_t audio_count, video_count;
	uint16_t audio_sequence, video_sequence;
};

struct member {
	bool used, publishes;
	struct peer peer;
	struct sender sender;
};

struct engine {
	const struct media_clip *clip;
	struct mutex lock;
	struct member *members;
	unsigned top;
	bool playing;
	uint64_t sent, received;
	uint32_t delays[STEPS];
	int epoll;
	atomic_bool stopping;
	pthread_t thread;
};

uint32_t engine_ssrc(unsigned number, bool video)
{
	return FIRST_SSRC + 4 * number + (video ? 1 : 0);
}

static int64_t wall_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* The stamp takes the place of the last bytes: nobody decodes them. */
static void send_packet(struct engine *e, struct member *m, const struct rtp_packet *header,
	const uint8_t *payload, size_t n) REQUIRES(e->lock)
{
	static const struct rtp_extension_ids ids = {.id = {[RTP_EXT_AUDIO_LEVEL] = 1}};
	uint8_t packet[PACKET_BYTES];
	size_t size = rtp_write_header(header, &ids, packet);
	memcpy(packet + size, payload, n);
	if (n < STAMP_BYTES) {
		memset(packet + size + n, 0, STAMP_BYTES - n);
		n = STAMP_BYTES;
	}
	size += n;
	uint8_t *stamp = packet + size - STAMP_BYTES + 2;
	put_u16(stamp, STAMP_MAGIC);
	uint64_t now = (uint64_t)wall_us();
	put_u32(stamp + 2, (uint32_t)(now >> 32));
	put_u32(stamp + 6, (uint32_t)now);
	if (srtp_seal(m->peer.srtp, packet, &size) == STATUS_OK) {
		e->sent += send(m->peer.fd, packet, size, MSG_DONTWAIT) > 0;
	}
}

static void send_audio(struct engine *e, struct member *m, unsigned number) REQUIRES(e->lock)
{
	struct sender *s = &m->sender;
	const struct media_chunk *c = &e->clip->audio[s->audio_count % ARRAY_LEN(e->clip->audio)];
	uint8_t level = 0x80 | 30;
	struct rtp_packet header = {.payload_type = ENGINE_AUDIO_PT,
		.sequence = s->audio_sequence++,
		.timestamp = AUDIO_TICKS * s->audio_count++,
		.ssrc = engine_ssrc(number, false)};
	header.ext[RTP_EXT_AUDIO_LEVEL] = (struct rtp_ext_value){&level, 1};
	send_packet(e, m, &header, c->bytes, c->size);
}

static void send_video(struct engine *e, struct member *m, unsigned number) REQUIRES(e->lock)
{
	struct sender *s = &m->sender;
	const struct media_chunk *c = &e->clip->video[s->video_count % ARRAY_LEN(e->clip->video)];
	for (size_t at = 0; at < c->size; at += MEDIA_PAYLOAD_BYTES) {
		uint8_t payload[DESCRIPTOR + MEDIA_PAYLOAD_BYTES];
		size_t n = c->size - at;
		n = n < MEDIA_PAYLOAD_BYTES ? n : MEDIA_PAYLOAD_BYTES;
		payload[0] = at == 0 ? 0x90 : 0x80;
		payload[1] = 0x80;
		put_u16(payload + 2, (uint16_t)(0x8000u | (s->video_count & 0x7fffu)));
		memcpy(payload + DESCRIPTOR, c->bytes + at, n);
		struct rtp_packet header = {.payload_type = ENGINE_VIDEO_PT,
			.marker = at + n == c->size,
			.sequence = s->video_sequence++,
			.timestamp = VIDEO_TICKS * s->video_count,
			.ssrc = engine_ssrc(number, true)};
		send_packet(e, m, &header, payload, DESCRIPTOR + n);
	}
	s->video_count++;
}

static void send_due(struct engine *e, int64_t now_us) REQUIRES(e->lock)
{
	for (unsigned i = 0; i < e->top; i++) {
		struct member *m = &e->members[i];
		if (!m->used) {
			continue;
		}
		if (m->peer.ufrag[0] != '\0' && now_us - m->peer.checked_us > PEER_CONSENT_US) {
			peer_check(&m->peer, now_us);
		}
		while (e->playing && m->publishes && m->sender.audio_us <= now_us) {
			send_audio(e, m, i);
			m->sender.audio_us += AUDIO_US;
		}
		while (e->playing && m->publishes && m->sender.video_us <= now_us) {
			send_video(e, m, i);
			m->sender.video_us += VIDEO_US;
		}
	}
}

/* --- receiving -------------------------------------------------------------------------------- */

static void look(struct engine *e, struct member *m, uint8_t *packet, size_t n, int64_t arrived_us)
	REQUIRES(e->lock)
{
	static const struct rtp_extension_ids none = {.id = {0}};
	struct rtp_packet rtp;
	if (srtp_open(m->peer.srtp, packet, &n) != STATUS_OK ||
		rtp_parse(packet, n, &none, &rtp) != STATUS_OK || rtp.payload_size < STAMP_BYTES) {
		return;
	}
	const uint8_t *stamp = rtp.payload + rtp.payload_size - STAMP_BYTES + 2;
	if (get_u16(stamp) != STAMP_MAGIC) {
		return; /* padding, or sent again */
	}
	int64_t sent_us = (int64_t)((uint64_t)get_u32(stamp + 2) << 32 | get_u32(stamp + 6));
	int64_t step = (arrived_us - sent_us) / STEP_US;
	e->delays[step < 0 ? 0 : step < STEPS ? step : STEPS - 1]++;
}

static int64_t arrival(struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct timespec at;
	if (c == NULL || c->cmsg_type != SO_TIMESTAMPNS) {
		return wall_us();
	}
	memcpy(&at, CMSG_DATA(c), sizeof(at));
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void receive(struct engine *e, struct member *m) REQUIRES(e->lock)
{
	uint8_t bytes[BATCH][PACKET_BYTES], control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){bytes[i], PACKET_BYTES};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i],
			.msg_iovlen = 1,
			.msg_control = control[i],
			.msg_controllen = sizeof(control[i])};
	}
	int n = recvmmsg(m->peer.fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		enum packet_kind kind = demux(bytes[i], messages[i].msg_len);
		if (kind != PACKET_RTP) {
			if (kind == PACKET_STUN) {
				peer_answer(&m->peer, bytes[i], messages[i].msg_len);
			}
			continue;
		}
		if (e->received++ % LOOK_AT == 0) {
			look(e, m, bytes[i], messages[i].msg_len, arrival(&messages[i].msg_hdr));
		}
	}
}

static void *run(void *arg)
{
	struct engine *e = arg;
	struct epoll_event ready[READY];
	while (!atomic_load(&e->stopping)) {
		int n = epoll_wait(e->epoll, ready, READY, 1);
		mutex_lock(&e->lock);
		for (int i = 0; i < n; i++) {
			struct member *m = &e->members[ready[i].data.u32];
			if (m->used) {
				receive(e, m);
			}
		}
		send_due(e, clock_mono_us());
		mutex_unlock(&e->lock);
	}
	return NULL;
}

/* --- from outside ----------------------------------------------------------------------------- */

struct engine *engine_new(const struct media_clip *clip)
{
	struct engine *e = MEM_NEW(struct engine);
	e->clip = clip;
	mutex_init(&e->lock);
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (e->epoll < 0) {
		abort();
	}
	mutex_lock(&e->lock);
	e->members = mem_calloc(ENGINE_MAX_PEERS, sizeof(*e->members));
	mutex_unlock(&e->lock);
	e->thread = thread_start("load", run, e);
	return e;
}

void engine_free(struct engine **engine)
{
	struct engine *e = *engine;
	atomic_store(&e->stopping, true);
	thread_join(e->thread);
	for (unsigned i = 0; i < ENGINE_MAX_PEERS; i++) {
		engine_remove(e, i);
	}
	mutex_lock(&e->lock);
	mem_freep(&e->members);
	mutex_unlock(&e->lock);
	mutex_release(&e->lock);
	close(e->epoll);
	mem_freep(engine);
}

/* Spread over the time of a frame, as people are. */
static void start_sender(struct sender *s, unsigned number, int64_t now_us)
{
	s->audio_us = now_us + (int64_t)(number * 7919u % AUDIO_US);
	s->video_us = now_us + (int64_t)(number * 104729u % VIDEO_US);
}

void engine_add(struct engine *engine, unsigned number, const struct peer *peer, bool publishes)
{
	struct engine *e = engine;
	struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = number}};
	mutex_lock(&e->lock);
	struct member *m = &e->members[number];
	*m = (struct member){.used = true, .publishes = publishes, .peer = *peer};
	start_sender(&m->sender, number, clock_mono_us());
	e->top = number >= e->top ? number + 1 : e->top;
	if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, peer->fd, &event) != 0) {
		abort();
	}
	mutex_unlock(&e->lock);
}

void engine_remove(struct engine *engine, unsigned number)
{
	mutex_lock(&engine->lock);
	struct member *m = &engine->members[number];
	if (m->used) {
		m->used = false;
		peer_close(&m->peer);
	}
	mutex_unlock(&engine->lock);
}

void engine_play(struct engine *engine, bool playing)
{
	struct engine *e = engine;
	int64_t now_us = clock_mono_us();
	mutex_lock(&e->lock);
	for (unsigned i = 0; playing && !e->playing && i < e->top; i++) {
		start_sender(&e->members[i].sender, i, now_us);
	}
	e->playing = playing;
	e->sent = e->received = 0;
	memset(e->delays, 0, sizeof(e->delays));
	mutex_unlock(&e->lock);
}

static int64_t percentile(const struct engine *e, uint64_t total, unsigned percent)
	REQUIRES(e->lock)
{
	uint64_t sum = 0, wanted = total * percent / 100;
	int64_t i = 0;
	while (i < STEPS - 1 && (sum += e->delays[i]) <= wanted && sum < total) {
		i++;
	}
	return i * STEP_US;
}

void engine_count(struct engine *engine, struct engine_counts *out)
{
	struct engine *e = engine;
	uint64_t total = 0;
	mutex_lock(&e->lock);
	for (unsigned i = 0; i < STEPS; i++) {
		total += e->delays[i];
	}
	*out = (struct engine_counts){.sent = e->sent,
		.received = e->received,
		.p50_us = percentile(e, total, 50),
		.p99_us = percentile(e, total, 99),
		.most_us = percentile(e, total, 100)};
	mutex_unlock(&e->lock);
}
