/* SPDX-License-Identifier: Apache-2.0 */
/* A connected peer of a media thread's state, without the thread: the time is ours. */
#include "tests/unit/sfu/synthetic_peer.h"

#include <fcntl.h>

#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/transport/dtls.h"
#include "sfu/transport/sctp.h"

#define MEETING	  1
#define TRANSPORT 2
#define UFRAG	  "someufrag"
#define PASSWORD  "a-password-of-twenty-four"
#define SECOND_US 1000000
#define TURNS	  20000 /* of the pump, before something counts as never */

struct scene {
	struct dtls_identity *identity;
	struct mailbox *events;
	struct team *team;
	struct media media;
	struct synthetic_peer peer;
	struct sctp *sctp; /* the peer's */
	bool open;
	unsigned messages, out_of_order;
};

/* --- the peer's half of the data channels ----------------------------------------------------- */

static void on_send(void *context, const uint8_t *packet, size_t n)
{
	struct scene *s = context;
	(void)SSL_write(s->peer.ssl, packet, (int)n);
}

static bool may_take(void *context)
{
	(void)context;
	return true;
}

static void on_message(void *context, unsigned channel, const uint8_t *bytes, size_t n)
{
	struct scene *s = context;
	(void)channel;
	s->out_of_order += n == 0 || bytes[0] != (uint8_t)s->messages;
	s->messages++;
}

static void on_open(void *context, unsigned channel, struct str label)
{
	struct scene *s = context;
	(void)channel;
	(void)label;
	s->open = true;
}

static void on_closed(void *context, unsigned channel)
{
	(void)context;
	(void)channel;
}

/* --- turns of the loop ------------------------------------------------------------------------ */

static void take_datagrams(struct scene *s)
{
	struct datagram datagrams[SOCKET_BATCH];
	size_t n;
	role_take(&on_media);
	while ((n = udp_receive(&s->media.socket, datagrams)) > 0) {
		for (size_t i = 0; i < n; i++) {
			media_receive(&s->media, &datagrams[i]);
		}
	}
}

static void peer_reads(struct scene *s)
{
	uint8_t data[2048];
	int n;
	while ((n = SSL_read(s->peer.ssl, data, sizeof(data))) > 0) {
		if (s->sctp != NULL) {
			sctp_handle(s->sctp, data, (size_t)n);
		}
	}
}

static void pass(struct scene *s, int64_t us)
{
	role_take(&on_media);
	s->media.now_us += us;
	media_tick(&s->media);
}

/* The next event of this kind that waits, or NULL. */
static struct media_event *take_event(struct scene *s, enum media_event_kind kind)
{
	struct media_event *event;
	while ((event = mailbox_take(s->events)) != NULL && event->kind != kind) {
		media_event_free(&event);
	}
	return event;
}

static void expect(struct scene *s, enum media_event_kind kind)
{
	struct media_event *event = take_event(s, kind);
	assert_non_null(event);
	assert_int_equal(event->transport, TRANSPORT);
	media_event_free(&event);
}

static void expect_lost(struct scene *s, enum media_lost why)
{
	struct media_event *event = take_event(s, MEDIA_TRANSPORT_LOST);
	assert_non_null(event);
	assert_int_equal(event->u.lost, why);
	media_event_free(&event);
}

static void check_path(struct scene *s)
{
	uint8_t reply[2048];
	(void)synthetic_check(&s->peer, UFRAG, PASSWORD, 0);
	take_datagrams(s);
	while (synthetic_receive(&s->peer, reply, sizeof(reply), 0) > 0) {
	}
}

static void shake_hands(struct scene *s)
{
	struct sockaddr_in to;
	socklen_t n = sizeof(to);
	BIO *bio = BIO_new_dgram(s->peer.fd, BIO_NOCLOSE);
	assert_int_equal(getpeername(s->peer.fd, (struct sockaddr *)&to, &n), 0);
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &to);
	s->peer.ssl = SSL_new(s->peer.context);
	SSL_set_bio(s->peer.ssl, bio, bio);
	SSL_set_mtu(s->peer.ssl, DTLS_MTU);
	int done = 0;
	for (int i = 0; i < TURNS && done != 1; i++) {
		done = SSL_connect(s->peer.ssl);
		take_datagrams(s);
	}
	assert_int_equal(done, 1);
	expect(s, MEDIA_TRANSPORT_CONNECTED);
}

/* --- the scene -------------------------------------------------------------------------------- */

static void open_transport(struct scene *s)
{
	struct media_command *c = media_command_new(MEDIA_OPEN_MEETING);
	role_take(&on_media);
	c->meeting = MEETING;
	media_apply(&s->media, c);
	c = media_command_new(MEDIA_OPEN_TRANSPORT);
	c->meeting = MEETING;
	c->transport = TRANSPORT;
	c->u.params.participant = 7;
	c->u.params.data = DATA_ACCEPT;
	snprintf(c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), UFRAG);
	snprintf(c->u.params.local_pwd, sizeof(c->u.params.local_pwd), PASSWORD);
	memcpy(c->u.params.fingerprint, s->peer.fingerprint, sizeof(s->peer.fingerprint));
	c->u.params.fingerprint_size = sizeof(s->peer.fingerprint);
	media_apply(&s->media, c);
}

