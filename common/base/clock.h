/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two clocks, read at the edges only: domain code takes `now` as a parameter, so that its
 * tests choose the time.
 */
#ifndef PARVIS_BASE_CLOCK_H
#define PARVIS_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC: what Matrix calls a timestamp. May jump. */
int64_t clock_wall_ms(void);
/* Microseconds since some start; never goes back. For timeouts and durations. */
int64_t clock_mono_us(void);
static inline int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

#endif
