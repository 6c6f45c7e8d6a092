/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/queue.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/outbound/answers.h"
#include "bridge-mail/outbound/outbox.h"
#include "bridge-mail/outbound/submit.h"
#include "bridge-mail/store/address_failures.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/thread/return_path.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/metrics/metrics.h"

#define LOG_MODULE "outbound"
#include "common/base/log.h"

#define RETRY_FIRST_MS	  INT64_C(5000)
#define RETRY_MAX_MS	  INT64_C(3600000)
#define HOUR_MS		  INT64_C(3600000)
#define GIVE_UP_MS	  (INT64_C(4) * 24 * 3600 * 1000)
#define DATABASE_RETRY_MS 1000
#define LOOK_MS		  60000
#define MESSAGE_MAX	  ((size_t)64 * 1024 * 1024)

struct queue {
	struct bridge *bridge;
	struct db *db;
	struct submit *submit; /* NULL: into the outbox */
	struct metric *sent;
	struct metric *failed;
	int wake_fd;
	bool started;
	pthread_t thread;
};

int64_t queue_retry_delay(int64_t attempts)
{
	int64_t delay = RETRY_FIRST_MS;
	for (int64_t i = 0; i < attempts && delay < RETRY_MAX_MS; i++)
		delay *= 3;
	return delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS;
}

struct result {
	const struct outgoing_recipient *recipient;
	enum outgoing_state state;
	int64_t next_try_at;
	int64_t now;
	struct str reply;
};

static enum status put_result(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct result *r = arg;
	return outgoing_set(tx, r->recipient->mail.outgoing_id, r->recipient->address, r->state,
		r->next_try_at, r->now, r->reply);
}

static enum status write_result(struct queue *q, const struct outgoing_recipient *recipient,
	enum outgoing_state state, int64_t next_try_at, struct str reply)
{
	struct result result = {recipient, state, next_try_at, clock_wall_ms(), reply};
	return db_write(q->bridge->writer, put_result, &result);
}

struct sending {
	struct queue *queue;
	struct outgoing_recipient *recipient;
	bool changed; /* its author had second thoughts while it was on its way */
};

static enum status begin(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return outgoing_begin(tx, arg, clock_wall_ms());
}

/* From here on a crash leaves a row that says so, and no change of mind reaches the mail. */
static bool before_end(void *context)
{
	struct sending *s = context;
	enum status status = db_write(s->queue->bridge->writer, begin, s->recipient);
	s->changed = status == STATUS_CONFLICT;
	return status == STATUS_OK;
}

static enum submit_outcome hand_over(struct queue *q, struct outgoing_recipient *recipient,
	struct str message, char reply[SUBMIT_REPLY_MAX], bool *changed_out)
{
	const struct outgoing_mail *mail = &recipient->mail;
	ARENA_SCOPE(arena);
	struct sending sending = {q, recipient, false};
	struct str secret = str_n((const char *)q->bridge->secret, BRIDGE_SECRET_BYTES);
	struct str mail_from = mail->mail_from;
	if (q->bridge->config->bridge_mail.verp && mail_from.n > 0)
		mail_from = return_path_make(
			arena, secret, mail_from, mail->outgoing_id, recipient->address);
	struct submit_request request = {
		.mail_from = mail_from,
		.recipient = recipient->address,
		.message = message,
		.before_end = before_end,
		.context = &sending,
	};
	if (q->submit != NULL) {
		enum submit_outcome outcome = submit_mail(q->submit, &request, reply);
		*changed_out = sending.changed;
		return outcome;
	}
	bool begun = before_end(&sending);
	*changed_out = sending.changed;
	if (!begun)
		return SUBMIT_LATER;
	enum status status = outbox_put(q->bridge->config->bridge_mail.outbox, mail->message_id,
		mail_from, recipient->address, message);
	snprintf(reply, SUBMIT_REPLY_MAX, "outbox: %s", status_name(status));
	return status == STATUS_OK ? SUBMIT_ACCEPTED : SUBMIT_LATER;
}

