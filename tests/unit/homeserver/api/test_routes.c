/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of contents of the client-server API. With PARVIS_ROUTES=file in the environment it is
 * also written there, "METHOD path" a line, for tests/conformance/test_operations.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "homeserver/api/api.h"
#include "homeserver/api/routes.h"
#include "tests/unit/check.h"

static const char *method_name(enum http_method method)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_DELETE] = "DELETE",
		[HTTP_PATCH] = "PATCH",
	};

	return names[method];
}

/* Reading is open to guests and to those suspended where the specification says so; what changes
 * something is counted. */
static void check_row(const struct http_route *row)
{
	struct str path = str_c(row->path);

	assert_non_null(row->handle);
	assert_true(str_starts(path, STR("/")));
	assert_in_range(row->auth, AUTH_NONE, AUTH_ADMIN);
	assert_in_range(row->limit, LIMIT_NONE, LIMIT_REPORT);
	if (row->method == HTTP_GET)
		assert_int_equal(row->body, BODY_NONE);
}

static void every_row_is_whole(void **state)
{
	struct http_routes tables[API_MAX_TABLES];
	const char *path = getenv("PARVIS_ROUTES");
	FILE *out = path == NULL ? NULL : fopen(path, "w");
	size_t count = api_routes(tables);

	(void)state;
	assert_true(path == NULL || out != NULL);
	for (size_t i = 0; i < count; i++) {
		assert_true(tables[i].count > 0);
		for (size_t j = 0; j < tables[i].count; j++) {
			const struct http_route *row = &tables[i].rows[j];

			check_row(row);
			if (out != NULL)
				fprintf(out, "%s %s\n", method_name(row->method), row->path);
		}
	}
	if (out != NULL)
		assert_int_equal(fclose(out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
