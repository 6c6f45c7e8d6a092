/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/user_create.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/process.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"
#include "config/program.h"
#include "homeserver/api/passwords.h"
#include "homeserver/api/session.h"
#include "homeserver/start.h"
#include "homeserver/store/account_store.h"

#define PROGRAM "parvis-homeserver"

struct order {
	const char *name; /* localpart */
	const char *password_file;
	bool admin;
};

static enum status create_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return account_create(tx, arg);
}

/* The first line, without its end. */
static enum status read_line(FILE *file, char *line, size_t size, struct str *out)
{
	if (fgets(line, (int)size, file) == NULL)
		return STATUS_IO;
	*out = str_c(line);
	while (out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		out->n--;
	if (out->n == 0)
		return STATUS_INVALID;
	return out->n > PASSWORD_MAX_BYTES ? STATUS_TOO_LARGE : STATUS_OK;
}

static enum status read_password(const char *path, char *line, size_t size, struct str *out)
{
	if (strcmp(path, "-") == 0)
		return read_line(stdin, line, size, out);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return STATUS_IO;
	enum status status = read_line(file, line, size, out);
	(void)fclose(file);
	return status;
}

static enum status user_id_of(
	struct arena *arena, const struct config *config, const char *name, struct str *out)
{
	struct matrix_id id;
	enum status status = session_user_id(arena, str_c(config->server_name), str_c(name), out);
	if (status == STATUS_OK)
		status = user_id_parse(*out, &id);
	if (status == STATUS_OK && !user_localpart_is_new(id.localpart))
		status = STATUS_INVALID;
	return status;
}

static int write_account(const struct config *config, struct account *account)
{
	char why[START_ERROR_MAX];
	MEM_SCOPE char *path = NULL;
	struct db *db = NULL;
	struct db_writer *writer = NULL;
	if (homeserver_open_database(config, &path, &db, why) != STATUS_OK)
		return process_fail(PROGRAM, "%s", why);
	db_close(&db);
	enum status status = db_writer_start(path, NULL, &writer);
	if (status == STATUS_OK) {
		status = db_write(writer, create_change, account);
		db_writer_stop(&writer);
	}
	if (status == STATUS_EXISTS)
		return process_fail(
			PROGRAM, "the user %.*s exists already", STR_FMT(account->user_id));
	if (status != STATUS_OK)
		return process_fail(
			PROGRAM, "the user could not be saved: %s", status_name(status));
	(void)printf("created %.*s\n", STR_FMT(account->user_id));
	return EXIT_SUCCESS;
}

enum option_id { OPTION_NAME = 256, OPTION_ADMIN, OPTION_PASSWORD_FILE };

static const struct option options[] = {
	{"name", required_argument, NULL, OPTION_NAME},
	{"admin", no_argument, NULL, OPTION_ADMIN},
	{"password-file", required_argument, NULL, OPTION_PASSWORD_FILE},
	{NULL, 0, NULL, 0},
};

static bool read_order(int argc, char **argv, struct order *order)
{
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_NAME:
			order->name = optarg;
			break;
		case OPTION_ADMIN:
			order->admin = true;
			break;
		case OPTION_PASSWORD_FILE:
			order->password_file = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc && order->name != NULL && order->password_file != NULL;
}

static int create(const struct config *config, const struct order *order)
{
	ARENA_SCOPE(arena);
	char line[PASSWORD_MAX_BYTES + 3];
	struct str password;
	struct account account = {
		.is_admin = order->admin,
		.created_ts = clock_wall_ms(),
	};
	if (user_id_of(arena, config, order->name, &account.user_id) != STATUS_OK)
		return process_fail(PROGRAM,
			"\"%s\" cannot be a user name: use a-z, 0-9 and . _ = - / +", order->name);
	enum status status = read_password(order->password_file, line, sizeof(line), &password);
	if (status == STATUS_OK)
		account.password = password_hash(arena, password);
	secret_wipe(line, sizeof(line));
	if (status == STATUS_IO)
		return process_fail(
			PROGRAM, "cannot read a password from %s", order->password_file);
	if (status != STATUS_OK)
		return process_fail(
			PROGRAM, "the password must have 1 to %d bytes", PASSWORD_MAX_BYTES);
	return write_account(config, &account);
}

int user_create(const struct config *config, int argc, char **argv)
{
	struct order order = {.name = NULL};
	return read_order(argc, argv, &order) ? create(config, &order) : PROGRAM_USAGE;
}
