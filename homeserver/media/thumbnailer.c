/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/media/thumbnailer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "homeserver/media/thumbnail_run.h"

#define LOG_MODULE "media"
#include "common/base/log.h"

#define THREADS	    2
#define WAITERS_MAX 64
/* How long a failure of ours (no helper, no disk) is remembered before it is tried again. */
#define FAILED_MS 10000

enum job_state { JOB_FREE, JOB_WAITING, JOB_RUNNING, JOB_FAILED };

struct job {
	enum job_state state;
	uint64_t order; /* of arrival */
	int64_t failed_ms;
	uint8_t sha256[SHA256_BYTES];
	struct thumbnail_size size;
	struct http_ticket waiters[WAITERS_MAX];
	size_t waiter_count;
};

struct thumbnailer {
	struct media_files *files;
	char helper[PATH_MAX];
	pthread_t threads[THREADS];
	struct http_server *http;
	struct mutex mutex;
	pthread_cond_t work;
	bool ending;
	uint64_t next_order;
	struct job jobs[THUMBNAIL_QUEUE_MAX];
};

static bool is_job(const struct job *job, struct str sha256, const struct thumbnail_size *size)
{
	return job->state != JOB_FREE &&
	       str_eq(str_n((const char *)job->sha256, SHA256_BYTES), sha256) &&
	       job->size.width == size->width && job->size.height == size->height &&
	       job->size.crop == size->crop;
}

/* Failures are places that can be had again; those that are over become free here. */
static struct job *find_job(struct thumbnailer *t, struct str sha256,
	const struct thumbnail_size *size, struct job **free_out)
{
	int64_t now = clock_mono_ms();
	*free_out = NULL;
	for (size_t i = 0; i < THUMBNAIL_QUEUE_MAX; i++) {
		struct job *job = &t->jobs[i];
		if (job->state == JOB_FAILED && now - job->failed_ms > FAILED_MS)
			job->state = JOB_FREE;
		if (is_job(job, sha256, size))
			return job;
		if (job->state == JOB_FREE)
			*free_out = job;
	}
	return NULL;
}

/* Joins or makes the job, with the mutex held. */
MUST_CHECK static enum status join_job(struct thumbnailer *t, struct str sha256,
	const struct thumbnail_size *size, struct http_ticket ticket)
{
	struct job *empty;
	struct job *job = find_job(t, sha256, size, &empty);
	if (job != NULL && job->state == JOB_FAILED)
		return STATUS_INTERNAL;
	if (job == NULL && (empty == NULL || t->ending))
		return STATUS_LIMITED;
	if (job == NULL) {
		job = empty;
		*job = (struct job){.state = JOB_WAITING, .order = t->next_order++, .size = *size};
		memcpy(job->sha256, sha256.p, SHA256_BYTES);
		pthread_cond_signal(&t->work);
	}
	if (job->waiter_count == WAITERS_MAX)
		return STATUS_LIMITED;
	job->waiters[job->waiter_count++] = ticket;
	return STATUS_UNAVAILABLE;
}

/* What the one byte of a kept refusal means. */
MUST_CHECK static enum status read_refusal(int fd)
{
	unsigned char code = 0;
	if (pread(fd, &code, 1, 0) != 1)
		return STATUS_IO;
	return code == THUMBNAIL_ORIGINAL    ? STATUS_EXISTS
	       : code == THUMBNAIL_TOO_LARGE ? STATUS_TOO_LARGE
					     : STATUS_INVALID;
}

MUST_CHECK static enum status open_made(struct thumbnailer *t, struct str sha256,
	const struct thumbnail_size *size, int *fd_out, int64_t *size_out)
{
	char name[THUMBNAIL_NAME_MAX];
	thumbnail_name(size, name);
	enum status status = media_files_open_derived(t->files, sha256, name, fd_out, size_out);
	if (status != STATUS_OK || *size_out > 1)
		return status;
	status = read_refusal(*fd_out);
	fs_close(fd_out);
	return status;
}

enum status thumbnailer_get(struct thumbnailer *t, struct str sha256,
	const struct thumbnail_size *size, struct http_ticket ticket, int *fd_out,
	int64_t *size_out)
{
	enum status status = open_made(t, sha256, size, fd_out, size_out);
	if (status != STATUS_NOT_FOUND)
		return status;
	mutex_lock(&t->mutex);
	status = join_job(t, sha256, size, ticket);
	mutex_unlock(&t->mutex);
	return status;
}

