/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/http/router.h"

static enum http_outcome handle(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	(void)reply;
	return HTTP_REPLY;
}

#define ROW(m, p) {.method = (m), .path = (p), .handle = handle}

static const struct http_route rows[] = {
	ROW(HTTP_GET, "/"),
	ROW(HTTP_GET, "/_matrix/client/r0|v3/sync"),
	ROW(HTTP_GET, "/rooms/{room}/event/{event}"),
	ROW(HTTP_GET, "/rooms/{room}/state"),
	ROW(HTTP_GET, "/rooms/{room}/state/"),
	ROW(HTTP_PUT, "/rooms/{room}/state/{type}"),
	ROW(HTTP_PUT, "/rooms/{room}/state/{type}/{key*}"),
	ROW(HTTP_GET, "/a/b/c"),
	ROW(HTTP_GET, "/a/{x}/d"),
	ROW(HTTP_GET, "/a/{rest*}"),
	ROW(HTTP_POST, "/things/new"),
	ROW(HTTP_GET, "/things/{id}"),
	ROW(HTTP_DELETE, "/things/{id}"),
};

struct found {
	char scratch[1024];
	struct http_target target;
	struct router_match match;
};

static struct router *router;

static int setup(void **state)
{
	const struct http_routes table = {rows, ARRAY_LEN(rows)};

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	return router_new(&table, 1, &router) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	router_free(&router);
	assert_null(router);
	return 0;
}

static void find(struct found *f, enum http_method method, const char *path)
{
	assert_int_equal(target_parse(str_c(path), f->scratch, &f->target), TARGET_OK);
	f->match = router_find(router, method, &f->target);
}

/* NULL: nothing there. */
static void expect(const char *path, const char *pattern)
{
	struct found f;

	find(&f, HTTP_GET, path);
	if (pattern == NULL) {
		assert_null(f.match.route);
		return;
	}
	assert_non_null(f.match.route);
	assert_string_equal(f.match.route->path, pattern);
	assert_ptr_equal(f.match.route, &rows[f.match.index]);
}

static void literals_and_alternatives(void **state)
{
	(void)state;
	expect("/", "/");
	expect("/_matrix/client/v3/sync", "/_matrix/client/r0|v3/sync");
	expect("/_matrix/client/r0/sync", "/_matrix/client/r0|v3/sync");
	expect("/%5Fmatrix/client/r0/sync", "/_matrix/client/r0|v3/sync");
	expect("/_matrix/client/v1/sync", NULL);
	expect("/_matrix/client/r0|v3/sync", NULL);
	expect("/_matrix/client/v3", NULL);
	expect("/_matrix/client/v3/sync/", NULL);
	expect("/_matrix/client/v3/syncs", NULL);
	expect("//_matrix/client/v3/sync", NULL);
}

static void parameters_are_decoded_segments(void **state)
{
	struct found f;

	(void)state;
	find(&f, HTTP_GET, "/rooms/%21a%2Fb:x/event/$e%20+");
	assert_non_null(f.match.route);
	assert_int_equal(f.match.param_count, 2);
	check_str(f.match.params[0], "!a/b:x");
	check_str(f.match.params[1], "$e +");
	expect("/rooms//event/e", NULL);
	expect("/rooms/r/event/", NULL);
	expect("/rooms/r%2Fevent%2Fe", NULL);
}

static void a_trailing_slash_is_a_segment(void **state)
{
	(void)state;
	expect("/rooms/r/state", "/rooms/{room}/state");
	expect("/rooms/r/state/", "/rooms/{room}/state/");
}

static void tails_take_the_rest(void **state)
{
	struct found f;

	(void)state;
	find(&f, HTTP_PUT, "/rooms/r/state/m.x");
	assert_string_equal(f.match.route->path, "/rooms/{room}/state/{type}");
	find(&f, HTTP_PUT, "/rooms/r/state/m.x/");
	assert_string_equal(f.match.route->path, "/rooms/{room}/state/{type}/{key*}");
	assert_int_equal(f.match.param_count, 3);
	check_str(f.match.params[2], "");
	find(&f, HTTP_PUT, "/rooms/r/state/m.x/a/%41//b/");
	check_str(f.match.params[2], "a/A//b/");
	find(&f, HTTP_PUT, "/rooms/r/state/m.x/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17");
	check_str(f.match.params[2], "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17");
	expect("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NULL);
}

static void a_tail_never_climbs(void **state)
{
	(void)state;
	expect("/a/x/../y", NULL);
	expect("/a/x/%2E%2e/y", NULL);
	expect("/a/x%2F..%2Fy", NULL);
	expect("/a/./y", NULL);
	expect("/a/..y/z", "/a/{rest*}");
}

static void literal_wins_over_parameter_over_tail(void **state)
{
	(void)state;
	expect("/a/b/c", "/a/b/c");
	expect("/a/b/d", "/a/{x}/d");
	expect("/a/b/e", "/a/{rest*}");
	expect("/a/", "/a/{rest*}");
	expect("/a", NULL);
}

static void the_method_is_part_of_the_match(void **state)
{
	struct found f;

	(void)state;
	find(&f, HTTP_GET, "/things/new");
	assert_string_equal(f.match.route->path, "/things/{id}");
	check_str(f.match.params[0], "new");
	find(&f, HTTP_PUT, "/things/new");
	assert_null(f.match.route);
	assert_int_equal(f.match.allowed, 1u << HTTP_GET | 1u << HTTP_POST | 1u << HTTP_DELETE);
	find(&f, HTTP_PUT, "/nothing");
	assert_int_equal(f.match.allowed, 0);
}

static void refuse(struct http_route first, struct http_route second)
{
	const struct http_route both[] = {first, second};
	const struct http_routes tables[] = {{&both[0], 1}, {&both[1], 1}};
	struct router *none = NULL;

	assert_int_equal(router_new(tables, 2, &none), STATUS_INVALID);
	assert_null(none);
}

static void defects_of_the_tables_are_found_at_start(void **state)
{
	static const struct http_route fine = ROW(HTTP_GET, "/x/{id}/y");
	static const struct http_route wrong[] = {
		ROW(HTTP_GET, "/x/{other}/y"),
		ROW(HTTP_GET, "relative"),
		ROW(HTTP_GET, ""),
		ROW(HTTP_GET, "/a{b}"),
		ROW(HTTP_GET, "/{tail*}/b"),
		ROW(HTTP_GET, "/{1}/{2}/{3}/{4}/{5}/{6}/{7}"),
		ROW(HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"),
		{.method = HTTP_GET, .path = "/no/handler"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		refuse(fine, wrong[i]);
	refuse((struct http_route)ROW(HTTP_PUT, "/r0|v3/x"),
		(struct http_route)ROW(HTTP_PUT, "/v1|v3/x"));
	refuse((struct http_route)ROW(HTTP_PUT, "/t/{a*}"),
		(struct http_route)ROW(HTTP_PUT, "/t/{b*}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_and_alternatives),
		cmocka_unit_test(parameters_are_decoded_segments),
		cmocka_unit_test(a_trailing_slash_is_a_segment),
		cmocka_unit_test(tails_take_the_rest),
		cmocka_unit_test(a_tail_never_climbs),
		cmocka_unit_test(literal_wins_over_parameter_over_tail),
		cmocka_unit_test(the_method_is_part_of_the_match),
		cmocka_unit_test(defects_of_the_tables_are_found_at_start),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
