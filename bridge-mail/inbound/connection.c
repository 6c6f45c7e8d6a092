/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/mails.h"
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "config/config.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define READ_BYTES	16384
#define SEND_TIMEOUT_MS 60000

struct connection {
	const struct connection_config *config;
	struct smtp_session *session;
	struct mail_spool *spool;
	enum status spool_status; /* of making the spool */
};

enum wait_result { WAIT_READY, WAIT_TIMEOUT, WAIT_STOP };

static enum wait_result wait_for(const struct connection *c, short events, int timeout_ms)
{
	struct pollfd fds[2] = {
		{.fd = c->config->fd, .events = events},
		{.fd = c->config->stop_fd, .events = POLLIN},
	};
	int n;
	do
		n = poll(fds, 2, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (fds[1].revents != 0)
		return WAIT_STOP;
	return n == 0 ? WAIT_TIMEOUT : WAIT_READY;
}

/* Sends the replies that are waiting; false when the peer does not take them. */
static bool flush(struct connection *c)
{
	struct buf *replies = smtp_replies(c->session);
	while (replies->n > 0) {
		ssize_t n = send(c->config->fd, replies->p, replies->n, MSG_NOSIGNAL);
		if (n > 0) {
			buf_consume(replies, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return false;
		if (wait_for(c, POLLOUT, SEND_TIMEOUT_MS) != WAIT_READY)
			return false;
	}
	return true;
}

static void drop(struct connection *c)
{
	mail_spool_free(&c->spool);
	c->spool_status = STATUS_OK;
}

static void append(struct connection *c, struct str bytes)
{
	if (c->spool == NULL && c->spool_status == STATUS_OK)
		c->spool_status = mail_spool_new(c->config->bridge->state_dir, &c->spool);
	/* A failure sticks to the spool and is told at the end of the mail. */
	if (c->spool != NULL && mail_spool_append(c->spool, bytes) != STATUS_OK)
		c->spool_status = STATUS_IO;
}

struct add_mail {
	struct mail_receipt receipt;
	int64_t mail_id;
};

static enum status add_mail(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct add_mail *add = arg;
	return mail_add(tx, &add->receipt, &add->mail_id);
}

static enum status store_mail(struct connection *c, int64_t *mail_id_out)
{
	struct bridge *bridge = c->config->bridge;
	append(c, STR("")); /* an empty mail has a file too */
	if (c->spool_status != STATUS_OK)
		return c->spool_status;
	char hash[MAIL_HASH_CHARS + 1];
	enum status status = mail_spool_keep(c->spool, hash);
	if (status != STATUS_OK)
		return status;

	size_t count;
	const struct smtp_recipient *recipients = smtp_recipients(c->session, &count);
	struct mail_recipient list[SMTP_MAX_RECIPIENTS];
	for (size_t i = 0; i < count; i++)
		list[i] = (struct mail_recipient){.mailbox_id = recipients[i].mailbox_id,
			.address = str_c(recipients[i].address)};
	struct add_mail add = {.receipt = {
				       .content_hash = str_c(hash),
				       .size = mail_spool_size(c->spool),
				       .via = c->config->mode == SMTP_MODE_LMTP ? "lmtp" : "smtp",
				       .mail_from = smtp_mail_from(c->session),
				       .received_at = clock_wall_ms(),
				       .recipients = list,
				       .recipient_count = count,
			       }};
	status = db_write(bridge->writer, add_mail, &add);
	if (status != STATUS_OK)
		return status;
	*mail_id_out = add.mail_id;
	log_info("mail received id=%lld via=%s size=%lld recipients=%zu", (long long)add.mail_id,
		add.receipt.via, (long long)add.receipt.size, count);
	if (bridge->processor != NULL)
		processor_wake(bridge->processor);
	return STATUS_OK;
}

/* Gives the bytes to the session and does what it asks; false ends the connection. */
static bool feed(struct connection *c, struct str input)
{
	for (;;) {
		struct str bytes;
		int64_t mail_id = 0;
		enum status status;
		switch (smtp_step(c->session, &input, &bytes)) {
		case SMTP_MORE:
			return flush(c);
		case SMTP_FLUSH:
			if (!flush(c))
				return false;
			break;
		case SMTP_WRITE:
			append(c, bytes);
			break;
		case SMTP_STORE:
			status = store_mail(c, &mail_id);
			drop(c);
			smtp_stored(c->session, status, mail_id);
			break;
		case SMTP_DROP:
			drop(c);
			break;
		case SMTP_CLOSE:
			(void)flush(c);
			return false;
		}
	}
}

/* Reads and feeds until the end of the connection. */
static void converse(struct connection *c)
{
	char bytes[READ_BYTES];
	if (!flush(c))
		return;
	for (;;) {
		switch (wait_for(c, POLLIN, c->config->timeout_ms)) {
		case WAIT_TIMEOUT:
			smtp_goodbye(c->session, "4.4.2 Nothing heard for too long");
			(void)flush(c);
			return;
		case WAIT_STOP:
			smtp_goodbye(c->session, "4.3.2 Shutting down");
			(void)flush(c);
			return;
		case WAIT_READY:
			break;
		}
		ssize_t n = recv(c->config->fd, bytes, sizeof(bytes), 0);
		if (n > 0) {
			if (!feed(c, str_n(bytes, (size_t)n)))
				return;
		} else if (n == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
			return;
		}
	}
}

static int64_t mailbox_of(void *context, struct str address)
{
	return recipients_find(context, address);
}

void connection_serve(const struct connection_config *config)
{
	struct bridge *bridge = config->bridge;
	struct smtp_config smtp = {
		.mode = config->mode,
		.host_name = bridge->config->server_name,
		.max_bytes = (int64_t)bridge->config->bridge_mail.mail_max_bytes,
		.mailbox_of = mailbox_of,
		.context = (void *)(uintptr_t)config->recipients, /* only read */
	};
	struct connection c = {.config = config, .session = smtp_new(&smtp)};
	converse(&c);
	drop(&c);
	smtp_free(&c.session);
}

void connection_refuse(int fd, const char *host_name)
{
	BUF_SCOPE(text, 512);
	buf_printf(&text, "421 4.3.2 %s is busy, try again\r\n", host_name);
	/* A peer that does not take one line at once gets none. */
	(void)!send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
}
