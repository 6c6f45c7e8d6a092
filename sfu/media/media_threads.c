/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/media_threads.h"

#include <sched.h>

#include "common/base/map.h"
#include "common/base/mem.h"
#include "sfu/media/media_thread.h"
#include "sfu/media/team.h"
#include "sfu/transport/srtp.h"

#define LOG_MODULE "media"
#include "common/base/log.h"

/* Six who write as much as they may at once, each to five others, leave room for the rest. */
#define MAX_COMMANDS 16384
#define MAX_MEETINGS 65536

_Static_assert(MEDIA_THREADS_MAX == TEAM_MAX, "as many as can be steered to");

/* Where a meeting lives. */
struct placement {
	unsigned thread;
	unsigned transports;
};

struct media_threads {
	struct team *team;
	struct media_thread *list[TEAM_MAX];
	unsigned load[TEAM_MAX]; /* transports of each */
	unsigned started;
	struct map *placements; /* by the 8 bytes of a meeting's id */
};

/* --- start and stop --------------------------------------------------------------------------- */

/* One socket a thread, all of the same port. */
static enum status open_sockets(
	const struct media_threads_config *config, unsigned count, struct udp_socket *sockets)
{
	enum status status = udp_open(config->address, config->port, &sockets[0]);
	unsigned i = 0;
	while (status == STATUS_OK && ++i < count) {
		status = udp_open_beside(&sockets[0], config->address, &sockets[i]);
	}
	while (status != STATUS_OK && i > 0) {
		udp_close(&sockets[--i]);
	}
	return status;
}

static void free_placement(void *placement)
{
	mem_freep(&placement);
}

static void release(struct media_threads **threads)
{
	struct media_threads *t = *threads;
	map_free(&t->placements, free_placement);
	team_free(&t->team);
	srtp_library_stop();
	mem_freep(threads);
}

enum status media_threads_start(
	const struct media_threads_config *config, struct media_threads **out)
{
	struct udp_socket sockets[TEAM_MAX];
	unsigned count = config->count == 0 ? 1 : config->count;
	count = count < TEAM_MAX ? count : TEAM_MAX;
	enum status status = open_sockets(config, count, sockets);
	if (status != STATUS_OK) {
		return status;
	}
	status = srtp_library_start();
	if (status != STATUS_OK) {
		for (unsigned i = 0; i < count; i++) {
			udp_close(&sockets[i]);
		}
		return status;
	}
	struct media_threads *t = MEM_NEW(struct media_threads);
	t->team = team_new(count, MAX_COMMANDS);
	t->placements = map_new(MAX_MEETINGS);
	for (unsigned i = 0; i < count; i++) {
		t->list[i] = media_thread_new(config, t->team, i, &sockets[i]);
	}
	/* The first accepts; whom another has to serve is passed on. */
	if (config->tcp) {
		status = media_thread_listen(t->list[0], config->address, config->tcp_port);
	}
	if (status != STATUS_OK) {
		media_threads_stop(&t);
		return status;
	}
	for (; t->started < count; t->started++) {
		media_thread_start(t->list[t->started]);
	}
	log_info("media threads listen threads=%u address=%s port=%u tcp=%u", count,
		config->address, (unsigned)media_threads_port(t),
		(unsigned)media_threads_tcp_port(t));
	*out = t;
	return STATUS_OK;
}

static void stop_one(struct media_threads *t, unsigned i)
{
	struct media_command *stop = media_command_new(MEDIA_STOP);
	if (i >= t->started) {
		media_command_free(&stop);
		return;
	}
	while (mailbox_send(t->team->members[i].commands, stop) != STATUS_OK) {
		sched_yield(); /* full: the thread is emptying it */
	}
}

void media_threads_stop(struct media_threads **threads)
{
	struct media_threads *t = *threads;
	if (t == NULL) {
		return;
	}
	for (unsigned i = 0; i < t->team->count; i++) {
		stop_one(t, i);
	}
	for (unsigned i = 0; i < t->team->count; i++) {
		media_thread_free(&t->list[i], i < t->started);
	}
	release(threads);
}

uint16_t media_threads_port(const struct media_threads *threads)
{
	return media_thread_port(threads->list[0]);
}

uint16_t media_threads_tcp_port(const struct media_threads *threads)
{
	return media_thread_tcp_port(threads->list[0]);
}

/* --- commands --------------------------------------------------------------------------------- */

static struct placement *place_meeting(struct media_threads *t, struct str id)
{
	struct placement *p = MEM_NEW(struct placement);
	for (unsigned i = 1; i < t->team->count; i++) {
		p->thread = t->load[i] < t->load[p->thread] ? i : p->thread;
	}
	if (map_put(t->placements, id, p, NULL) != STATUS_OK) {
		mem_freep(&p);
	}
	return p;
}

static unsigned thread_of(struct media_threads *t, const struct media_command *command)
{
	struct str id = str_n((const char *)&command->meeting, sizeof(command->meeting));
	struct placement *p = map_find(t->placements, id);
	if (p == NULL && command->kind == MEDIA_OPEN_MEETING) {
		p = place_meeting(t, id);
	}
	if (p == NULL) {
		return 0;
	}
	unsigned thread = p->thread;
	if (command->kind == MEDIA_OPEN_TRANSPORT) {
		p->transports++;
		t->load[thread]++;
	} else if (command->kind == MEDIA_CLOSE_TRANSPORT && p->transports > 0) {
		p->transports--;
		t->load[thread]--;
	} else if (command->kind == MEDIA_CLOSE_MEETING) {
		t->load[thread] -= p->transports;
		(void)map_remove(t->placements, id);
		mem_freep(&p);
	}
	return thread;
}

enum status media_threads_send(struct media_threads *threads, struct media_command *command)
{
	unsigned thread = thread_of(threads, command);
	enum status status = mailbox_send(threads->team->members[thread].commands, command);
	if (status != STATUS_OK) {
		media_command_free(&command);
	}
	return status;
}