static enum outgoing_state state_of(
	enum submit_outcome outcome, const struct outgoing_recipient *recipient)
{
	bool too_old = clock_wall_ms() - recipient->mail.created_at > GIVE_UP_MS;
	switch (outcome) {
	case SUBMIT_ACCEPTED:
		return OUTGOING_SENT;
	case SUBMIT_REFUSED:
		return OUTGOING_FAILED;
	case SUBMIT_UNCLEAR:
		return too_old ? OUTGOING_FAILED : OUTGOING_UNCLEAR;
	case SUBMIT_LATER:
		break;
	}
	return too_old ? OUTGOING_FAILED : OUTGOING_QUEUED;
}

static void count(struct queue *q, enum outgoing_state state)
{
	if (state == OUTGOING_SENT)
		metric_add(q->sent, 1);
	if (state == OUTGOING_FAILED)
		metric_add(q->failed, 1);
}

static enum status send_one(
	struct queue *q, struct outgoing_recipient *recipient, struct arena *arena)
{
	bool changed = false;
	const char *path = NULL;
	char reply[SUBMIT_REPLY_MAX] = "";
	BUF_SCOPE(message, MESSAGE_MAX);
	enum status status =
		mail_file_path(q->bridge->state_dir, recipient->mail.content_hash, arena, &path);
	if (status == STATUS_OK)
		status = fs_read_file(path, &message);
	if (status != STATUS_OK) {
		log_error("the mail of outgoing=%lld cannot be read: %s",
			(long long)recipient->mail.outgoing_id, status_name(status));
		return write_result(q, recipient, OUTGOING_QUEUED,
			clock_wall_ms() + queue_retry_delay(recipient->attempts),
			STR("the file of the mail cannot be read"));
	}
	enum submit_outcome outcome = hand_over(q, recipient, buf_str(&message), reply, &changed);
	if (changed)
		return STATUS_OK;
	enum outgoing_state state = state_of(outcome, recipient);
	log_info("mail outgoing=%lld attempts=%lld state=%d reply=\"%s\"",
		(long long)recipient->mail.outgoing_id, (long long)recipient->attempts, (int)state,
		reply);
	status = write_result(q, recipient, state,
		clock_wall_ms() + queue_retry_delay(recipient->attempts), str_c(reply));
	if (status != STATUS_OK)
		return status;
	count(q, state);
	if (state == OUTGOING_SENT || state == OUTGOING_FAILED)
		answers_wake(q->bridge->answers);
	return STATUS_OK;
}

/* The program ended while the server had the mail: whether it took it is not known. */
static enum status recover(struct queue *q)
{
	for (;;) {
		ARENA_SCOPE(arena);
		struct outgoing_recipient recipient;
		enum status status = outgoing_next_sending(q->db, arena, &recipient);
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = write_result(q, &recipient, OUTGOING_UNCLEAR, clock_wall_ms(),
				STR("the program ended before the server's answer"));
		if (status != STATUS_OK)
			return status;
	}
}

/* How long until a recipient is due. A clock that was set back must not stop the mail. */
static int64_t wait_of(const struct outgoing_recipient *recipient)
{
	int64_t wait = recipient->next_try_at - clock_wall_ms();
	int64_t longest = RETRY_MAX_MS;
	if (recipient->attempts == 0)
		longest = recipient->next_try_at - recipient->mail.created_at;
	if (wait <= 0 || longest <= 0)
		return 0;
	return wait < longest ? wait : longest;
}

/* How long until the rate lets another mail out: the window of an hour slides over what was sent,
 * which the rows know. What programs write leaves the last tenth to people. */
static enum status wait_of_rate(struct queue *q, enum outgoing_priority priority, int64_t *wait_out)
{
	int64_t limit = q->bridge->config->bridge_mail.smarthost_per_hour, at;
	*wait_out = 0;
	if (q->submit == NULL)
		return STATUS_OK;
	if (priority != OUTGOING_OF_PERSON)
		limit -= limit / 10;
	enum status status = outgoing_sent_at(q->db, limit, &at);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	int64_t wait = at + HOUR_MS - clock_wall_ms();
	if (wait > 0)
		*wait_out = wait < HOUR_MS ? wait : HOUR_MS;
	return STATUS_OK;
}

/* The mail to send now, people's first; *wait_out gets 0. When none is due, *wait_out says how long
 * that is so: -1 until woken. */
