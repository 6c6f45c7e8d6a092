/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <poll.h>

#include "common/base/clock.h"
#include "common/base/mailbox.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

static bool readable(const struct mailbox *box)
{
	struct pollfd poll_fd = {.fd = mailbox_fd(box), .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void messages_come_in_order(void **state)
{
	struct mailbox *box = mailbox_new(100);
	int numbers[100];

	(void)state;
	assert_null(mailbox_take(box));
	/* Twice, so that the ring wraps while it grows. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 10; i++)
			check_ok(mailbox_send(box, &numbers[i]));
		for (size_t i = 0; i < 7; i++)
			assert_ptr_equal(mailbox_take(box), &numbers[i]);
		for (size_t i = 10; i < 100; i++)
			check_ok(mailbox_send(box, &numbers[i]));
		for (size_t i = 7; i < 100; i++)
			assert_ptr_equal(mailbox_take(box), &numbers[i]);
		assert_null(mailbox_take(box));
	}
	mailbox_free(&box, NULL);
	assert_null(box);
}

static void the_eventfd_is_readable_while_messages_wait(void **state)
{
	struct mailbox *box = mailbox_new(4);
	int a, b;

	(void)state;
	assert_false(readable(box));
	check_ok(mailbox_send(box, &a));
	check_ok(mailbox_send(box, &b));
	assert_true(readable(box));
	mailbox_take(box);
	assert_true(readable(box));
	mailbox_take(box);
	assert_false(readable(box));
	mailbox_close(box);
	assert_true(readable(box));
	assert_null(mailbox_take(box));
	assert_false(readable(box));
	mailbox_free(&box, NULL);
}

static int dropped;

static void count_drop(void *message)
{
	(void)message;
	dropped++;
}

static void full_closed_and_freed(void **state)
{
	struct mailbox *box = mailbox_new(2);
	int message;

	(void)state;
	check_ok(mailbox_send(box, &message));
	check_ok(mailbox_send(box, &message));
	check_status(mailbox_send(box, &message), STATUS_TOO_LARGE);
	mailbox_close(box);
	check_status(mailbox_send(box, &message), STATUS_UNAVAILABLE);
	/* What was sent before the end is still delivered. */
	assert_ptr_equal(mailbox_wait(box, -1), &message);
	mailbox_free(&box, count_drop);
	assert_int_equal(dropped, 1);
}

static void waiting_ends_by_time_and_by_closing(void **state)
{
	struct mailbox *box = mailbox_new(2);
	int64_t before = clock_mono_us();

	(void)state;
	assert_null(mailbox_wait(box, 0));
	assert_null(mailbox_wait(box, 5));
	assert_true(clock_mono_us() - before >= 5000);
	mailbox_close(box);
	assert_null(mailbox_wait(box, -1));
	mailbox_free(&box, NULL);
}

#define SENDERS	 4
#define MESSAGES 2000

struct sender {
	struct mailbox *box;
	int numbers[MESSAGES];
};

static void *send_all(void *arg)
{
	struct sender *sender = arg;

	for (int i = 0; i < MESSAGES; i++) {
		sender->numbers[i] = i;
		if (mailbox_send(sender->box, &sender->numbers[i]) != STATUS_OK)
			return arg;
	}
	return NULL;
}

static void many_senders_one_receiver(void **state)
{
	struct mailbox *box = mailbox_new((size_t)SENDERS * MESSAGES);
	struct sender *senders = mem_calloc(SENDERS, sizeof(*senders));
	pthread_t threads[SENDERS];
	long sum = 0;

	(void)state;
	for (int i = 0; i < SENDERS; i++) {
		senders[i].box = box;
		threads[i] = thread_start("sender", send_all, &senders[i]);
	}
	for (int i = 0; i < SENDERS * MESSAGES; i++) {
		const int *number = mailbox_wait(box, -1);

		assert_non_null(number);
		sum += *number;
	}
	assert_int_equal(sum, (long)SENDERS * MESSAGES * (MESSAGES - 1) / 2);
	for (int i = 0; i < SENDERS; i++)
		thread_join(threads[i]);
	assert_null(mailbox_take(box));
	mailbox_free(&box, NULL);
	mem_freep(&senders);
	assert_null(senders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_order),
		cmocka_unit_test(the_eventfd_is_readable_while_messages_wait),
		cmocka_unit_test(full_closed_and_freed),
		cmocka_unit_test(waiting_ends_by_time_and_by_closing),
		cmocka_unit_test(many_senders_one_receiver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
