/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/media_thread.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "sfu/media/media.h"

#define COMMANDS_PER_TURN 64
#define BATCHES_PER_TURN  4
#define IDLE_MS		  1000

enum readiness { SOURCE_UDP, SOURCE_TCP, SOURCE_COMMANDS, SOURCE_WAKE, SOURCE_COUNT };

struct media_thread {
	pthread_t thread;
	int epoll;
	uint16_t tcp_port;
	struct media media;
};

/* What came to our socket for others waits no longer than for the end of a batch. */
static void wake_others(struct media *media)
{
	for (unsigned i = 0; media->passed != 0; i++) {
		if ((media->passed & 1u << i) != 0) {
			media->passed &= ~(1u << i);
			team_wake(media->team, i);
		}
	}
}

static void take_datagrams(struct media *media) REQUIRES(on_media)
{
	struct datagram datagrams[SOCKET_BATCH];
	size_t n = SOCKET_BATCH;
	for (int batch = 0; batch < BATCHES_PER_TURN && n == SOCKET_BATCH; batch++) {
		n = udp_receive(&media->socket, datagrams);
		for (size_t i = 0; i < n; i++) {
			media_receive(media, &datagrams[i]);
		}
		wake_others(media);
	}
}

/* What the others have passed on; what is left is found before the next sleep. */
static void take_handoffs(struct media *media) REQUIRES(on_media)
{
	for (unsigned i = 0; i < media->team->count; i++) {
		struct handoff *from = media->team->members[media->index].from[i];
		struct datagram datagram;
		unsigned n = 0;
		while (from != NULL && n < HANDOFF_PLACES / 2 && handoff_get(from, &datagram)) {
			media_receive(media, &datagram);
			handoff_done(from);
			n++;
		}
	}
}

static void take_commands(struct media *media) REQUIRES(on_media)
{
	struct mailbox *commands = media->team->members[media->index].commands;
	struct media_command *command;
	for (int i = 0; i < COMMANDS_PER_TURN && !media->stopping &&
			(command = mailbox_take(commands)) != NULL;
		i++) {
		media_apply(media, command);
	}
}

static int wait_ms(const struct media *media)
{
	if (map_count(media->peers) == 0 && media->backlog_count == 0) {
		return IDLE_MS;
	}
	int64_t left_us = media->tick_us + MEDIA_TICK_US - clock_mono_us();
	return left_us <= 0 ? 0 : (int)(left_us / 1000 + 1);
}

/* Which sources are ready, a bit each. */
static unsigned wait_for_work(struct media_thread *t)
{
	struct epoll_event events[SOURCE_COUNT];
	struct media *media = &t->media;
	int timeout_ms = team_may_sleep(media->team, media->index) ? wait_ms(media) : 0;
	int n = epoll_wait(t->epoll, events, SOURCE_COUNT, timeout_ms);
	team_awake(media->team, media->index);
	unsigned ready = 0;
	for (int i = 0; i < n; i++) {
		ready |= 1u << events[i].data.u32;
	}
	return ready;
}

static void *run(void *arg)
{
	struct media_thread *t = arg;
	struct media *media = &t->media;
	role_take(&on_media);
	media->now_us = media->tick_us = clock_mono_us();
	while (!media->stopping) {
		/* All that is ready is looked at each turn: nothing can starve the rest. */
		unsigned ready = wait_for_work(t);
		media->now_us = clock_mono_us();
		if ((ready & 1u << SOURCE_COMMANDS) != 0) {
			take_commands(media);
		}
		take_handoffs(media);
		if ((ready & 1u << SOURCE_UDP) != 0) {
			take_datagrams(media);
		}
		if ((ready & 1u << SOURCE_TCP) != 0) {
			tcp_work(media->tcp, media->now_us);
			wake_others(media);
		}
		media_tick(media);
	}
	media_release(media);
	return NULL;
}

static bool watch(int epoll, int fd, enum readiness source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data = {.u32 = source}};
	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

struct media_thread *media_thread_new(const struct media_threads_config *config, struct team *team,
	unsigned index, struct udp_socket *socket)
{
	struct media_thread *t = MEM_NEW(struct media_thread);
	struct team_member *member = &team->members[index];
	media_init(&t->media, config->dtls, config->events, config->metrics, team, index);
	t->media.socket = *socket;
	*socket = (struct udp_socket){.fd = -1};
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	/* The wake-up is only an edge: nobody has to read it. */
	if (t->epoll < 0 || !watch(t->epoll, t->media.socket.fd, SOURCE_UDP, EPOLLIN) ||
		!watch(t->epoll, tcp_fd(t->media.tcp), SOURCE_TCP, EPOLLIN) ||
		!watch(t->epoll, mailbox_fd(member->commands), SOURCE_COMMANDS, EPOLLIN) ||
		!watch(t->epoll, member->wake, SOURCE_WAKE, EPOLLIN | (uint32_t)EPOLLET)) {
		abort(); /* no descriptors at start: nothing can work */
	}
	return t;
}

enum status media_thread_listen(struct media_thread *thread, const char *address, uint16_t port)
{
	enum status status = tcp_listen(thread->media.tcp, address, port);
	thread->tcp_port = tcp_port(thread->media.tcp);
	return status;
}

void media_thread_start(struct media_thread *thread)
{
	thread->thread = thread_start("media", run, thread);
}

void media_thread_free(struct media_thread **thread, bool started)
{
	struct media_thread *t = *thread;
	if (started) {
		thread_join(t->thread);
	} else {
		role_take(&on_media);
		media_release(&t->media);
	}
	udp_close(&t->media.socket);
	fs_close(&t->epoll);
	mem_freep(thread);
}

uint16_t media_thread_port(const struct media_thread *thread)
{
	return thread->media.socket.port;
}

uint16_t media_thread_tcp_port(const struct media_thread *thread)
{
	return thread->tcp_port;
}
