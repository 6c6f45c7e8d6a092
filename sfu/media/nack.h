/* SPDX-License-Identifier: Apache-2.0 */
/* Which packets of one incoming stream are missing, and when to ask for them (again). */
#ifndef PARVIS_SFU_NACK_H
#define PARVIS_SFU_NACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NACK_MAX	100
#define NACK_TRIES	10
#define NACK_REORDER_US 10000 /* a packet may be this late before it counts as lost */
#define NACK_MIN_US	20000
#define NACK_MAX_US	400000

struct nack_entry {
	uint64_t sequence; /* extended */
	int64_t due_us;
	uint8_t tries;
};

struct nack_list {
	unsigned count;
	struct nack_entry entries[NACK_MAX]; /* rising */
};

void nack_clear(struct nack_list *list);
/* [from, to) are missing. False when they are too many to be asked for: a keyframe is cheaper;
 * the list is then empty. */
bool nack_lost(struct nack_list *list, uint64_t from, uint64_t to, int64_t now_us);
void nack_arrived(struct nack_list *list, uint64_t sequence);
/* Nothing before this is wanted any more: a keyframe starts there. */
void nack_forget_before(struct nack_list *list, uint64_t sequence);
/* Numbers to ask for now, rising; each is due again after the round trip. What was asked for
 * NACK_TRIES times is given up, and counted in *given_up_out. */
size_t nack_due(struct nack_list *list, int64_t now_us, int64_t rtt_us, uint16_t out[NACK_MAX],
	unsigned *given_up_out);

#endif
