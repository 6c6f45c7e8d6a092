/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PARVIS_HOMESERVER_THUMBNAIL_RUN_H
#define PARVIS_HOMESERVER_THUMBNAIL_RUN_H

#include "common/base/status.h"
#include "homeserver/media/thumbnail.h"
#include "homeserver/media/thumbnail_size.h"

/* Runs the helper once and waits for it; kills it when it takes far too long. A crash of the helper
 * is THUMBNAIL_UNKNOWN: the next time would end no better. STATUS_INTERNAL when it cannot be
 * started, STATUS_TIMEOUT. */
MUST_CHECK enum status thumbnail_run(const char *helper, const struct thumbnail_size *size,
	int in_fd, int out_fd, enum thumbnail_end *end_out);

#endif
