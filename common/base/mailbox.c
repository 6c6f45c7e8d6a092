/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/thread.h"

#define FIRST_CAPACITY 16u

/*
 * A ring. The eventfd holds 1 exactly while messages wait, so senders pay a system call for the
 * first message only and the receiver for the last. Closing rings it once more; the next look
 * into the empty box stills it.
 */
struct mailbox {
	struct mutex lock;
	pthread_cond_t arrived;
	void **ring;
	size_t capacity;
	size_t first;
	size_t count;
	size_t max;
	int fd;
	bool rung; /* the eventfd is readable */
	bool closed;
};

struct mailbox *mailbox_new(size_t max_messages)
{
	struct mailbox *mailbox = MEM_NEW(struct mailbox);
	pthread_condattr_t attributes;

	assert(max_messages > 0);
	mailbox->max = max_messages;
	mutex_init(&mailbox->lock);
	/* A jump of the wall clock must not stretch a time-out. */
	if (pthread_condattr_init(&attributes) != 0 ||
		pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
		pthread_cond_init(&mailbox->arrived, &attributes) != 0)
		abort();
	pthread_condattr_destroy(&attributes);
	mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mailbox->fd < 0)
		abort();
	return mailbox;
}

static void *pop(struct mailbox *mailbox)
{
	void *message = mailbox->ring[mailbox->first];

	mailbox->first = (mailbox->first + 1) % mailbox->capacity;
	mailbox->count--;
	return message;
}

void mailbox_free(struct mailbox **mailbox, void (*drop)(void *message))
{
	struct mailbox *m = *mailbox;

	if (m == NULL)
		return;
	*mailbox = NULL;
	while (m->count > 0) {
		void *message = pop(m);

		if (drop != NULL)
			drop(message);
	}
	close(m->fd);
	pthread_cond_destroy(&m->arrived);
	mutex_release(&m->lock);
	free(m->ring);
	free(m);
}

static void ring_bell(struct mailbox *mailbox)
{
	uint64_t one = 1;

	if (mailbox->rung)
		return;
	mailbox->rung = true;
	if (write(mailbox->fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		abort();
}

static void still_bell(struct mailbox *mailbox)
{
	uint64_t value;

	if (!mailbox->rung)
		return;
	mailbox->rung = false;
	if (read(mailbox->fd, &value, sizeof(value)) != (ssize_t)sizeof(value))
		abort();
}

static void grow(struct mailbox *mailbox)
{
	size_t capacity = mailbox->capacity == 0 ? FIRST_CAPACITY : mailbox->capacity * 2;
	void **ring = mem_calloc(capacity, sizeof(*ring));

	for (size_t i = 0; i < mailbox->count; i++)
		ring[i] = mailbox->ring[(mailbox->first + i) % mailbox->capacity];
	free(mailbox->ring);
	mailbox->ring = ring;
	mailbox->capacity = capacity;
	mailbox->first = 0;
}

static enum status push(struct mailbox *mailbox, void *message) REQUIRES(mailbox->lock)
{
	if (mailbox->closed)
		return STATUS_UNAVAILABLE;
	if (mailbox->count >= mailbox->max)
		return STATUS_TOO_LARGE;
	if (mailbox->count == mailbox->capacity)
		grow(mailbox);
	mailbox->ring[(mailbox->first + mailbox->count) % mailbox->capacity] = message;
	mailbox->count++;
	ring_bell(mailbox);
	pthread_cond_signal(&mailbox->arrived);
	return STATUS_OK;
}

enum status mailbox_send(struct mailbox *mailbox, void *message)
{
	enum status status;

	assert(message != NULL);
	mutex_lock(&mailbox->lock);
	status = push(mailbox, message);
	mutex_unlock(&mailbox->lock);
	return status;
}

static void *take(struct mailbox *mailbox) REQUIRES(mailbox->lock)
{
	void *message = mailbox->count == 0 ? NULL : pop(mailbox);

	if (mailbox->count == 0)
		still_bell(mailbox);
	return message;
}

void *mailbox_take(struct mailbox *mailbox)
{
	void *message;

	mutex_lock(&mailbox->lock);
	message = take(mailbox);
	mutex_unlock(&mailbox->lock);
	return message;
}

static struct timespec deadline_in(int64_t timeout_ms)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += timeout_ms / 1000;
	deadline.tv_nsec += timeout_ms % 1000 * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_nsec -= 1000000000;
		deadline.tv_sec++;
	}
	return deadline;
}

void *mailbox_wait(struct mailbox *mailbox, int64_t timeout_ms)
{
	struct timespec deadline = deadline_in(timeout_ms < 0 ? 0 : timeout_ms);
	void *message;
	int error = 0;

	mutex_lock(&mailbox->lock);
	while (mailbox->count == 0 && !mailbox->closed && error != ETIMEDOUT) {
		if (timeout_ms < 0)
			error = pthread_cond_wait(&mailbox->arrived, &mailbox->lock.m);
		else
			error = pthread_cond_timedwait(
				&mailbox->arrived, &mailbox->lock.m, &deadline);
	}
	message = take(mailbox);
	mutex_unlock(&mailbox->lock);
	return message;
}

void mailbox_close(struct mailbox *mailbox)
{
	mutex_lock(&mailbox->lock);
	mailbox->closed = true;
	ring_bell(mailbox);
	pthread_cond_broadcast(&mailbox->arrived);
	mutex_unlock(&mailbox->lock);
}

int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->fd;
}
