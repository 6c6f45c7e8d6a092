/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/media_thread.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "sfu/media/media.h"
#include "sfu/transport/sctp.h"
#include "sfu/transport/srtp.h"

#define LOG_MODULE "media"
#include "common/base/log.h"

/* Six who write as much as they may at once, each to five others, leave room for the rest. */
#define MAX_COMMANDS	  16384
#define COMMANDS_PER_TURN 64
#define BATCHES_PER_TURN  4
#define IDLE_MS		  1000

struct media_thread {
	pthread_t thread;
	int epoll;
	struct mailbox *commands;
	uint16_t tcp_port;
	struct media media;
};

static void drop_command(void *command)
{
	mem_freep(&command);
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
	}
}

static void take_commands(struct media_thread *t) REQUIRES(on_media)
{
	struct media_command *command;
	for (int i = 0; i < COMMANDS_PER_TURN && !t->media.stopping &&
			(command = mailbox_take(t->commands)) != NULL;
		i++) {
		media_apply(&t->media, command);
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

static void *run(void *arg)
{
	struct media_thread *t = arg;
	struct media *media = &t->media;
	struct epoll_event events[3];
	role_take(&on_media);
	media->now_us = media->tick_us = clock_mono_us();
	while (!media->stopping) {
		/* Both sources are looked at each turn: neither can starve the other. */
		(void)epoll_wait(t->epoll, events, 3, wait_ms(media));
		media->now_us = clock_mono_us();
		take_commands(t);
		take_datagrams(media);
		tcp_work(media->tcp, media->now_us);
		media_tick(media);
	}
	media_release(media);
	return NULL;
}

static bool watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* What is left when the media are released. */
static void release(struct media_thread **thread)
{
	struct media_thread *t = *thread;
	mailbox_free(&t->commands, drop_command);
	udp_close(&t->media.socket);
	fs_close(&t->epoll);
	sctp_library_stop();
	srtp_library_stop();
	mem_freep(thread);
}

enum status media_thread_start(const struct media_thread_config *config, struct media_thread **out)
{
	struct udp_socket socket;
	enum status status = udp_open(config->address, config->port, &socket);
	if (status != STATUS_OK) {
		return status;
	}
	status = srtp_library_start();
	if (status != STATUS_OK) {
		udp_close(&socket);
		return status;
	}
	sctp_library_start();
	struct media_thread *t = MEM_NEW(struct media_thread);
	media_init(&t->media, config->dtls, config->events, config->metrics);
	t->media.socket = socket;
	t->commands = mailbox_new(MAX_COMMANDS);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll < 0 || !watch(t->epoll, socket.fd) || !watch(t->epoll, tcp_fd(t->media.tcp)) ||
		!watch(t->epoll, mailbox_fd(t->commands))) {
		abort(); /* no descriptors at start: nothing can work */
	}
	if (config->tcp) {
		status = tcp_listen(t->media.tcp, config->address, config->tcp_port);
		t->tcp_port = tcp_port(t->media.tcp);
	}
	if (status != STATUS_OK) {
		role_take(&on_media);
		media_release(&t->media);
		release(&t);
		return status;
	}
	log_info("media thread listens address=%s port=%u tcp=%u", config->address,
		(unsigned)socket.port, (unsigned)t->tcp_port);
	t->thread = thread_start("media", run, t);
	*out = t;
	return STATUS_OK;
}

void media_thread_stop(struct media_thread **thread)
{
	struct media_thread *t = *thread;
	if (t == NULL) {
		return;
	}
	struct media_command *stop = media_command_new(MEDIA_STOP);
	while (mailbox_send(t->commands, stop) != STATUS_OK) {
		sched_yield(); /* full: the thread is emptying it */
	}
	thread_join(t->thread);
	release(thread);
}

uint16_t media_thread_tcp_port(const struct media_thread *thread)
{
	return thread->tcp_port;
}

uint16_t media_thread_port(const struct media_thread *thread)
{
	return thread->media.socket.port;
}

enum status media_thread_send(struct media_thread *thread, struct media_command *command)
{
	enum status status = mailbox_send(thread->commands, command);
	if (status != STATUS_OK) {
		media_command_free(&command);
	}
	return status;
}
