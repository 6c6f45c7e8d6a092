/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads with a role. clang's -Wthread-safety checks that a function marked
 * REQUIRES(on_writer) is called only where the role is held; a thread takes its role with
 * role_take() as its first statement. gcc sees nothing of this.
 */
#ifndef PARVIS_BASE_THREAD_H
#define PARVIS_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "common/base/status.h"

#ifdef __clang__
#define THREAD_ATTR(x) __attribute__((x))
#else
#define THREAD_ATTR(x)
#endif
#define CAPABILITY(name)  THREAD_ATTR(capability(name))
#define REQUIRES(...)	  THREAD_ATTR(requires_capability(__VA_ARGS__))
#define EXCLUDES(...)	  THREAD_ATTR(locks_excluded(__VA_ARGS__))
#define ACQUIRES(...)	  THREAD_ATTR(acquire_capability(__VA_ARGS__))
#define RELEASES(...)	  THREAD_ATTR(release_capability(__VA_ARGS__))
#define ASSERTS_ROLE(...) THREAD_ATTR(assert_capability(__VA_ARGS__))
#define GUARDED_BY(x)	  THREAD_ATTR(guarded_by(x))
#define NO_THREAD_CHECK	  THREAD_ATTR(no_thread_safety_analysis)

struct CAPABILITY("role") thread_role {
	const char *name;
};

/* The roles of the three programs. */
extern const struct thread_role on_writer; /* the one thread that changes the database */
extern const struct thread_role on_media;  /* a media thread of the SFU */
extern const struct thread_role on_signal; /* the libwebsockets loop of the SFU */

/* Tells the compiler that this thread has the role; costs nothing. */
static inline void role_take(const struct thread_role *role) ASSERTS_ROLE(role)
{
	(void)role;
}

struct CAPABILITY("mutex") mutex {
	pthread_mutex_t m;
};
void mutex_init(struct mutex *mutex);
void mutex_release(struct mutex *mutex);
void mutex_lock(struct mutex *mutex) ACQUIRES(mutex);
void mutex_unlock(struct mutex *mutex) RELEASES(mutex);

/* pthread_create with a name (15 bytes at most) that shows in ps and gdb; aborts when no thread
 * can be had. Signals are blocked in the new thread: main handles them (base/process.h). */
pthread_t thread_start(const char *name, void *(*run)(void *arg), void *arg);
void thread_join(pthread_t thread);

#endif
