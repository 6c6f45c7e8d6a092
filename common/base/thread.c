/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

const struct thread_role on_writer = {"writer"};
const struct thread_role on_media = {"media"};
const struct thread_role on_signal = {"signal"};

/* Names are cut by the kernel at 15 bytes and a NUL. */
#define THREAD_NAME_BYTES 16

struct start {
	char name[THREAD_NAME_BYTES];
	void *(*run)(void *arg);
	void *arg;
};

/* pthread's calls fail on a defect of ours only; going on without the lock would be worse. */
static void must_be_zero(int error)
{
	if (error != 0)
		abort();
}

void mutex_init(struct mutex *mutex)
{
	must_be_zero(pthread_mutex_init(&mutex->m, NULL));
}

void mutex_release(struct mutex *mutex)
{
	must_be_zero(pthread_mutex_destroy(&mutex->m));
}

void mutex_lock(struct mutex *mutex) NO_THREAD_CHECK
{
	must_be_zero(pthread_mutex_lock(&mutex->m));
}

void mutex_unlock(struct mutex *mutex) NO_THREAD_CHECK
{
	must_be_zero(pthread_mutex_unlock(&mutex->m));
}

static void *run_named(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	pthread_setname_np(pthread_self(), start.name);
	return start.run(start.arg);
}

pthread_t thread_start(const char *name, void *(*run)(void *arg), void *arg)
{
	/* A fault is delivered to the thread that made it, and must stay so. */
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	struct start *start = MEM_NEW(struct start);
	sigset_t blocked, before;
	pthread_t thread;

	snprintf(start->name, sizeof(start->name), "%s", name);
	start->run = run;
	start->arg = arg;
	sigfillset(&blocked);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		sigdelset(&blocked, faults[i]);
	/* The new thread inherits the mask, so that there is no moment without it. */
	must_be_zero(pthread_sigmask(SIG_SETMASK, &blocked, &before));
	must_be_zero(pthread_create(&thread, NULL, run_named, start));
	must_be_zero(pthread_sigmask(SIG_SETMASK, &before, NULL));
	return thread;
}

void thread_join(pthread_t thread)
{
	must_be_zero(pthread_join(thread, NULL));
}
