/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait without a thread: who wakes them, when, and what happens if nobody does. */
#include <stdatomic.h>
#include <sys/resource.h>

#include "tests/unit/common/http/served.h"

#include "common/base/clock.h"

#define MANY 2200
#define LONG 600000

/* What the handlers leave for the test. */
static struct {
	struct mutex lock;
	struct http_ticket tickets[MANY];
	size_t count;
	atomic_int runs;
	atomic_bool news;
	atomic_int admitted;
} seen;

static struct http_server *current; /* for a handler that wakes itself */

static void leave_ticket(struct http_ticket ticket)
{
	mutex_lock(&seen.lock);
	if (seen.count < MANY)
		seen.tickets[seen.count++] = ticket;
	mutex_unlock(&seen.lock);
}

static struct http_ticket ticket_at(size_t i)
{
	mutex_lock(&seen.lock);
	assert_true(i < seen.count);
	struct http_ticket ticket = seen.tickets[i];
	mutex_unlock(&seen.lock);
	return ticket;
}

static void forget_tickets(void)
{
	mutex_lock(&seen.lock);
	seen.count = 0;
	mutex_unlock(&seen.lock);
}

/* Waits for news, until ?ms= are over. */
static enum http_outcome wait_for_news(struct http_request *request, struct http_reply *reply)
{
	int64_t now = clock_mono_ms();

	atomic_fetch_add(&seen.runs, 1);
	if (!request->woken) {
		int64_t ms = 0;
		if (str_to_i64(http_query(request, "ms"), &ms) != STATUS_OK)
			ms = LONG;
		request->park_until_ms = now + ms;
		leave_ticket(http_ticket(request));
	}
	/* Memory of this run only. */
	memset(arena_alloc(request->arena, 10000), 1, 10000);
	if (atomic_load(&seen.news))
		buf_append_c(&reply->body, "news");
	else if (now >= request->park_until_ms)
		buf_append_c(&reply->body, "nothing");
	else
		return HTTP_PARK;
	reply->content_type = "text/plain";
	return HTTP_REPLY;
}

/* The wake comes while the handler is still deciding to park. */
static enum http_outcome wake_myself(struct http_request *request, struct http_reply *reply)
{
	atomic_fetch_add(&seen.runs, 1);
	request->park_until_ms = clock_mono_ms() + LONG;
	if (!request->woken) {
		http_wake(current, http_ticket(request));
		return HTTP_PARK;
	}
	buf_append_c(&reply->body, request->body.p);
	reply->content_type = "text/plain";
	return HTTP_REPLY;
}

static bool admit(struct http_request *request, struct http_reply *reply)
{
	(void)reply;
	/* auth is in the arena, which is new at each run. */
	assert_null(request->auth);
	request->auth = arena_alloc(request->arena, 16);
	atomic_fetch_add(&seen.admitted, 1);
	return true;
}

static const struct http_route rows[] = {
	{HTTP_GET, "/wait", 0, 0, BODY_NONE, 0, wait_for_news},
	{HTTP_POST, "/self", 0, 0, BODY_BYTES, 0, wake_myself},
};
static const struct http_routes table = {rows, ARRAY_LEN(rows)};

static struct served served;

static void start(unsigned connections)
{
	struct http_server_config config = served_config(&table);

	mutex_init(&seen.lock);
	seen.count = 0;
	atomic_store(&seen.runs, 0);
	atomic_store(&seen.admitted, 0);
	atomic_store(&seen.news, false);
	config.max_connections = connections;
	config.admit = admit;
	config.transfer_timeout_ms = 200; /* and so the sweep comes every 50 ms */
	served = serve(config);
	current = served.server;
}

static void a_wake_before_the_park_is_not_lost(void **state)
{
	(void)state;
	start(10);
	for (int i = 0; i < 100; i++) {
		struct answer answer = ask(served.port,
			"POST /self HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nkept");
		assert_string_equal(answer.body, "kept");
	}
	assert_int_equal(atomic_load(&seen.runs), 200);
	assert_int_equal(atomic_load(&seen.admitted), 200);
	served_end(&served);
}

static void a_wake_after_the_park_runs_the_handler_again(void **state)
{
	(void)state;
	start(10);
	struct peer peer = peer_connect(served.port);
	for (int i = 0; i < 50; i++) {
		atomic_store(&seen.news, false);
		forget_tickets();
		peer_send(&peer, GET("/wait"));
		served_await(&served, PARKED, 1);
		/* A wake without news parks it again. */
		http_wake(served.server, ticket_at(0));
		atomic_store(&seen.news, true);
		http_wake(served.server, ticket_at(0));
		assert_string_equal(peer_answer(&peer).body, "news");
		assert_int_equal(served_metric(&served, PARKED), 0);
	}
	peer_close(&peer);
	served_end(&served);
}

static void time_wakes_too(void **state)
{
	(void)state;
	start(10);
	struct peer late = peer_connect(served.port);
	struct peer soon = peer_connect(served.port);
	int64_t begin = clock_mono_ms();
	peer_send(&late, GET("/wait?ms=150"));
	served_await(&served, PARKED, 1);
	peer_send(&soon, GET("/wait?ms=20"));
	assert_string_equal(peer_answer(&soon).body, "nothing");
	assert_true(clock_mono_ms() - begin >= 20);
	assert_string_equal(peer_answer(&late).body, "nothing");
	assert_true(clock_mono_ms() - begin >= 150);
	assert_int_equal(atomic_load(&seen.runs), 4);
	peer_close(&soon);
	peer_close(&late);
	served_end(&served);
}

