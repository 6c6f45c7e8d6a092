/* SPDX-License-Identifier: Apache-2.0 */
/* The link by which a guest stops (RFC 8058): a page with one button, and what the button, or a
 * mail program, posts. Looking changes nothing: machines look at links, too. */
#ifndef PARVIS_BRIDGE_GUEST_UNSUBSCRIBE_PAGE_H
#define PARVIS_BRIDGE_GUEST_UNSUBSCRIBE_PAGE_H

#include "common/http/server.h"

/* Handlers of /unsubscribe/{token}; request->app is the struct matrix, request->worker a reader. */
enum http_outcome unsubscribe_page_get(struct http_request *request, struct http_reply *reply);
enum http_outcome unsubscribe_page_post(struct http_request *request, struct http_reply *reply);

#endif
