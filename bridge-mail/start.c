/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/start.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/bridge.h"
#include "bridge-mail/inbound/imap_watch.h"
#include "bridge-mail/inbound/listener.h"
#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/matrix/port.h"
#include "bridge-mail/matrix/server.h"
#include "bridge-mail/outbound/answers.h"
#include "bridge-mail/outbound/queue.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/store.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/process.h"
#include "common/crypto/secret.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "common/metrics/metrics.h"
#include "config/appservice.h"

#define LOG_MODULE "bridge"
#include "common/base/log.h"

#define PARSER "parvis-mail-parser"

/* The bridge, and what its const strings point to. */
struct whole {
	struct bridge bridge;
	struct arena *arena;
};

static const char *beside_program(struct arena *arena, const char *name)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct str folder = n > 0 ? str_n(path, (size_t)n) : STR("");
	ptrdiff_t slash = str_rindex(folder, '/');
	folder = str_slice(folder, 0, slash < 0 ? 0 : (size_t)slash);
	return arena_printf(arena, "%.*s/%s", STR_FMT(folder), name).p;
}

/* Made on the first start. With another one, ids of mails that have left are not known again. */
static enum status load_secret(struct bridge *b, struct arena *arena, char why[CONFIG_ERROR_MAX])
{
	const char *path = arena_printf(arena, "%s/secret", b->state_dir).p;
	BUF_SCOPE(bytes, BRIDGE_SECRET_BYTES);
	enum status status = fs_read_file(path, &bytes);
	if (status == STATUS_NOT_FOUND) {
		secret_random(b->secret, sizeof(b->secret));
		status = fs_write_file(
			path, str_n((const char *)b->secret, sizeof(b->secret)), 0600);
	} else if (status == STATUS_OK && bytes.n == BRIDGE_SECRET_BYTES) {
		memcpy(b->secret, bytes.p, BRIDGE_SECRET_BYTES);
		secret_wipe(bytes.p, bytes.n);
	} else if (status == STATUS_OK) {
		status = STATUS_INVALID;
	}
	if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX,
			"%s must hold %d bytes and be readable (%s); put the file back from a "
			"backup, or remove it to have a new one made",
			path, BRIDGE_SECRET_BYTES, status_name(status));
	return status;
}

/* Two programs at work on the same rows would do everything twice. */
static enum status lock_state(const char *dir, char why[CONFIG_ERROR_MAX])
{
	enum status status = process_lock_folder(dir);
	if (status == STATUS_EXISTS)
		snprintf(why, CONFIG_ERROR_MAX,
			"another parvis-bridge-mail is at work on %s; stop it first", dir);
	else if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX,
			"%s cannot be written (%s); check data_dir and its owner", dir,
			status_name(status));
	return status;
}

static enum status open_state(struct whole *whole, char why[CONFIG_ERROR_MAX])
{
	struct bridge *b = &whole->bridge;
	b->state_dir = arena_printf(whole->arena, "%s/bridge-mail", b->config->data_dir).p;
	b->db_path = arena_printf(whole->arena, "%s/bridge.db", b->state_dir).p;
	b->parser_program = beside_program(whole->arena, PARSER);
	if (access(b->parser_program, X_OK) != 0) {
		snprintf(why, CONFIG_ERROR_MAX, "%s is missing; install the program again",
			b->parser_program);
		return STATUS_NOT_FOUND;
	}
	enum status status = lock_state(b->state_dir, why);
	if (status == STATUS_OK)
		status = load_secret(b, whole->arena, why);
	if (status != STATUS_OK)
		return status;
	status = store_open(b->state_dir, b->db_path, b, &b->writer);
	if (status == STATUS_CONFLICT)
		snprintf(why, CONFIG_ERROR_MAX,
			"%s was written by a newer version; install that version", b->db_path);
	else if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX,
			"%s cannot be opened (%s); check its owner and free space", b->db_path,
			status_name(status));
	return status;
}

