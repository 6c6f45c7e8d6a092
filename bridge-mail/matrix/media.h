/* SPDX-License-Identifier: Apache-2.0 */
/* Files on the homeserver. Statuses as in matrix/client.h, and STATUS_IO. */
#ifndef PARVIS_BRIDGE_MATRIX_MEDIA_H
#define PARVIS_BRIDGE_MATRIX_MEDIA_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/room_port.h"

/* As room_port.upload: the same bytes are uploaded once. */
MUST_CHECK enum status media_upload(const struct matrix_session *session,
	const struct room_upload_request *request, struct arena *arena, struct str *mxc_out);
/* STATUS_TOO_LARGE past `max` bytes, STATUS_INVALID when it is not an mxc URI. */
MUST_CHECK enum status media_download(const struct matrix_session *session, struct str mxc,
	size_t max, struct arena *arena, struct str *bytes_out);
/* Into a file; statuses as above. */
MUST_CHECK enum status media_fetch(const struct matrix_session *session, struct str mxc, size_t max,
	int fd, int64_t *size_out);

#endif
