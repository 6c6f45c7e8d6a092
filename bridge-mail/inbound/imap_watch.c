/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "bridge-mail/inbound/imap_folder.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/crypto/secret.h"
#include "common/metrics/metrics.h"

#define LOG_MODULE "imap"
#include "common/base/log.h"

#define RETRY_FIRST_MS	 INT64_C(1000)
#define RETRY_MAX_MS	 INT64_C(300000)
#define REFUSED_FIRST_MS INT64_C(30000)
#define REFUSED_MAX_MS	 INT64_C(900000)

struct watcher {
	struct imap_watchers *all;
	struct imap_source source;
	struct metric *connected;
	struct metric *taken;
	bool started;
	pthread_t thread;
};

struct imap_watchers {
	struct bridge *bridge;
	struct recipients *recipients;
	int stop_fd;
	size_t count;
	struct watcher *items;
};

int64_t imap_watch_delay(unsigned failures, bool refused)
{
	/* The first refusal may be about a token that has run out: a new one is read at once. */
	bool patient = refused && failures > 1;
	int64_t max = patient ? REFUSED_MAX_MS : RETRY_MAX_MS;
	int64_t delay = patient ? REFUSED_FIRST_MS : RETRY_FIRST_MS;
	for (unsigned i = patient ? 2 : 1; i < failures && delay < max; i++)
		delay *= 2;
	return delay < max ? delay : max;
}

/* Up to a quarter more. */
static int64_t with_chance(int64_t delay)
{
	uint16_t random;
	secret_random(&random, sizeof(random));
	return delay + delay / 4 * random / UINT16_MAX;
}

/* True when the program stops. */
static bool wait_stop(const struct imap_watchers *all, int64_t ms)
{
	struct pollfd stop = {.fd = all->stop_fd, .events = POLLIN};
	return poll(&stop, 1, (int)ms) > 0;
}

static enum status look(struct watcher *w)
{
	uint64_t before = w->source.taken;
	enum status status = imap_folder_read(&w->source);
	metric_add(w->taken, (int64_t)(w->source.taken - before));
	return status;
}

/* Until something ends the session. *opened_out: it had been of use. */
static enum status run_session(struct watcher *w, bool *opened_out)
{
	struct imap_source *s = &w->source;
	enum status status = imap_session_open(s->session);
	uint64_t before = s->taken;
	if (status == STATUS_OK)
		status = imap_folder_open(s);
	metric_add(w->taken, (int64_t)(s->taken - before));
	if (status != STATUS_OK)
		return status;
	*opened_out = true;
	metric_set(w->connected, 1);
	bool idle = (imap_session_capabilities(s->session) & IMAP_CAN_IDLE) != 0;
	log_info("%s: reading %s, %s", imap_account(s->session), s->config->folder,
		idle ? "IDLE" : "the server has no IDLE");
	for (;;) {
		status = look(w);
		if (status == STATUS_OK && idle)
			status = imap_idle(s->session, s->config->idle_s * 1000);
		else if (status == STATUS_OK &&
			 wait_stop(w->all, INT64_C(1000) * s->config->poll_s))
			status = STATUS_UNAVAILABLE;
		if (status != STATUS_OK)
			return status;
		log_debug("%s: looking again", imap_account(s->session));
	}
}

static void *run(void *arg)
{
	struct watcher *w = arg;
	struct imap_source *s = &w->source;
	/* In a row, and of one kind. */
	unsigned failures = 0;
	bool refused = false;
	while (!wait_stop(w->all, 0)) {
		bool opened = false;
		s->session = imap_session_new(s->config, w->all->stop_fd);
		enum status status = run_session(w, &opened);
		metric_set(w->connected, 0);
		failures = opened || refused != (status == STATUS_DENIED) ? 1 : failures + 1;
		refused = status == STATUS_DENIED;
		int64_t delay = with_chance(imap_watch_delay(failures, refused));
		const char *why = status == STATUS_IO		    ? "disk or database failed"
				  : imap_why(s->session)[0] != '\0' ? imap_why(s->session)
								    : "a mail is not given";
		if (!wait_stop(w->all, 0))
			log_warning("%s: %s; again in %lld ms", imap_account(s->session), why,
				(long long)delay);
		imap_session_free(&s->session);
		(void)wait_stop(w->all, delay);
	}
	return NULL;
}

static enum status open_watcher(struct imap_watchers *all, size_t i, char why[CONFIG_ERROR_MAX])
{
	struct watcher *w = &all->items[i];
	const struct config_imap *config = &all->bridge->config->bridge_mail.imap[i];
	char labels[40];
	snprintf(labels, sizeof(labels), "folder=\"%zu\"", i);
	w->all = all;
	w->source = (struct imap_source){
		.bridge = all->bridge, .config = config, .recipients = all->recipients};
	w->connected = metrics_gauge(all->bridge->metrics, "parvis_bridge_mail_imap_connected",
		"Whether the folder of that place in bridge_mail.imap is being read.", labels);
	w->taken = metrics_counter(all->bridge->metrics, "parvis_bridge_mail_imap_mails_total",
		"Mails taken from the folder.", labels);
	enum status status = db_open(all->bridge->db_path, true, &w->source.db);
	if (status != STATUS_OK) {
		snprintf(why, CONFIG_ERROR_MAX, "%s cannot be read: %s", all->bridge->db_path,
			status_name(status));
		return status;
	}
	w->thread = thread_start("mail-imap", run, w);
	w->started = true;
	return STATUS_OK;
}

static enum status load_recipients(struct imap_watchers *all, char why[CONFIG_ERROR_MAX])
{
	struct db *db = NULL;
	enum status status = db_open(all->bridge->db_path, true, &db);
	if (status == STATUS_OK) {
		status = recipients_new(db, &all->bridge->config->bridge_mail, &all->recipients);
		if (status == STATUS_OK)
			status = recipients_with_rooms(all->recipients, all->bridge->db_path);
		db_close(&db);
	}
	if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX, "the mailboxes cannot be read from %s: %s",
			all->bridge->db_path, status_name(status));
	return status;
}

enum status imap_watchers_start(
	struct bridge *bridge, struct imap_watchers **out, char why[CONFIG_ERROR_MAX])
{
	struct imap_watchers *all = MEM_NEW(struct imap_watchers);
	all->bridge = bridge;
	all->count = bridge->config->bridge_mail.imap_count;
	all->items = mem_calloc(all->count + 1, sizeof(*all->items));
	all->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status = STATUS_OK;
	if (all->stop_fd < 0) {
		snprintf(why, CONFIG_ERROR_MAX, "no eventfd can be had: out of descriptors?");
		status = STATUS_IO;
	}
	if (status == STATUS_OK)
		status = load_recipients(all, why);
	for (size_t i = 0; i < all->count && status == STATUS_OK; i++)
		status = open_watcher(all, i, why);
	if (status != STATUS_OK) {
		imap_watchers_stop(&all);
		return status;
	}
	*out = all;
	return STATUS_OK;
}

void imap_watchers_stop(struct imap_watchers **watchers)
{
	struct imap_watchers *all = *watchers;
	if (all == NULL)
		return;
	*watchers = NULL;
	if (all->stop_fd >= 0)
		(void)eventfd_write(all->stop_fd, 1);
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i].started)
			thread_join(all->items[i].thread);
		if (all->items[i].source.db != NULL)
			db_close(&all->items[i].source.db);
	}
	recipients_free(&all->recipients);
	fs_close(&all->stop_fd);
	free(all->items);
	free(all);
}
