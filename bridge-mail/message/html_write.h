/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail's tree as a chat message. What is folded is left out. White space is put together as
 * browsers do; lines and paragraphs become <br>, so that no empty blocks come of it.
 */
#ifndef PARVIS_BRIDGE_HTML_WRITE_H
#define PARVIS_BRIDGE_HTML_WRITE_H

#include <stdbool.h>

#include "bridge-mail/message/html_tree.h"
#include "common/base/buf.h"

/* HTML of the allow-list only (Matrix specification, m.room.message msgtypes). *rich_out: it says
 * more than its plain text. */
void html_write_matrix(const struct html_node *root, struct buf *out, bool *rich_out);
/* Plain text: "> " for quotes, "- " for lists. */
void html_write_plain(const struct html_node *root, struct buf *out);

#endif
