/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text inside HTML. */
#ifndef PARVIS_BRIDGE_HTML_ESCAPE_H
#define PARVIS_BRIDGE_HTML_ESCAPE_H

#include "common/base/buf.h"

/* Appends with & < > and " escaped. */
void html_escape(struct buf *out, struct str text);
/* As above, each LF as <br>. */
void html_escape_lines(struct buf *out, struct str text);

#endif
