/* SPDX-License-Identifier: Apache-2.0 */
/* Several meetings on several media threads, over one UDP port and one TCP port. */
#include "tests/unit/sfu/media/media_scene.h"
#include "tests/unit/sfu/tcp_pump.h"

#include "common/metrics/metrics.h"

#define THREADS	 3
#define MEETINGS 6

/* A meeting of two: each scene has ids of its own, by its number. */
struct pair {
	struct scene scene;
	uint64_t base;
	char alice_ufrag[16], bob_ufrag[16];
};

struct house {
	struct dtls_identity *identity;
	struct mailbox *events;
	struct metrics *metrics;
	struct media_threads *threads;
	struct pair pairs[MEETINGS];
};

static void tell_for(struct pair *p, struct media_command *c)
{
	c->meeting = p->base + MEETING;
	c->transport += p->base * (c->transport != 0);
	tell(&p->scene, c);
}

static void open_one(struct pair *p, uint64_t transport, const char *ufrag,
	const struct synthetic_peer *peer, const struct rtp_extension_ids *ids)
{
	struct media_command *c = media_command_new(MEDIA_OPEN_TRANSPORT);
	c->transport = transport;
	c->u.params.participant = p->base + transport;
	snprintf(c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), "%s", ufrag);
	snprintf(c->u.params.local_pwd, sizeof(c->u.params.local_pwd), "%s", PASSWORD);
	memcpy(c->u.params.fingerprint, peer->fingerprint, sizeof(peer->fingerprint));
	c->u.params.fingerprint_size = sizeof(peer->fingerprint);
	c->u.params.extensions = *ids;
	tell_for(p, c);
}

static void publish_audio(struct pair *p)
{
	const struct media_codec codec = {
		.name = CODEC_OPUS, .payload_type = 111, .rtx_payload_type = MEDIA_NO_PAYLOAD};
	struct media_command *c = media_command_new(MEDIA_PUBLISH);
	c->u.publish = (struct media_publish){.transport = p->base + ALICE_PC,
		.track = p->base + AUDIO,
		.kind = MEDIA_AUDIO,
		.mid = "0",
		.codecs = {codec},
		.codec_count = 1,
		.encodings = {{.ssrc = 1000}},
		.encoding_count = 1};
	tell_for(p, c);
	c = media_command_new(MEDIA_SUBSCRIBE);
	c->u.subscribe = (struct media_subscribe){.downtrack = p->base + BOB_AUDIO,
		.track = p->base + AUDIO,
		.transport = p->base + BOB_PC,
		.mid = "7",
		.codec = codec,
		.ssrc = 5000,
		.settings = {.max_encoding = 2}};
	tell_for(p, c);
}

static void open_pair(struct house *h, unsigned i)
{
	struct pair *p = &h->pairs[i];
	p->scene.thread = h->threads;
	p->base = 1000 * (uint64_t)(i + 1);
	snprintf(p->alice_ufrag, sizeof(p->alice_ufrag), "aliceufr%u", i);
	snprintf(p->bob_ufrag, sizeof(p->bob_ufrag), "bobufrag%u", i);
	synthetic_open(&p->scene.alice, media_threads_port(h->threads));
	synthetic_open(&p->scene.bob, media_threads_port(h->threads));
	tell_for(p, media_command_new(MEDIA_OPEN_MEETING));
	open_one(p, ALICE_PC, p->alice_ufrag, &p->scene.alice, &alice_ids);
	open_one(p, BOB_PC, p->bob_ufrag, &p->scene.bob, &bob_ids);
	publish_audio(p);
}

static int house_setup(void **state)
{
	struct house *h = MEM_NEW(struct house);
	check_ok(dtls_identity_new(&h->identity));
	h->events = mailbox_new(4096);
	h->metrics = metrics_new();
	const struct media_threads_config config = {.count = THREADS,
		.address = "127.0.0.1",
		.tcp = true,
		.dtls = h->identity,
		.events = h->events,
		.metrics = h->metrics};
	check_ok(media_threads_start(&config, &h->threads));
	for (unsigned i = 0; i < MEETINGS; i++) {
		open_pair(h, i);
	}
	*state = h;
	return 0;
}

