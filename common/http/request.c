/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler asks of its request, on its worker. */
#include <microhttpd.h>

#include "common/http/internal.h"

/* The pairs of the query are cut raw at '&' and '=', and decoded where they are asked for. */
static bool name_is(struct http_request *request, struct str raw, const char *name)
{
	char *decoded = arena_alloc(request->arena, raw.n + 1);
	return str_eq_c(str_n(decoded, target_decode(raw, true, decoded)), name);
}

bool http_query_next(
	struct http_request *request, const char *name, size_t *cursor, struct str *value_out)
{
	while (*cursor < request->query.n) {
		struct str rest = str_skip(request->query, *cursor);
		struct str pair;
		if (!str_cut(&rest, '&', &pair))
			return false;
		*cursor += pair.n + 1;
		ptrdiff_t equals = str_index(pair, '=');
		struct str key = equals < 0 ? pair : str_slice(pair, 0, (size_t)equals);
		if (pair.n == 0 || !name_is(request, key, name))
			continue;
		struct str value = equals < 0 ? STR("") : str_skip(pair, (size_t)equals + 1);
		char *decoded = arena_alloc(request->arena, value.n + 1);
		*value_out = str_n(decoded, target_decode(value, true, decoded));
		return true;
	}
	return false;
}

struct str http_query(struct http_request *request, const char *name)
{
	size_t cursor = 0;
	struct str value;
	return http_query_next(request, name, &cursor, &value) ? value : STR_EMPTY;
}

/* The daemon's list of headers does not change while the connection is suspended. */
struct str http_header(struct http_request *request, const char *name)
{
	const char *value = NULL;
	size_t n = 0;
	if (MHD_lookup_connection_value_n(request->internal->connection, MHD_HEADER_KIND, name,
		    strlen(name), &value, &n) != MHD_YES ||
		value == NULL)
		return STR_EMPTY;
	return str_n(value, n);
}
