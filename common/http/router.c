/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/router.h"

#include <stdlib.h>

#include "common/base/mem.h"
#define LOG_MODULE "http"
#include "common/base/log.h"

#define NONE SIZE_MAX

struct child {
	struct str literal;
	struct node *node;
};

/* Where a path stands after some segments. Rows are kept by their index; NONE is no row. */
struct node {
	struct child *children; /* sorted by literal */
	size_t child_count;
	struct node *param;
	size_t rows[HTTP_METHODS]; /* the path ends here */
	size_t tail[HTTP_METHODS]; /* "{path*}" begins here */
};

struct router {
	const struct http_route **rows;
	size_t row_count;
	struct node *root;
};

const char *http_method_name(enum http_method method)
{
	static const char *const names[HTTP_METHODS] = {
		[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_DELETE] = "DELETE",
		[HTTP_PATCH] = "PATCH",
	};
	return names[method];
}

static struct node *node_new(void)
{
	struct node *node = MEM_NEW(struct node);
	for (size_t i = 0; i < HTTP_METHODS; i++)
		node->rows[i] = node->tail[i] = NONE;
	return node;
}

/* As deep as the rows of the tables. NOLINTNEXTLINE(misc-no-recursion) */
static void node_free(struct node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->child_count; i++)
		node_free(node->children[i].node);
	node_free(node->param);
	free(node->children);
	free(node);
}

