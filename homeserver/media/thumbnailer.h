/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thumbnails, made by a helper program of its own (media/thumbnail.h) that few threads wait
 * for; requests are parked meanwhile. What came out is kept among the derived files, a refusal
 * too: as one byte that is the helper's code.
 */
#ifndef PARVIS_HOMESERVER_THUMBNAILER_H
#define PARVIS_HOMESERVER_THUMBNAILER_H

#include "common/http/server.h"
#include "homeserver/media/media_files.h"
#include "homeserver/media/thumbnail_size.h"

struct thumbnailer;

#define THUMBNAIL_QUEUE_MAX 200
#define THUMBNAIL_WAIT_MS   30000 /* longest a request waits for its thumbnail */

/* The helper is looked for beside this program. */
struct thumbnailer *thumbnailer_new(struct media_files *files);
/* Requests are woken through this server; set once it runs, and to NULL before it stops. */
void thumbnailer_set_http(struct thumbnailer *thumbnailer, struct http_server *http);
/* Waits for the helpers under way. */
void thumbnailer_free(struct thumbnailer **thumbnailer);

/*
 * STATUS_OK: *fd_out (the caller's) and *size_out are the thumbnail, PNG or JPEG.
 * STATUS_EXISTS: the content itself is small enough, hand that out.
 * STATUS_INVALID: no picture of a known format. STATUS_TOO_LARGE: too many pixels.
 * STATUS_UNAVAILABLE: being made; the ticket is woken then, ask again.
 * STATUS_LIMITED: too many wait already. STATUS_IO, STATUS_INTERNAL: it could not be made now.
 */
MUST_CHECK enum status thumbnailer_get(struct thumbnailer *thumbnailer, struct str sha256,
	const struct thumbnail_size *size, struct http_ticket ticket, int *fd_out,
	int64_t *size_out);

#endif
