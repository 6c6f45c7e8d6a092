/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/team.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "common/base/fs.h"
#include "common/base/mem.h"
#include "sfu/media/messages.h"
#include "sfu/transport/sctp.h"

struct team *team_new(unsigned count, size_t max_commands)
{
	struct team *t = MEM_NEW(struct team);
	t->count = count;
	t->sctp = sctp_library_start();
	t->steering = count > 1 ? steering_new() : NULL;
	for (unsigned i = 0; i < count; i++) {
		struct team_member *m = &t->members[i];
		m->commands = mailbox_new(max_commands);
		m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (m->wake < 0) {
			abort(); /* no descriptors at start: nothing can work */
		}
		for (unsigned k = 0; k < count; k++) {
			m->from[k] = k == i ? NULL : handoff_new();
		}
	}
	return t;
}

static void drop_command(void *command)
{
	struct media_command *c = command;
	media_command_free(&c);
}

void team_free(struct team **team)
{
	struct team *t = *team;
	for (unsigned i = 0; t != NULL && i < t->count; i++) {
		struct team_member *m = &t->members[i];
		mailbox_free(&m->commands, drop_command);
		fs_close(&m->wake);
		for (unsigned k = 0; k < t->count; k++) {
			handoff_free(&m->from[k]);
		}
	}
	if (t != NULL) {
		steering_free(&t->steering);
		sctp_library_stop(&t->sctp);
	}
	mem_freep(team);
}

/* Who sleeps says so and then looks; who passes on puts and then looks: one of them sees it. */
bool team_may_sleep(struct team *team, unsigned member)
{
	struct team_member *m = &team->members[member];
	atomic_store(&m->sleeps, true);
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < team->count; i++) {
		struct datagram ignored;
		if (m->from[i] != NULL && handoff_get(m->from[i], &ignored)) {
			return false;
		}
	}
	return true;
}

void team_awake(struct team *team, unsigned member)
{
	atomic_store_explicit(&team->members[member].sleeps, false, memory_order_relaxed);
}

void team_wake(struct team *team, unsigned member)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load(&team->members[member].sleeps)) {
		return;
	}
	/* It cannot be full: nobody counts it down, and nobody lives to count so far. */
	int ignored = eventfd_write(team->members[member].wake, 1);
	(void)ignored;
}
