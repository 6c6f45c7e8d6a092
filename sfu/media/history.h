/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last packets of one incoming stream, for subscribers who lost them: so many of them, as far
 * as they are of the last second at least. The room for their bytes begins small and doubles when a
 * second does not fit, a few times in the life of a stream.
 */
#ifndef PARVIS_SFU_HISTORY_H
#define PARVIS_SFU_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "sfu/media/rtp.h"

#define HISTORY_VIDEO 512 /* packets */
#define HISTORY_AUDIO 128
#define HISTORY_US    1000000

struct history;

struct history *history_new(size_t packets);
void history_free(struct history **history);
void history_clear(struct history *history);
/* Copies an RTP packet (opened) under its extended sequence number. Longer than RTP_PACKET_MAX:
 * not kept. */
void history_put(struct history *history, uint64_t sequence, const uint8_t *packet, size_t n,
	int64_t now_us);
/* Borrowed until the next put; NULL when it is not there (any more). */
const uint8_t *history_get(const struct history *history, uint64_t sequence, size_t *n_out);

#endif
