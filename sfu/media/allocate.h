/* SPDX-License-Identifier: Apache-2.0 */
/* Which layer of which video one peer gets, when not all of it fits. A pure function. */
#ifndef PARVIS_SFU_ALLOCATE_H
#define PARVIS_SFU_ALLOCATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/messages.h"

struct allocate_video {
	unsigned rank;			     /* smaller: more important */
	int wish;			     /* greatest layer wanted */
	int now;			     /* what it gets at present; -1: nothing */
	uint64_t rates[MEDIA_MAX_ENCODINGS]; /* bit/s that each costs; 0: not to be had */
	int out;			     /* what it shall get; -1: nothing */
};

struct allocation {
	uint64_t used;	   /* bit/s of what is given */
	uint64_t for_more; /* bit/s that all would cost with the next better layer; 0: no wish
			      is open */
	bool starved;	   /* one gets nothing */
	bool reduced;	   /* one gets less than it wishes */
};

/* A rank of this or less is served fully before others get more than their least layer. */
#define ALLOCATE_RANK_FIRST 1

/* `videos` in any order; sorts them by rank. */
struct allocation allocate(struct allocate_video *videos[], unsigned count, uint64_t bps);

#endif
