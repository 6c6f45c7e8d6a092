/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /files/{token}: the file behind a link that a mail carries (outbound/file_link.h), read from
 * the homeserver and passed on as something to keep, never to show. A link that has ended, was
 * taken back or is none of ours gives a page that says so, in French and English.
 *
 * Strangers ask: files are fetched two at a time at most, so that the homeserver's own requests
 * always find a worker, and one address is given RATE files a minute.
 */
#ifndef PARVIS_BRIDGE_FILE_SERVER_H
#define PARVIS_BRIDGE_FILE_SERVER_H

#include "bridge-mail/matrix/matrix.h"
#include "common/http/server.h"

#define FILE_SERVER_RATE 30 /* a minute for one address */

struct file_server;

struct file_server *file_server_new(void);
void file_server_free(struct file_server **server);

/* A handler's work; request->worker is a reader of the database. */
enum http_outcome file_server_get(struct file_server *server, const struct matrix *matrix,
	struct http_request *request, struct http_reply *reply);

#endif
