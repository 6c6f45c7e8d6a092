/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How content is handed out so that it cannot harm the site that shows it (specification, "Content
 * repository", "Serving inline content"): what may be shown in place, and under which name.
 */
#ifndef PARVIS_HOMESERVER_MEDIA_HEADERS_H
#define PARVIS_HOMESERVER_MEDIA_HEADERS_H

#include <stdbool.h>

#include "common/base/arena.h"

#define MEDIA_TYPE_MAX	   255
#define MEDIA_FILENAME_MAX 255

#define MEDIA_CSP                                                                        \
	"sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; " \
	"style-src 'unsafe-inline'; object-src 'self';"

/* The Content-Type to store: what the client said when it can be a header, else empty. */
struct str media_type_clean(struct str type);
/* Whether the type, without its parameters and in any case, is one that may be shown in place. */
bool media_type_is_inline(struct str type);
/* Content-Disposition (RFC 6266) for a type and a file name (empty: none), with a NUL behind it.
 * A name that is not plain ASCII goes into filename* (RFC 8187). */
struct str media_disposition(struct arena *arena, struct str type, struct str filename);

#endif