static enum status start_workers(struct bridge *b, char why[CONFIG_ERROR_MAX])
{
	enum status status = matrix_port_new(b->matrix, &b->port);
	if (status == STATUS_OK)
		status = answers_new(b, &b->answers);
	if (status == STATUS_OK)
		status = queue_start(b, &b->queue);
	if (status == STATUS_OK) {
		answers_start(b->answers);
		status = processor_start(b, &b->processor);
	}
	if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX, "%s cannot be read: %s", b->db_path,
			status_name(status));
	return status;
}

static enum status check_file(const char *key, const char *path, char why[CONFIG_ERROR_MAX])
{
	if (path[0] == '\0' || access(path, R_OK) == 0)
		return STATUS_OK;
	snprintf(why, CONFIG_ERROR_MAX, "bridge_mail.%s: %.300s cannot be read: %m", key, path);
	return STATUS_NOT_FOUND;
}

/* A file that is missing at the start is no reason not to start: it may come. */
static enum status check_files(const struct config_bridge_mail *c, char why[CONFIG_ERROR_MAX])
{
	enum status status = check_file("smarthost_password_file", c->smarthost_password_file, why);
	if (status == STATUS_OK)
		status = check_file("smarthost_token_file", c->smarthost_token_file, why);
	if (status == STATUS_OK)
		status = check_file("smarthost_ca_file", c->smarthost_ca_file, why);
	for (unsigned i = 0; i < c->imap_count && status == STATUS_OK; i++) {
		status = check_file("imap.password_file", c->imap[i].password_file, why);
		if (status == STATUS_OK)
			status = check_file("imap.token_file", c->imap[i].token_file, why);
		if (status == STATUS_OK)
			status = check_file("imap.ca_file", c->imap[i].ca_file, why);
	}
	return status;
}

enum status bridge_check(const struct config *config, char why[CONFIG_ERROR_MAX])
{
	struct config_appservice *registration = NULL;
	enum status status =
		config_appservice_load(config->bridge_mail.registration_file, &registration, why);
	config_appservice_free(&registration);
	return status == STATUS_OK ? check_files(&config->bridge_mail, why) : status;
}

enum status bridge_start(
	const struct config *config, struct bridge **out, char why[CONFIG_ERROR_MAX])
{
	struct whole *whole = MEM_NEW(struct whole);
	struct bridge *b = &whole->bridge;
	whole->arena = arena_new();
	http_client_global_init();
	b->config = config;
	b->metrics = metrics_new();
	enum status status = open_state(whole, why);
	if (status == STATUS_OK)
		status = matrix_start(b, &b->matrix, why);
	if (status == STATUS_OK)
		status = start_workers(b, why);
	if (status == STATUS_OK)
		status = listener_start(b, &b->listener, why);
	if (status == STATUS_OK)
		status = imap_watchers_start(b, &b->imap, why);
	if (status == STATUS_OK)
		status = matrix_server_start(b->matrix, why);
	if (status != STATUS_OK) {
		bridge_stop(&b);
		return status;
	}
	log_info("up: mailboxes=%u homeserver=%s", config->bridge_mail.mailboxes_count,
		config->bridge_mail.homeserver_url);
	*out = b;
	return STATUS_OK;
}

void bridge_stop(struct bridge **bridge)
{
	struct bridge *b = *bridge;
	/* The first member of what was allocated. */
	struct whole *whole = (struct whole *)b;
	*bridge = NULL;
	atomic_store(&b->stopping, true);
	if (b->http != NULL)
		http_server_stop(&b->http);
	imap_watchers_stop(&b->imap);
	listener_stop(&b->listener);
	processor_stop(&b->processor);
	answers_end(b->answers);
	queue_stop(&b->queue);
	answers_free(&b->answers);
	matrix_port_free(&b->port);
	if (b->writer != NULL)
		db_writer_stop(&b->writer);
	matrix_stop(&b->matrix);
	metrics_free(&b->metrics);
	secret_wipe(b->secret, sizeof(b->secret));
	arena_free(&whole->arena);
	free(whole);
}
