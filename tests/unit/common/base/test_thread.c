/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <signal.h>

#include "common/base/thread.h"

struct seen {
	char name[16];
	bool term_blocked;
	bool segv_blocked;
};

static void *look(void *arg)
{
	struct seen *seen = arg;
	sigset_t set;

	pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	seen->term_blocked = sigismember(&set, SIGTERM) == 1;
	seen->segv_blocked = sigismember(&set, SIGSEGV) == 1;
	return NULL;
}

static void a_thread_has_its_name_and_no_signals(void **state)
{
	struct seen seen = {0};
	sigset_t set;

	(void)state;
	thread_join(thread_start("a name longer than fifteen", look, &seen));
	assert_string_equal(seen.name, "a name longer t");
	assert_true(seen.term_blocked);
	assert_false(seen.segv_blocked);
	/* The starter's own mask is as it was. */
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	assert_int_equal(sigismember(&set, SIGTERM), 0);
}

struct counter {
	struct mutex lock;
	long value;
};

static void *count(void *arg)
{
	struct counter *counter = arg;

	for (int i = 0; i < 10000; i++) {
		mutex_lock(&counter->lock);
		counter->value++;
		mutex_unlock(&counter->lock);
	}
	return NULL;
}

static void a_mutex_excludes(void **state)
{
	struct counter counter = {.value = 0};
	pthread_t threads[4];

	(void)state;
	mutex_init(&counter.lock);
	for (size_t i = 0; i < 4; i++)
		threads[i] = thread_start("count", count, &counter);
	for (size_t i = 0; i < 4; i++)
		thread_join(threads[i]);
	assert_int_equal(counter.value, 40000);
	mutex_release(&counter.lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_has_its_name_and_no_signals),
		cmocka_unit_test(a_mutex_excludes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
