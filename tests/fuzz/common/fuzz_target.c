/* SPDX-License-Identifier: Apache-2.0 */
/* Any request target: parsed within its scratch, and found or not in a small tree. */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_outcome handle(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	(void)reply;
	return HTTP_REPLY;
}

static const struct http_route rows[] = {
	{.path = "/_matrix/client/r0|v3/rooms/{room}/state/{type}/{key*}", .handle = handle},
	{.path = "/_matrix/client/r0|v3/rooms/{room}/state", .handle = handle},
	{.path = "/_matrix/client/v3/sync", .handle = handle},
	{.path = "/{a}/{b}/{c}/{d}/{e}/{f}", .handle = handle},
	{.path = "/a/{b}/c/{d}/e/{f}", .handle = handle},
	{.path = "/web/{path*}", .handle = handle},
};

static void check(struct str raw, const struct http_target *target)
{
	if (target->count == 0 || target->count > HTTP_MAX_SEGMENTS || target->decoded.n > raw.n ||
		!str_is_utf8(target->decoded) || str_contains_nul(target->decoded))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct router *router;
	const struct http_routes table = {rows, ARRAY_LEN(rows)};
	if (router == NULL && router_new(&table, 1, &router) != STATUS_OK)
		abort();

	/* Exactly as large as promised, so that one byte more is seen. */
	char *raw = malloc(size == 0 ? 1 : size);
	char *scratch = malloc(size == 0 ? 1 : size);
	if (raw == NULL || scratch == NULL)
		abort();
	memcpy(raw, data, size);
	struct http_target target;
	struct str text = str_n(raw, size);
	if (target_parse(text, scratch, &target) == TARGET_OK) {
		check(text, &target);
		struct router_match match = router_find(router, HTTP_GET, &target);
		if (match.param_count > HTTP_MAX_PARAMS)
			abort();
	}
	free(raw);
	free(scratch);
	return 0;
}
