/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_tree.h"

struct html_node *html_skip(const struct html_node *root, struct html_node *node)
{
	while (node != NULL && node != root) {
		if (node->next != NULL)
			return node->next;
		node = node->parent;
	}
	return NULL;
}

struct html_node *html_next(const struct html_node *root, struct html_node *node)
{
	return node->first_child != NULL ? node->first_child : html_skip(root, node);
}
