/* SPDX-License-Identifier: Apache-2.0 */
/* Formats by their first bytes: what a client says about its file does not count. */
#ifndef PARVIS_THUMBNAILER_SNIFF_H
#define PARVIS_THUMBNAILER_SNIFF_H

#include <stdbool.h>

#include "common/base/str.h"

/* "jpeg", "png", "gif", "webp", or NULL. */
const char *sniff_format(struct str head);
/* Whether the picture may be an animation; also when its first bytes do not tell. */
bool sniff_may_move(const char *format, struct str head);

#endif
