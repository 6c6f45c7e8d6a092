/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is quoted in an HTML mail: first by the marks that mail programs leave in the structure
 * (Gmail, Thunderbird, Outlook, Apple Mail, Zimbra, Proton, Yahoo ...), then by what the lines
 * say. Marked quotes stay where new text stands behind one (answers between the lines).
 */
#ifndef PARVIS_BRIDGE_HTML_QUOTES_H
#define PARVIS_BRIDGE_HTML_QUOTES_H

#include "bridge-mail/message/html_tree.h"

/* Sets `folded` where it applies; never on all of the text. True when something is folded. */
bool html_quotes_fold(struct arena *arena, struct html_node *root);

#endif
