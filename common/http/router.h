/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of routes as one tree of segments. Built at start, read-only after: any thread.
 */
#ifndef PARVIS_HTTP_ROUTER_H
#define PARVIS_HTTP_ROUTER_H

#include "common/http/server.h"
#include "common/http/target.h"

#define HTTP_METHODS 5

struct router;

/* STATUS_INVALID when a path breaks the grammar of struct http_route or two rows match the same
 * method and path; the rows are named in the log. The tables must outlive the router. */
MUST_CHECK enum status router_new(
	const struct http_routes *tables, size_t table_count, struct router **out);
void router_free(struct router **router);

struct router_match {
	const struct http_route *route; /* NULL: none for this method */
	size_t index;			/* of the row, counted through all tables */
	struct str params[HTTP_MAX_PARAMS];
	size_t param_count;
	unsigned allowed; /* without a route: one bit for each method that the path knows */
};

/* Parameters borrow from the target. */
struct router_match router_find(
	const struct router *router, enum http_method method, const struct http_target *target);

const char *http_method_name(enum http_method method);

#endif
