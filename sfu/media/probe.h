/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying out whether a greater rate gets through before a picture depends on it: for a moment what
 * is sent is filled up to the goal, and what the peer tells of those packets is the answer.
 */
#ifndef PARVIS_SFU_PROBE_H
#define PARVIS_SFU_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_US	   100000
#define PROBE_INTERVAL_US  1000000 /* between two; longer after each in vain */
#define PROBE_INTERVAL_MAX 5000000

struct probe {
	uint8_t number; /* of the probe that runs or ran; packets carry it */
	bool sending, waiting;
	uint64_t goal; /* bit/s */
	int64_t started_us, next_us, interval_us;
	uint64_t bytes; /* sent since the start, media included */
	unsigned sent, arrived;
	uint64_t arrived_bytes;
	unsigned first_bytes, last_bytes;
	int64_t first_sent_us, last_sent_us, first_arrived_us, last_arrived_us;
};

bool probe_may_start(const struct probe *probe, int64_t now_us);
void probe_start(struct probe *probe, uint64_t goal, int64_t now_us);
/* Every packet that goes out; the number it has to carry, 0: none. */
uint8_t probe_sent(struct probe *probe, unsigned bytes);
/* How many bytes are missing now; ends the sending when its time is over. */
size_t probe_due(struct probe *probe, int64_t now_us);
void probe_arrived(
	struct probe *probe, uint8_t number, unsigned bytes, int64_t sent_us, int64_t arrived_us);
/* True once when the answer is known: what got through; 0: too little to say. */
bool probe_answer(struct probe *probe, int64_t rtt_us, int64_t now_us, uint64_t *bps_out);
/* A queue grows: whatever runs is given up. */
void probe_abort(struct probe *probe, int64_t now_us);

#endif
