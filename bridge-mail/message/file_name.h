/* SPDX-License-Identifier: Apache-2.0 */
/* Names of attachments, made harmless. */
#ifndef PARVIS_BRIDGE_FILE_NAME_H
#define PARVIS_BRIDGE_FILE_NAME_H

#include "common/base/arena.h"
#include "common/base/str.h"

#define FILE_NAME_MAX 150 /* bytes */

/* One path segment without control characters, characters that a file system or a shell takes
 * for its own, direction overrides (which hide an extension) or leading dots. A mail that gives
 * no usable name gets "attachment-<number + 1>" with the extension of its type. */
struct str file_name_safe(
	struct arena *arena, struct str name, struct str content_type, unsigned number);

#endif