static enum status choose(
	struct queue *q, struct arena *arena, struct outgoing_recipient *out, int64_t *wait_out)
{
	*wait_out = -1;
	for (int priority = 0; priority < OUTGOING_PRIORITIES; priority++) {
		int64_t wait, rate;
		enum status status =
			outgoing_next(q->db, (enum outgoing_priority)priority, arena, out);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status == STATUS_OK)
			status = wait_of_rate(q, (enum outgoing_priority)priority, &rate);
		if (status != STATUS_OK)
			return status;
		wait = wait_of(out);
		if (rate > wait)
			wait = rate;
		if (*wait_out < 0 || wait < *wait_out)
			*wait_out = wait;
		if (wait == 0)
			return STATUS_OK;
	}
	return STATUS_NOT_FOUND;
}

/* What programs write to an address from which mail keeps coming back harms everybody's mail: it is
 * not sent until somebody there writes. */
static enum status is_paused(
	struct queue *q, const struct outgoing_recipient *recipient, struct arena *arena, bool *out)
{
	int64_t count = 0;
	*out = false;
	if (recipient->mail.priority == OUTGOING_OF_PERSON)
		return STATUS_OK;
	enum status status =
		address_failures_count(q->db, ghost_address_key(arena, recipient->address), &count);
	*out = count >= ADDRESS_FAILURES_PAUSE;
	return status;
}

/* Takes one step. Gives the milliseconds to wait before the next: 0 none, -1 until woken. */
static int64_t step(struct queue *q)
{
	ARENA_SCOPE(arena);
	struct outgoing_recipient recipient;
	int64_t wait;
	enum status status = choose(q, arena, &recipient, &wait);
	if (status == STATUS_NOT_FOUND)
		return wait;
	if (status != STATUS_OK)
		return DATABASE_RETRY_MS;
	bool paused = false;
	status = is_paused(q, &recipient, arena, &paused);
	if (status == STATUS_OK && paused)
		status = write_result(q, &recipient, OUTGOING_FAILED, 0,
			STR("paused: mail to this address has come back several times"));
	else if (status == STATUS_OK)
		status = send_one(q, &recipient, arena);
	return status == STATUS_OK ? 0 : DATABASE_RETRY_MS;
}

static void *run(void *arg)
{
	struct queue *q = arg;
	while (!atomic_load(&q->bridge->stopping) && recover(q) != STATUS_OK) {
		struct pollfd poll_fd = {.fd = q->wake_fd, .events = POLLIN};
		(void)poll(&poll_fd, 1, DATABASE_RETRY_MS);
	}
	while (!atomic_load(&q->bridge->stopping)) {
		int64_t wait = step(q);
		if (wait == 0)
			continue;
		/* An administrator may change rows from outside (outbound/mails_command.h). */
		if (wait < 0 || wait > LOOK_MS)
			wait = LOOK_MS;
		struct pollfd poll_fd = {.fd = q->wake_fd, .events = POLLIN};
		(void)poll(&poll_fd, 1, (int)wait);
		eventfd_t woken;
		(void)eventfd_read(q->wake_fd, &woken);
	}
	return NULL;
}

enum status queue_start(struct bridge *bridge, struct queue **out)
{
	const struct config_bridge_mail *config = &bridge->config->bridge_mail;
	struct queue *q = MEM_NEW(struct queue);
	q->bridge = bridge;
	if (config->smarthost_url[0] != '\0')
		q->submit = submit_new(config, bridge->config->server_name, &bridge->stopping);
	q->sent = metrics_counter(bridge->metrics, "parvis_bridge_mail_sent_total",
		"Mails handed over, one for each recipient.", "");
	q->failed = metrics_counter(bridge->metrics, "parvis_bridge_mail_failed_total",
		"Mails refused or given up, one for each recipient.", "");
	q->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status = q->wake_fd < 0 ? STATUS_IO : db_open(bridge->db_path, true, &q->db);
	if (status != STATUS_OK) {
		queue_stop(&q);
		return status;
	}
	*out = q;
	q->thread = thread_start("mail-submit", run, q);
	q->started = true;
	return STATUS_OK;
}

void queue_stop(struct queue **queue)
{
	struct queue *q = *queue;
	if (q == NULL)
		return;
	*queue = NULL;
	if (q->started) {
		queue_wake(q);
		thread_join(q->thread);
	}
	submit_free(&q->submit);
	if (q->db != NULL)
		db_close(&q->db);
	fs_close(&q->wake_fd);
	free(q);
}

void queue_wake(struct queue *queue)
{
	(void)eventfd_write(queue->wake_fd, 1);
}
