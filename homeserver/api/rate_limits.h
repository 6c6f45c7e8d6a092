/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rate limits by class and by who asks (specification, "Rate limiting"). Each bucket is one number,
 * the theoretical arrival time of the generic cell rate algorithm; the table of buckets has a fixed
 * size, and where it is crowded the bucket nearest to being full gives way.
 */
#ifndef PARVIS_HOMESERVER_RATE_LIMITS_H
#define PARVIS_HOMESERVER_RATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct rate_limits;

enum rate_class {
	RATE_READ,	    /* by user or address */
	RATE_WRITE,	    /* by user */
	RATE_LOGIN_ADDRESS, /* by address */
	RATE_LOGIN_ACCOUNT, /* by address and the account that is asked for */
	RATE_REGISTER,	    /* by address */
	RATE_MEDIA,	    /* by user or address */
	RATE_REPORT,	    /* by user */
	RATE_CLASSES,
};

/* disabled: rate_limits_take() always says 0. */
struct rate_limits *rate_limits_new(bool enabled);
void rate_limits_free(struct rate_limits **limits);

/* 0 when the request may go on and was counted; else the milliseconds after which it may be tried
 * again, and it was not counted. `now_us` never goes back. Any thread. */
int64_t rate_limits_take(
	struct rate_limits *limits, enum rate_class class, struct str key, int64_t now_us);

/* What an address is counted as: itself, or for IPv6 its /64, which is one subscriber. */
#define RATE_ADDRESS_MAX 64
struct str rate_address_key(struct str address, char out[RATE_ADDRESS_MAX]);

#endif
