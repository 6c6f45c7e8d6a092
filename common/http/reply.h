/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler fills in. Status 200 and an empty JSON object unless it says otherwise.
 */
#ifndef PARVIS_HTTP_REPLY_H
#define PARVIS_HTTP_REPLY_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/json/json_writer.h"

#define HTTP_REPLY_MAX	       ((size_t)256 * 1024 * 1024)
#define HTTP_REPLY_MAX_HEADERS 16

enum http_outcome {
	HTTP_REPLY, /* the reply is complete: send it */
	HTTP_PARK,  /* call me again when woken or at request->park_until_ms (see http_park) */
};

struct http_reply {
	int status;
	struct buf body;	  /* owned by the reply; max HTTP_REPLY_MAX */
	struct json_writer json;  /* writes into body */
	const char *content_type; /* constant or in the arena; NULL: application/json */
	struct {
		const char *name;
		const char *value;
	} headers[HTTP_REPLY_MAX_HEADERS];
	unsigned header_count;
	int file_fd; /* -1, or a file to send in place of body; owned by the reply */
	int64_t file_size;
};

/* name and value are constants or live in the request's arena; CR, LF and NUL in the value are
 * refused by dropping the header. Past HTTP_REPLY_MAX_HEADERS it asserts. */
void http_reply_header(struct http_reply *reply, const char *name, const char *value);
/* Throws away what was written and answers {"errcode", "error"}. Returns HTTP_REPLY, so that a
 * handler can say: return http_error(reply, 403, "M_FORBIDDEN", "You are not in this room"); */
enum http_outcome http_error(struct http_reply *reply, int status, const char *errcode,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same for an error that says more: the object stays open, the caller adds its members to
 * reply->json and closes it. errcode NULL: neither errcode nor error is written. */
void http_error_begin(struct http_reply *reply, int status, const char *errcode, const char *error);
/* 302 to a location. */
enum http_outcome http_redirect(struct http_reply *reply, const char *location);

#endif
