/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML as chat clients write it, made fit to leave. Read by our own linear reader
 * (message/html_tree.h), for which character references other than the four that it knows become
 * the characters they stand for, and written anew from the allow-list: no script, no remote image,
 * no style leaves with an agent's mail.
 */
#ifndef PARVIS_BRIDGE_CLIENT_HTML_H
#define PARVIS_BRIDGE_CLIENT_HTML_H

#include "common/base/arena.h"

/* Empty when the HTML says no more than its plain text, or is too large. */
struct str client_html(struct arena *arena, struct str formatted_body);

#endif
