/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/processor.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "bridge-mail/inbound/judging.h"
#include "bridge-mail/inbound/posting.h"
#include "bridge-mail/inbound/threading.h"
#include "bridge-mail/message/parse.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/thread/subject.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS   60000
/* A mail whose parsing fails for reasons of ours so often holds the others no longer. */
#define PARSE_ATTEMPTS 5

struct processor {
	struct bridge *bridge;
	struct db *db;
	int wake_fd;
	atomic_bool stopping;
	bool started;
	pthread_t thread;
	const char *temp_dir; /* in the arena below */
	struct arena *arena;  /* lives as long as the processor */
	struct judging *judging;
};

struct finish {
	int64_t delivery_id;
	enum delivery_state state;
	int64_t next_try_at; /* state RECEIVED: try again then */
	struct str reason;
};

static enum status finish_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct finish *f = arg;
	if (f->state == DELIVERY_RECEIVED)
		return delivery_retry(tx, f->delivery_id, f->next_try_at, f->reason);
	return delivery_finish(tx, f->delivery_id, f->state, f->reason);
}

static int64_t retry_delay(int64_t attempts)
{
	int64_t delay = RETRY_FIRST_MS;
	for (int64_t i = 0; i < attempts && delay < RETRY_MAX_MS; i++)
		delay *= 2;
	return delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS;
}

/* Writes down how a delivery went. Failing to do so means trying it again later. */
static enum status conclude(
	struct processor *p, const struct delivery *delivery, enum status status, const char *why)
{
	struct finish f = {.delivery_id = delivery->delivery_id, .state = DELIVERY_POSTED};
	ARENA_SCOPE(arena);
	if (status != STATUS_OK) {
		f.reason = arena_printf(arena, "%s: %s", why, status_name(status));
		bool retry = posting_may_retry(status);
		f.state = retry ? DELIVERY_RECEIVED : DELIVERY_FAILED;
		f.next_try_at = clock_wall_ms() + retry_delay(delivery->attempts);
		log_warning("mail %s delivery=%lld attempts=%lld reason=%s",
			retry ? "waits" : "set aside", (long long)delivery->delivery_id,
			(long long)delivery->attempts + 1, f.reason.p);
	}
	return db_write(p->bridge->writer, finish_change, &f);
}

static enum status parse(struct processor *p, const struct delivery *delivery, const char *path,
	struct arena *arena, struct mail *out)
{
	struct mail_parse_config config = {
		.program = p->bridge->parser_program, .temp_dir = p->temp_dir};
	enum status status = mail_parse(&config, path, arena, out);
	if (status == STATUS_IO && delivery->attempts >= PARSE_ATTEMPTS)
		status = mail_parse_headers(path, arena, out);
	return status;
}

static enum status work_off(
	struct processor *p, struct delivery *delivery, struct arena *arena, const char **why_out)
{
	const char *path = NULL;
	struct mail mail;
	struct body body;
	struct subject subject;
	struct verdict verdict;
	*why_out = "parse";
	enum status status =
		mail_file_path(p->bridge->state_dir, delivery->content_hash, arena, &path);
	if (status == STATUS_OK)
		status = parse(p, delivery, path, arena, &mail);
	if (status != STATUS_OK)
		return status;
	subject_read(arena, mail.subject, &subject);
	body_make(arena, &mail, subject.forward && !subject.reply, &body);
	if (delivery->state == DELIVERY_RECEIVED) {
		*why_out = "thread";
		bool with_original = body.cut || (mail.flags & (MAIL_UNREADABLE | MAIL_CUT)) != 0;
		status = threading_decide(p->bridge, &mail, with_original, delivery);
		if (status != STATUS_OK || delivery->state != DELIVERY_THREADED)
			return status;
	}
	*why_out = "sender";
	status = judging_run(p->judging, p->db, arena, delivery, &mail, path, &verdict);
	if (status != STATUS_OK)
		return status;
	struct posting posting = {
		.bridge = p->bridge,
		.db = p->db,
		.arena = arena,
		.delivery = delivery,
		.mail = &mail,
		.body = &body,
		.verdict = &verdict,
		.mail_path = path,
	};
	return posting_run(&posting, why_out);
}

/* Takes one step. Gives the milliseconds to wait before the next: 0 none, -1 until woken. */
static int64_t step(struct processor *p)
{
	ARENA_SCOPE(arena);
	struct delivery delivery;
	enum status status = delivery_next(p->db, arena, &delivery);
	if (status == STATUS_NOT_FOUND)
		return -1;
	if (status != STATUS_OK)
		return RETRY_FIRST_MS;
	int64_t wait = delivery.next_try_at - clock_wall_ms();
	/* A clock that was set back must not stop the mail. */
	if (wait > RETRY_MAX_MS)
		wait = RETRY_MAX_MS;
	if (wait > 0 && delivery.attempts > 0)
		return wait;
	const char *why = "";
	status = work_off(p, &delivery, arena, &why);
	if (status == STATUS_OK && delivery.state != DELIVERY_THREADED)
		return 0; /* a duplicate or a loop: written down already */
	return conclude(p, &delivery, status, why) == STATUS_OK ? 0 : RETRY_FIRST_MS;
}

static void *run(void *arg)
{
	struct processor *p = arg;
	while (!atomic_load(&p->stopping)) {
		int64_t wait = step(p);
		if (wait == 0)
			continue;
		struct pollfd poll_fd = {.fd = p->wake_fd, .events = POLLIN};
		(void)poll(&poll_fd, 1, (int)wait);
		eventfd_t count;
		(void)eventfd_read(p->wake_fd, &count);
	}
	return NULL;
}

enum status processor_start(struct bridge *bridge, struct processor **out)
{
	struct processor *p = MEM_NEW(struct processor);
	p->bridge = bridge;
	p->arena = arena_new();
	p->judging = judging_new(bridge);
	p->temp_dir = arena_printf(p->arena, "%s/tmp", bridge->state_dir).p;
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status = p->wake_fd < 0 ? STATUS_IO : db_open(bridge->db_path, true, &p->db);
	if (status != STATUS_OK) {
		processor_stop(&p);
		return status;
	}
	p->thread = thread_start("mail-inbound", run, p);
	p->started = true;
	*out = p;
	return STATUS_OK;
}

void processor_stop(struct processor **processor)
{
	struct processor *p = *processor;
	if (p == NULL)
		return;
	*processor = NULL;
	if (p->started) {
		atomic_store(&p->stopping, true);
		processor_wake(p);
		thread_join(p->thread);
	}
	if (p->db != NULL)
		db_close(&p->db);
	judging_free(&p->judging);
	fs_close(&p->wake_fd);
	arena_free(&p->arena);
	free(p);
}

void processor_wake(struct processor *processor)
{
	(void)eventfd_write(processor->wake_fd, 1);
}
