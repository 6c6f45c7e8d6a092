/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the media threads of a process share: the ways from one to another. Private to media/.
 *
 * Why so. All threads have the same UDP port, each a socket of its own (SO_REUSEPORT), and the
 * kernel deals out datagrams by a hash of the addresses, which knows nothing of meetings. So a
 * datagram comes to its peer's thread at once, or to another, which passes it on. Passing on costs
 * a copy and, for a whole batch, one wake-up: little beside the work on a packet, most of which is
 * encrypting and sending its copies to the subscribers, and that the peer's thread does alone.
 * Measured on loopback with 10 meetings of six: 4.7 us for each packet sent by a bare loop that
 * receives, opens, seals and sends; 5.9 us on one thread; about 7 us on two, where half of what came in
 * was passed on. So one thread carries some 150,000 packets a second, which is 20 full meetings.
 * The other ways have a price of their own: a port for each thread needs a hole in the firewall for
 * each; a connected socket for each peer ends receiving in batches; a program for the kernel (eBPF)
 * needs rights that a service in a sandbox does not have.
 */
#ifndef PARVIS_SFU_TEAM_H
#define PARVIS_SFU_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/mailbox.h"
#include "sfu/transport/handoff.h"
#include "sfu/transport/steering.h"

struct sctp_library;

#define TEAM_MAX STEERING_MAX_THREADS

struct team_member {
	struct mailbox *commands; /* of struct media_command */
	int wake;		  /* an eventfd: something was passed on while it slept */
	atomic_bool sleeps;	  /* or is about to */
	struct handoff *from[TEAM_MAX];
};

struct team {
	unsigned count;
	struct steering *steering; /* NULL when there is one thread only */
	struct sctp_library *sctp;
	struct team_member members[TEAM_MAX];
};

struct team *team_new(unsigned count, size_t max_commands);
void team_free(struct team **team);
/* Before a member waits: false when something was passed on to it meanwhile, so that it must not. */
bool team_may_sleep(struct team *team, unsigned member);
void team_awake(struct team *team, unsigned member);
/* Something was passed on to that member: wakes it when it sleeps. */
void team_wake(struct team *team, unsigned member);

#endif