static int house_teardown(void **state)
{
	struct house *h = *state;
	media_threads_stop(&h->threads);
	mailbox_free(&h->events, media_event_drop);
	metrics_free(&h->metrics);
	for (unsigned i = 0; i < MEETINGS; i++) {
		synthetic_close(&h->pairs[i].scene.alice);
		synthetic_close(&h->pairs[i].scene.bob);
	}
	dtls_identity_free(&h->identity);
	mem_freep(&h);
	return 0;
}

static void connect_pair(struct pair *p)
{
	synthetic_connect(&p->scene.alice, p->alice_ufrag, PASSWORD);
	synthetic_connect(&p->scene.bob, p->bob_ufrag, PASSWORD);
}

static void expect_all_heard(struct house *h)
{
	uint8_t packet[2048];
	struct rtp_packet got;
	for (uint16_t sequence = 1; sequence <= 20; sequence++) {
		for (unsigned i = 0; i < MEETINGS; i++) {
			send_audio(&h->pairs[i].scene, sequence, sequence);
		}
		for (unsigned i = 0; i < MEETINGS; i++) {
			expect_rtp(&h->pairs[i].scene, packet, &got);
			assert_int_equal(got.payload[0], sequence);
		}
	}
}

static int64_t counted(struct house *h, const char *name)
{
	BUF_SCOPE(page, (size_t)256 * 1024);
	metrics_render(h->metrics, &page);
	const char *at = strstr(buf_str(&page).p, name);
	int64_t value = -1;
	assert_non_null(at);
	at += strlen(name);
	check_ok(str_to_i64(str_n(at, strcspn(at, "\n")), &value));
	return value;
}

/* Counters are flushed by the next tick of each thread. */
static void expect_count(struct house *h, const char *name)
{
	for (int i = 0; i < SYNTHETIC_WAIT_MS / 10 && counted(h, name) == 0; i++) {
		usleep(10000);
	}
	assert_true(counted(h, name) > 0);
}

static void every_meeting_is_reached(void **state)
{
	struct house *h = *state;
	for (unsigned i = 0; i < MEETINGS; i++) {
		connect_pair(&h->pairs[i]);
	}
	expect_all_heard(h);
	/* Twelve sockets, dealt out to three threads by their addresses: most are dealt wrong. */
	expect_count(h, "\nparvis_sfu_passed_on_total ");
}

static void connections_find_their_thread(void **state)
{
	struct house *h = *state;
	struct tcp_pump pumps[MEETINGS][2];
	for (unsigned i = 0; i < MEETINGS; i++) {
		struct scene *s = &h->pairs[i].scene;
		tcp_pump_open(&pumps[i][0], &s->alice, media_threads_tcp_port(h->threads));
		tcp_pump_open(&pumps[i][1], &s->bob, media_threads_tcp_port(h->threads));
		connect_pair(&h->pairs[i]);
	}
	expect_all_heard(h);
	for (unsigned i = 0; i < MEETINGS; i++) {
		struct scene *s = &h->pairs[i].scene;
		tcp_pump_close(&pumps[i][0], &s->alice);
		tcp_pump_close(&pumps[i][1], &s->bob);
	}
}