/* The first child whose literal is not less. */
static size_t lower_bound(const struct node *node, struct str literal)
{
	size_t low = 0;
	size_t high = node->child_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_cmp(node->children[middle].literal, literal) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct node *node_child(const struct node *node, struct str literal)
{
	size_t i = lower_bound(node, literal);
	if (i == node->child_count || !str_eq(node->children[i].literal, literal))
		return NULL;
	return node->children[i].node;
}

static struct node *node_add_child(struct node *node, struct str literal)
{
	struct node *found = node_child(node, literal);
	if (found != NULL)
		return found;
	size_t i = lower_bound(node, literal);
	node->children =
		mem_realloc(node->children, (node->child_count + 1) * sizeof(node->children[0]));
	memmove(&node->children[i + 1], &node->children[i],
		(node->child_count - i) * sizeof(node->children[0]));
	node->child_count++;
	node->children[i] = (struct child){literal, node_new()};
	return node->children[i].node;
}

static enum status set_row(struct router *router, size_t *place, size_t row)
{
	if (*place != NONE) {
		log_error("routes match the same requests: %s %s and %s",
			http_method_name(router->rows[row]->method), router->rows[*place]->path,
			router->rows[row]->path);
		return STATUS_INVALID;
	}
	*place = row;
	return STATUS_OK;
}

static enum status insert(struct router *router, struct node *node, struct str rest, size_t row);

/* One segment of a row's path, then the rest of it below: HTTP_MAX_SEGMENTS deep.
 * NOLINTBEGIN(misc-no-recursion) */
static enum status insert_segment(
	struct router *router, struct node *node, struct str segment, struct str rest, size_t row)
{
	enum http_method method = router->rows[row]->method;
	bool braces = str_starts(segment, STR("{")) && str_ends(segment, STR("}"));
	if (braces && str_ends(segment, STR("*}"))) {
		if (rest.p != NULL)
			return STATUS_INVALID;
		return set_row(router, &node->tail[method], row);
	}
	if (braces) {
		if (node->param == NULL)
			node->param = node_new();
		return insert(router, node->param, rest, row);
	}
	if (str_index(segment, '{') >= 0 || str_index(segment, '}') >= 0)
		return STATUS_INVALID;
	enum status status = STATUS_OK;
	struct str literal;
	while (status == STATUS_OK && str_cut(&segment, '|', &literal))
		status = insert(router, node_add_child(node, literal), rest, row);
	return status;
}

static enum status insert(struct router *router, struct node *node, struct str rest, size_t row)
{
	struct str segment;
	if (!str_cut(&rest, '/', &segment))
		return set_row(router, &node->rows[router->rows[row]->method], row);
	return insert_segment(router, node, segment, rest, row);
}

/* NOLINTEND(misc-no-recursion) */

static enum status check_row(const struct http_route *route)
{
	struct str path = str_c(route->path);
	if (!str_starts(path, STR("/")) || (unsigned)route->method >= HTTP_METHODS ||
		route->handle == NULL)
		return STATUS_INVALID;
	size_t segments = 0;
	size_t params = 0;
	struct str rest = str_skip(path, 1);
	struct str segment;
	while (str_cut(&rest, '/', &segment)) {
		segments++;
		params += str_starts(segment, STR("{"));
	}
	bool fits = segments <= HTTP_MAX_SEGMENTS && params <= HTTP_MAX_PARAMS;
	return fits ? STATUS_OK : STATUS_INVALID;
}

static enum status add_row(struct router *router, const struct http_route *route)
{
	enum status status = check_row(route);
	if (status == STATUS_OK) {
		size_t row = router->row_count++;
		router->rows[row] = route;
		status = insert(router, router->root, str_skip(str_c(route->path), 1), row);
	}
	if (status != STATUS_OK)
		log_error("route refused: %s", route->path == NULL ? "(no path)" : route->path);
	return status;
}

enum status router_new(const struct http_routes *tables, size_t table_count, struct router **out)
{
	size_t total = 0;
	for (size_t t = 0; t < table_count; t++)
		total += tables[t].count;
	struct router *router = MEM_NEW(struct router);
	router->rows = mem_calloc(total + 1, sizeof(router->rows[0]));
	router->root = node_new();

	enum status status = STATUS_OK;
	for (size_t t = 0; t < table_count && status == STATUS_OK; t++)
		for (size_t r = 0; r < tables[t].count && status == STATUS_OK; r++)
			status = add_row(router, &tables[t].rows[r]);
	if (status != STATUS_OK)
		router_free(&router);
	else
		*out = router;
	return status;
}

void router_free(struct router **router)
{
	if (*router == NULL)
		return;
	node_free((*router)->root);
	free((void *)(*router)->rows);
	free(*router);
	*router = NULL;
}

struct search {
	const struct router *router;
	const struct http_target *target;
	enum http_method method;
	struct router_match match;
};

/* Takes the row for the method, or notes which methods there are. */
static bool take(struct search *s, const size_t rows[HTTP_METHODS])
{
	size_t row = rows[s->method];
	if (row != NONE) {
		s->match.route = s->router->rows[row];
		s->match.index = row;
		return true;
	}
	for (unsigned i = 0; i < HTTP_METHODS; i++)
		if (rows[i] != NONE)
			s->match.allowed |= 1u << i;
	return false;
}

/* Depth is bounded by HTTP_MAX_SEGMENTS, and width by the tables: literal, parameter, tail.
 * NOLINTNEXTLINE(misc-no-recursion) */
static bool descend(struct search *s, const struct node *node, size_t i)
{
	const struct http_target *target = s->target;
	if (i == target->count && !target->more && take(s, node->rows))
		return true;
	if (i < target->count) {
		const struct node *child = node_child(node, target->segments[i]);
		if (child != NULL && descend(s, child, i + 1))
			return true;
		if (node->param != NULL && target->segments[i].n > 0) {
			s->match.params[s->match.param_count++] = target->segments[i];
			if (descend(s, node->param, i + 1))
				return true;
			s->match.param_count--;
		}
	}
	/* "/web" is not below "/web/{path*}", "/web/" is. */
	struct str tail = target_tail(target, i);
	if (i < target->count && !target_has_dots(tail) && take(s, node->tail)) {
		s->match.params[s->match.param_count++] = tail;
		return true;
	}
	return false;
}

struct router_match router_find(
	const struct router *router, enum http_method method, const struct http_target *target)
{
	struct search s = {.router = router, .target = target, .method = method};
	(void)descend(&s, router->root, 0);
	return s.match;
}