/* Longer than a slow peer would be borne with: parked is not slow. */
static void tickets_of_the_past_are_ignored(void **state)
{
	(void)state;
	start(10);
	struct peer peer = peer_connect(served.port);
	peer_send(&peer, GET("/wait?ms=400"));
	assert_string_equal(peer_answer(&peer).body, "nothing");
	struct http_ticket old = ticket_at(0);
	peer_send(&peer, GET("/wait?ms=600000"));
	served_await(&served, PARKED, 1);
	assert_int_equal(ticket_at(1).slot, old.slot);
	assert_int_not_equal(ticket_at(1).generation, old.generation);
	http_wake(served.server, old);
	http_wake(served.server, (struct http_ticket){0, 0});
	http_wake(served.server, (struct http_ticket){UINT32_MAX, 1});
	assert_int_equal(served_metric(&served, PARKED), 1);
	assert_int_equal(atomic_load(&seen.runs), 3);
	peer_close(&peer);
	served_end(&served);
}

static void a_peer_that_went_away_is_noticed(void **state)
{
	(void)state;
	start(10);
	struct peer peer = peer_connect(served.port);
	struct peer stays = peer_connect(served.port);
	peer_send(&peer, GET("/wait"));
	peer_send(&stays, GET("/wait"));
	served_await(&served, PARKED, 2);
	peer_close(&peer);
	served_await(&served, PARKED, 1);
	served_await(&served, CONNECTIONS, 1);
	assert_int_equal(atomic_load(&seen.runs), 2);
	atomic_store(&seen.news, true);
	http_wake(served.server, ticket_at(0));
	http_wake(served.server, ticket_at(1));
	assert_string_equal(peer_answer(&stays).body, "news");
	assert_int_equal(atomic_load(&seen.runs), 3);
	peer_close(&stays);
	served_end(&served);
}

/* A request behind the parked one waits for its turn. */
static void pipelined_behind_a_parked_request(void **state)
{
	(void)state;
	start(10);
	struct peer peer = peer_connect(served.port);
	peer_send(&peer, GET("/wait?ms=100") GET("/wait?ms=0") GET("/nowhere"));
	assert_string_equal(peer_answer(&peer).body, "nothing");
	assert_string_equal(peer_answer(&peer).body, "nothing");
	assert_int_equal(peer_answer(&peer).status, 404);
	peer_close(&peer);
	served_end(&served);
}

static void stopping_answers_what_is_parked(void **state)
{
	(void)state;
	start(10);
	struct peer a = peer_connect(served.port);
	struct peer b = peer_connect(served.port);
	struct peer idle = peer_connect(served.port);
	peer_send(&a, GET("/wait"));
	peer_send(&b, GET("/wait"));
	served_await(&served, PARKED, 2);
	served_end(&served);
	struct answer answer = peer_answer(&a);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	peer_expect_end(&a);
	assert_int_equal(peer_answer(&b).status, 503);
	peer_expect_end(&idle);
	assert_int_equal(atomic_load(&seen.runs), 4);
	peer_close(&a);
	peer_close(&b);
	peer_close(&idle);
}

static void many_at_once(void **state)
{
	struct rlimit files;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur != RLIM_INFINITY && files.rlim_cur < 2 * MANY + 100)
		skip();
	start(MANY + 10);
	struct peer *peers = mem_calloc(MANY, sizeof(peers[0]));
	for (size_t i = 0; i < MANY; i++)
		peers[i] = peer_connect(served.port);
	served_await(&served, CONNECTIONS, MANY);
	int64_t before = served_metric(&served, "process_resident_memory_bytes");
	for (size_t i = 0; i < MANY; i++)
		peer_send(&peers[i], GET("/wait"));
	served_await(&served, PARKED, MANY);
	int64_t after = served_metric(&served, "process_resident_memory_bytes");
	print_message("# %d parked: %.1f kB each\n", MANY, (double)(after - before) / 1024 / MANY);
	/* Others are served meanwhile. */
	assert_int_equal(ask(served.port, GET("/nowhere")).status, 404);
	atomic_store(&seen.news, true);
	for (size_t i = 0; i < MANY; i++)
		http_wake(served.server, ticket_at(i));
	for (size_t i = 0; i < MANY; i++)
		assert_string_equal(peer_answer(&peers[i]).body, "news");
	for (size_t i = 0; i < MANY; i++)
		peer_close(&peers[i]);
	free(peers);
	assert_int_equal(atomic_load(&seen.runs), 2 * MANY);
	served_end(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wake_before_the_park_is_not_lost),
		cmocka_unit_test(a_wake_after_the_park_runs_the_handler_again),
		cmocka_unit_test(time_wakes_too),
		cmocka_unit_test(tickets_of_the_past_are_ignored),
		cmocka_unit_test(a_peer_that_went_away_is_noticed),
		cmocka_unit_test(pipelined_behind_a_parked_request),
		cmocka_unit_test(stopping_answers_what_is_parked),
		cmocka_unit_test(many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
