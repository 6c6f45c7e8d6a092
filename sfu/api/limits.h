/* SPDX-License-Identifier: Apache-2.0 */
/* So many requests from one address, and then one every so often. Any thread. */
#ifndef PARVIS_SFU_LIMITS_H
#define PARVIS_SFU_LIMITS_H

#include <stdint.h>

#include "common/base/str.h"

#define LIMITS_BURST	   120
#define LIMITS_INTERVAL_MS 500
#define LIMITS_ADDRESSES   4096 /* past that those are forgotten that owe nothing */

struct limits;

struct limits *limits_new(void);
void limits_free(struct limits **limits);
/* 0: go on; else milliseconds to wait. */
int64_t limits_take(struct limits *limits, struct str address, int64_t now_ms);

#endif
