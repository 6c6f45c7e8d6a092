/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one result type of the project. A function that can fail returns it; what it produced comes
 * out through its last parameters, which are written on STATUS_OK only.
 *
 * A status says what kind of thing went wrong, for the code that must decide. What a person or a
 * client reads (a Matrix errcode, an SMTP reply) is chosen at the edge that speaks the protocol.
 */
#ifndef PARVIS_BASE_STATUS_H
#define PARVIS_BASE_STATUS_H

#define MUST_CHECK	       __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum status {
	STATUS_OK = 0,
	STATUS_INVALID,	    /* the input breaks its grammar or a rule */
	STATUS_TOO_LARGE,   /* a stated limit would be passed */
	STATUS_NOT_FOUND,   /* what was asked for does not exist */
	STATUS_EXISTS,	    /* it exists already */
	STATUS_CONFLICT,    /* true when read, no longer true when written */
	STATUS_DENIED,	    /* understood, and refused */
	STATUS_LIMITED,	    /* too many requests: try later */
	STATUS_UNAVAILABLE, /* a peer or a resource is away: try later */
	STATUS_TIMEOUT,	    /* no answer in time */
	STATUS_IO,	    /* disk or database failed; nothing was changed */
	STATUS_INTERNAL,    /* a defect of ours */
};

/* A short English name for logs: "not_found". Never NULL. */
const char *status_name(enum status status);

#endif
