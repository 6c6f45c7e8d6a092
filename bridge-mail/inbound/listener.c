/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge-mail/inbound/connection.h"
#include "bridge-mail/inbound/socket.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define MAX_CONNECTIONS	   32
#define PEER_TIMEOUT_MS	   300000 /* RFC 5321, 4.5.3.2.7 */
#define ACCEPT_BACK_OFF_MS 100	  /* when the process is out of descriptors */

enum slot_state { SLOT_FREE, SLOT_SERVING, SLOT_ENDED };

struct slot {
	struct listener *listener;
	enum slot_state state; /* under the listener's mutex */
	pthread_t thread;
	enum smtp_mode mode;
	int fd;
};

struct listener {
	struct bridge *bridge;
	struct recipients *recipients;
	int smtp_fd;
	int lmtp_fd;
	int stop_fd;
	uint16_t smtp_port;
	char *lmtp_path;
	bool started;
	pthread_t thread;
	struct mutex mutex;
	struct slot slots[MAX_CONNECTIONS];
};

static void *serve(void *arg)
{
	struct slot *slot = arg;
	struct listener *l = slot->listener;
	struct connection_config config = {
		.bridge = l->bridge,
		.recipients = l->recipients,
		.mode = slot->mode,
		.fd = slot->fd,
		.stop_fd = l->stop_fd,
		.timeout_ms = PEER_TIMEOUT_MS,
	};
	connection_serve(&config);
	mutex_lock(&l->mutex);
	fs_close(&slot->fd);
	slot->state = SLOT_ENDED;
	mutex_unlock(&l->mutex);
	return NULL;
}

/* A slot to use, its last thread joined; NULL when all are serving. */
static struct slot *slot_take(struct listener *l)
{
	struct slot *found = NULL;
	bool join = false;
	mutex_lock(&l->mutex);
	for (size_t i = 0; i < MAX_CONNECTIONS && found == NULL; i++) {
		if (l->slots[i].state != SLOT_SERVING) {
			found = &l->slots[i];
			join = found->state == SLOT_ENDED;
			found->state = SLOT_SERVING;
		}
	}
	mutex_unlock(&l->mutex);
	if (join)
		thread_join(found->thread);
	return found;
}

static void take_connection(struct listener *l, int listening_fd, enum smtp_mode mode)
{
	int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			struct pollfd stop = {.fd = l->stop_fd, .events = POLLIN};
			(void)poll(&stop, 1, ACCEPT_BACK_OFF_MS);
		}
		return;
	}
	struct slot *slot = slot_take(l);
	if (slot == NULL) {
		connection_refuse(fd, l->bridge->config->server_name);
		close(fd);
		return;
	}
	slot->listener = l;
	slot->mode = mode;
	slot->fd = fd;
	slot->thread = thread_start("mail-peer", serve, slot);
}

static void *accept_loop(void *arg)
{
	struct listener *l = arg;
	for (;;) {
		struct pollfd fds[3] = {
			{.fd = l->stop_fd, .events = POLLIN},
			{.fd = l->smtp_fd, .events = POLLIN},
			{.fd = l->lmtp_fd, .events = POLLIN},
		};
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[0].revents != 0)
			return NULL;
		if (fds[1].revents != 0)
			take_connection(l, l->smtp_fd, SMTP_MODE_SMTP);
		if (fds[2].revents != 0)
			take_connection(l, l->lmtp_fd, SMTP_MODE_LMTP);
	}
}

static enum status load_recipients(struct listener *l, char why[CONFIG_ERROR_MAX])
{
	struct db *db = NULL;
	enum status status = db_open(l->bridge->db_path, true, &db);
	if (status == STATUS_OK) {
		status = recipients_new(db, &l->bridge->config->bridge_mail, &l->recipients);
		if (status == STATUS_OK)
			status = recipients_with_rooms(l->recipients, l->bridge->db_path);
		db_close(&db);
	}
	if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX, "the mailboxes cannot be read from %s: %s",
			l->bridge->db_path, status_name(status));
	return status;
}

static enum status open_sockets(struct listener *l, char why[CONFIG_ERROR_MAX])
{
	const struct config_bridge_mail *config = &l->bridge->config->bridge_mail;
	enum status status = STATUS_OK;
	if (config->smtp_port != 0)
		status = socket_listen_loopback(
			config->smtp_address, config->smtp_port, &l->smtp_fd, &l->smtp_port, why);
	if (status == STATUS_OK && config->lmtp_socket[0] != '\0') {
		status = socket_listen_unix(config->lmtp_socket, &l->lmtp_fd, why);
		if (status == STATUS_OK)
			l->lmtp_path = mem_strdup(str_c(config->lmtp_socket));
	}
	return status;
}

enum status listener_start(struct bridge *bridge, struct listener **out, char why[CONFIG_ERROR_MAX])
{
	struct listener *l = MEM_NEW(struct listener);
	l->bridge = bridge;
	l->smtp_fd = -1;
	l->lmtp_fd = -1;
	mutex_init(&l->mutex);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		l->slots[i].fd = -1;
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status = STATUS_OK;
	if (l->stop_fd < 0) {
		snprintf(why, CONFIG_ERROR_MAX, "no eventfd can be had: out of descriptors?");
		status = STATUS_IO;
	}
	if (status == STATUS_OK)
		status = load_recipients(l, why);
	if (status == STATUS_OK)
		status = open_sockets(l, why);
	if (status != STATUS_OK) {
		listener_stop(&l);
		return status;
	}
	l->thread = thread_start("mail-accept", accept_loop, l);
	l->started = true;
	*out = l;
	return STATUS_OK;
}

void listener_stop(struct listener **listener)
{
	struct listener *l = *listener;
	if (l == NULL)
		return;
	*listener = NULL;
	if (l->started) {
		if (eventfd_write(l->stop_fd, 1) != 0)
			log_error("the listener cannot be told to stop: %m");
		thread_join(l->thread);
		/* Only the accept thread, which has ended, makes a slot serve again. */
		for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
			mutex_lock(&l->mutex);
			bool used = l->slots[i].state != SLOT_FREE;
			mutex_unlock(&l->mutex);
			if (used)
				thread_join(l->slots[i].thread);
		}
	}
	if (l->lmtp_path != NULL)
		unlink(l->lmtp_path);
	fs_close(&l->smtp_fd);
	fs_close(&l->lmtp_fd);
	fs_close(&l->stop_fd);
	recipients_free(&l->recipients);
	mutex_release(&l->mutex);
	free(l->lmtp_path);
	free(l);
}

uint16_t listener_smtp_port(const struct listener *listener)
{
	return listener->smtp_port;
}