/* --- the threads --- */

/* Runs the helper and keeps what came of it. */
MUST_CHECK static enum status work(struct thumbnailer *t, const struct job *job)
{
	struct str sha256 = str_n((const char *)job->sha256, SHA256_BYTES);
	char name[THUMBNAIL_NAME_MAX];
	FD_SCOPE int in = -1;
	FD_SCOPE int out = media_files_scratch(t->files);
	int64_t size;
	enum thumbnail_end end;
	if (out < 0)
		return STATUS_IO;
	enum status status = media_files_open(t->files, sha256, &in, &size);
	if (status == STATUS_OK)
		status = thumbnail_run(t->helper, &job->size, in, out, &end);
	if (status != STATUS_OK)
		return status;
	if (end != THUMBNAIL_MADE) {
		const unsigned char code = (unsigned char)end;
		if (ftruncate(out, 0) != 0 || pwrite(out, &code, 1, 0) != 1)
			return STATUS_IO;
	}
	thumbnail_name(&job->size, name);
	return media_files_keep_derived(t->files, sha256, name, out);
}

static struct job *next_job(struct thumbnailer *t)
{
	struct job *next = NULL;
	for (size_t i = 0; i < THUMBNAIL_QUEUE_MAX; i++)
		if (t->jobs[i].state == JOB_WAITING &&
			(next == NULL || t->jobs[i].order < next->order))
			next = &t->jobs[i];
	return next;
}

static void finish(struct thumbnailer *t, struct job *job, enum status status)
{
	if (status != STATUS_OK)
		log_warning("a thumbnail could not be made: %s", status_name(status));
	for (size_t i = 0; i < job->waiter_count && t->http != NULL; i++)
		http_wake(t->http, job->waiters[i]);
	job->state = status == STATUS_OK ? JOB_FREE : JOB_FAILED;
	job->failed_ms = clock_mono_ms();
}

static void *run(void *arg)
{
	struct thumbnailer *t = arg;
	mutex_lock(&t->mutex);
	while (!t->ending) {
		struct job *job = next_job(t);
		if (job == NULL) {
			pthread_cond_wait(&t->work, &t->mutex.m);
			continue;
		}
		job->state = JOB_RUNNING;
		mutex_unlock(&t->mutex);
		enum status status = work(t, job);
		mutex_lock(&t->mutex);
		finish(t, job, status);
	}
	mutex_unlock(&t->mutex);
	return NULL;
}

static void find_helper(char helper[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct str path = str_n(self, n > 0 ? (size_t)n : 0);
	ptrdiff_t slash = str_rindex(path, '/');
	struct str folder = str_slice(path, 0, slash < 0 ? 0 : (size_t)slash);
	if (snprintf(helper, PATH_MAX, "%.*s/parvis-thumbnailer", STR_FMT(folder)) >= PATH_MAX)
		helper[0] = '\0';
	if (access(helper, X_OK) != 0)
		log_warning("%s is missing: there will be no thumbnails", helper);
}

struct thumbnailer *thumbnailer_new(struct media_files *files)
{
	struct thumbnailer *t = MEM_NEW(struct thumbnailer);
	t->files = files;
	find_helper(t->helper);
	mutex_init(&t->mutex);
	pthread_cond_init(&t->work, NULL);
	for (size_t i = 0; i < THREADS; i++)
		t->threads[i] = thread_start("thumbnails", run, t);
	return t;
}

void thumbnailer_set_http(struct thumbnailer *t, struct http_server *http)
{
	mutex_lock(&t->mutex);
	t->http = http;
	mutex_unlock(&t->mutex);
}

void thumbnailer_free(struct thumbnailer **thumbnailer)
{
	struct thumbnailer *t = *thumbnailer;
	if (t == NULL)
		return;
	mutex_lock(&t->mutex);
	t->ending = true;
	pthread_cond_broadcast(&t->work);
	mutex_unlock(&t->mutex);
	for (size_t i = 0; i < THREADS; i++)
		thread_join(t->threads[i]);
	pthread_cond_destroy(&t->work);
	mutex_release(&t->mutex);
	mem_freep(thumbnailer);
}