/* Over TCP, then over UDP, then the first way dies: nobody misses more than what was under way. */
static void a_peer_moves_between_tcp_and_udp(void **state)
{
	struct house *h = *state;
	struct pair *p = &h->pairs[1];
	struct scene *s = &p->scene;
	struct tcp_pump pump;
	uint8_t packet[2048];
	struct rtp_packet got;
	tcp_pump_open(&pump, &s->bob, media_threads_tcp_port(h->threads));
	connect_pair(p);
	send_audio(s, 1, 1);
	expect_rtp(s, packet, &got);
	struct synthetic_peer other;
	synthetic_open(&other, media_threads_port(h->threads));
	int over_tcp = s->bob.fd;
	s->bob.fd = other.fd;
	assert_true(synthetic_check(&s->bob, p->bob_ufrag, PASSWORD, SYNTHETIC_WAIT_MS));
	send_audio(s, 2, 2);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.payload[0], 2);
	s->bob.fd = over_tcp;
	assert_true(synthetic_check(&s->bob, p->bob_ufrag, PASSWORD, SYNTHETIC_WAIT_MS));
	send_audio(s, 3, 3);
	expect_rtp(s, packet, &got);
	assert_int_equal(got.payload[0], 3);
	/* The connection ends: what is left is the other path. */
	tcp_pump_close(&pump, &s->bob);
	s->bob.fd = other.fd;
	size_t n = 0;
	for (uint16_t sequence = 4; n == 0 && sequence < 200; sequence++) {
		send_audio(s, sequence, sequence);
		n = synthetic_media(&s->bob, PACKET_RTP, packet, sizeof(packet), 20);
	}
	assert_true(n > 0);
	s->bob.fd = over_tcp;
	synthetic_close(&other);
}

/* From an address of its own: right ufrag and wrong password, unknown ufrag, no STUN at all, DTLS. */
static void a_strangers_flood_changes_nothing(void **state)
{
	static const uint8_t hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0},
			     broken[] = {0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42};
	struct house *h = *state;
	struct pair *p = &h->pairs[0];
	struct sockaddr_in self = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 8)};
	struct synthetic_peer mallory;
	connect_pair(p);
	synthetic_open(&mallory, media_threads_port(h->threads));
	struct sockaddr_in to;
	socklen_t n = sizeof(to);
	assert_int_equal(getpeername(mallory.fd, (struct sockaddr *)&to, &n), 0);
	close(mallory.fd);
	mallory.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(mallory.fd, (const struct sockaddr *)&self, sizeof(self)), 0);
	assert_int_equal(connect(mallory.fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	for (int i = 0; i < 2000; i++) {
		assert_false(synthetic_check(&mallory, p->alice_ufrag, "wrong", 0));
		assert_false(synthetic_check(&mallory, "nobodysufrag", PASSWORD, 0));
		synthetic_send(&mallory, hello, sizeof(hello));
		synthetic_send(&mallory, broken, sizeof(broken));
	}
	uint8_t answer[2048];
	assert_int_equal(synthetic_receive(&mallory, answer, sizeof(answer), 50), 0);
	/* Those inside notice nothing, and the bound on that address is not theirs. */
	assert_true(synthetic_check(&p->scene.alice, p->alice_ufrag, PASSWORD, SYNTHETIC_WAIT_MS));
	uint8_t packet[2048];
	struct rtp_packet got;
	send_audio(&p->scene, 1, 1);
	expect_rtp(&p->scene, packet, &got);
	expect_count(h, "\nparvis_sfu_dropped_total{reason=\"limited\"} ");
	expect_count(h, "\nparvis_sfu_dropped_total{reason=\"unproven\"} ");
	expect_count(h, "\nparvis_sfu_dropped_total{reason=\"stranger\"} ");
	synthetic_close(&mallory);
}

static void a_taken_port_is_told(void **state)
{
	struct house *h = *state;
	struct media_threads_config config = {.count = 2,
		.address = "127.0.0.1",
		.port = media_threads_port(h->threads),
		.tcp = true,
		.dtls = h->identity,
		.events = h->events};
	struct media_threads *more = NULL;
	check_status(media_threads_start(&config, &more), STATUS_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_meeting_is_reached, house_setup, house_teardown),
		cmocka_unit_test_setup_teardown(
			connections_find_their_thread, house_setup, house_teardown),
		cmocka_unit_test_setup_teardown(
			a_peer_moves_between_tcp_and_udp, house_setup, house_teardown),
		cmocka_unit_test_setup_teardown(
			a_strangers_flood_changes_nothing, house_setup, house_teardown),
		cmocka_unit_test_setup_teardown(a_taken_port_is_told, house_setup, house_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