static int setup(void **state)
{
	struct scene *s = MEM_NEW(struct scene);
	s->team = team_new(1, 4);
	check_ok(srtp_library_start());
	check_ok(dtls_identity_new(&s->identity));
	s->events = mailbox_new(64);
	media_init(&s->media, s->identity, s->events, NULL, s->team, 0);
	check_ok(udp_open("127.0.0.1", 0, &s->media.socket));
	s->media.now_us = s->media.tick_us = 100 * (int64_t)SECOND_US;
	synthetic_open(&s->peer, s->media.socket.port);
	assert_int_equal(fcntl(s->peer.fd, F_SETFL, O_NONBLOCK), 0);
	open_transport(s);
	check_path(s);
	shake_hands(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	role_take(&on_media);
	sctp_free(&s->sctp);
	media_release(&s->media);
	udp_close(&s->media.socket);
	mailbox_free(&s->events, media_event_drop);
	synthetic_close(&s->peer);
	dtls_identity_free(&s->identity);
	srtp_library_stop();
	team_free(&s->team);
	mem_freep(&s);
	return 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void who_falls_silent_is_lost_and_may_come_back(void **state)
{
	struct scene *s = *state;
	pass(s, (TRANSPORT_SILENCE_MS - 1000) * (int64_t)1000);
	assert_null(take_event(s, MEDIA_TRANSPORT_LOST));
	/* A check is a sign of life. */
	check_path(s);
	pass(s, (TRANSPORT_SILENCE_MS - 1000) * (int64_t)1000);
	assert_null(take_event(s, MEDIA_TRANSPORT_LOST));
	pass(s, 1000 * (int64_t)1000);
	expect_lost(s, LOST_SILENT);
	pass(s, 60 * (int64_t)SECOND_US);
	assert_null(take_event(s, MEDIA_TRANSPORT_LOST));
	check_path(s);
	expect(s, MEDIA_TRANSPORT_CONNECTED);
}

static void open_channel(struct scene *s)
{
	struct sctp_events events = {.context = s,
		.send = on_send,
		.may_take = may_take,
		.message = on_message,
		.channel_open = on_open,
		.channel_closed = on_closed};
	check_ok(sctp_new(s->team->sctp, &events, 5000, &s->sctp));
	check_ok(sctp_channel_open(s->sctp, STR("_reliable"), false, false));
	for (int i = 0; i < TURNS && !s->open; i++) {
		take_datagrams(s);
		peer_reads(s);
	}
	assert_true(s->open);
	expect(s, MEDIA_CHANNEL_OPEN);
}

static void tell_reliably(struct scene *s, unsigned count)
{
	uint8_t *bytes = mem_calloc(1, MEDIA_DATA_MAX);
	role_take(&on_media);
	for (unsigned i = 0; i < count; i++) {
		bytes[0] = (uint8_t)i;
		struct media_command *c = media_command_new_data(
			TRANSPORT, CHANNEL_RELIABLE, str_n((const char *)bytes, MEDIA_DATA_MAX));
		media_apply(&s->media, c);
	}
	mem_freep(&bytes);
}

static struct peer *peer_of(struct scene *s)
{
	const uint64_t id = TRANSPORT;
	return map_find(s->media.peers, media_key(&id));
}

static void reliable_data_wait_for_a_slow_reader(void **state)
{
	struct scene *s = *state;
	open_channel(s);
	assert_true(media_data_may_come(peer_of(s)));
	tell_reliably(s, 60); /* nearly 4 MiB, of which SCTP takes 2 */
	assert_non_null(peer_of(s)->waiting);
	assert_false(media_data_may_come(peer_of(s)));
	for (int i = 0; i < TURNS && s->messages < 60; i++) {
		peer_reads(s);
		take_datagrams(s);
		pass(s, MEDIA_TICK_US / 10);
	}
	assert_int_equal(s->messages, 60);
	assert_int_equal(s->out_of_order, 0);
	assert_true(media_data_may_come(peer_of(s)));
	assert_null(take_event(s, MEDIA_TRANSPORT_LOST));
}

static void who_takes_no_data_is_given_up(void **state)
{
	struct scene *s = *state;
	open_channel(s);
	tell_reliably(s, 200);
	expect_lost(s, LOST_BEHIND);
	assert_null(peer_of(s)->waiting);
	tell_reliably(s, 200);
	assert_null(take_event(s, MEDIA_TRANSPORT_LOST)); /* told once */
	assert_true(media_data_may_come(peer_of(s)));	  /* the others go on */
}

static void who_stays_behind_is_given_up(void **state)
{
	struct scene *s = *state;
	open_channel(s);
	tell_reliably(s, 60);
	for (int i = 0; i < 19; i++) {
		check_path(s);
		pass(s, SECOND_US);
	}
	assert_null(take_event(s, MEDIA_TRANSPORT_LOST));
	check_path(s);
	pass(s, 2 * SECOND_US);
	expect_lost(s, LOST_BEHIND);
}

static void credit_comes_back_with_time(void **state)
{
	struct scene *s = *state;
	const uint8_t byte = 0;
	role_take(&on_media);
	for (int i = 0; i < 512; i++) {
		assert_true(media_data_may_come(peer_of(s)));
		media_data_arrived(peer_of(s), 3, &byte, 1);
	}
	assert_false(media_data_may_come(peer_of(s)));
	pass(s, SECOND_US / 10);
	assert_true(media_data_may_come(peer_of(s)));
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCENE(who_falls_silent_is_lost_and_may_come_back),
		SCENE(reliable_data_wait_for_a_slow_reader),
		SCENE(who_takes_no_data_is_given_up),
		SCENE(who_stays_behind_is_given_up),
		SCENE(credit_comes_back_with_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
