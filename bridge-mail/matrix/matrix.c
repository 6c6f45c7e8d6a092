/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/matrix.h"

#include <stdio.h>
#include <stdlib.h>

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/outbound/file_server.h"
#include "bridge-mail/store/mailboxes.h"
#include "common/base/mem.h"

static enum status put_mailboxes(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct config_bridge_mail *config = arg;
	enum status status = STATUS_OK;
	for (unsigned i = 0; i < config->mailboxes_count && status == STATUS_OK; i++) {
		int64_t id;
		struct str address =
			ghost_address_key(tx->arena, str_c(config->mailboxes[i].address));
		status = mailboxes_put(tx, address, str_c(config->mailboxes[i].name), &id);
	}
	return status;
}

enum status matrix_start(struct bridge *bridge, struct matrix **out, char why[CONFIG_ERROR_MAX])
{
	struct matrix *matrix = MEM_NEW(struct matrix);
	/* The change only reads it. */
	struct config_bridge_mail config = bridge->config->bridge_mail;
	matrix->bridge = bridge;
	matrix->arena = arena_new();
	matrix->files = file_server_new();
	matrix->server_name = str_c(bridge->config->server_name);
	enum status status =
		config_appservice_load(config.registration_file, &matrix->registration, why);
	if (status == STATUS_OK) {
		matrix->bot = arena_printf(matrix->arena, "@%s:%s",
			matrix->registration->sender_localpart, bridge->config->server_name);
		status = db_write(bridge->writer, put_mailboxes, &config);
		if (status != STATUS_OK)
			snprintf(why, CONFIG_ERROR_MAX, "%s cannot be written: %s", bridge->db_path,
				status_name(status));
	}
	if (status != STATUS_OK) {
		matrix_stop(&matrix);
		return status;
	}
	*out = matrix;
	return STATUS_OK;
}

void matrix_stop(struct matrix **matrix)
{
	struct matrix *m = *matrix;
	if (m == NULL)
		return;
	*matrix = NULL;
	config_appservice_free(&m->registration);
	file_server_free(&m->files);
	arena_free(&m->arena);
	free(m);
}

struct matrix_client *matrix_connect(const struct matrix *matrix)
{
	struct matrix_client_config config = {
		.homeserver_url = matrix->bridge->config->bridge_mail.homeserver_url,
		.as_token = matrix->registration->as_token,
		.cancel = &matrix->bridge->stopping,
	};
	return matrix_client_new(&config);
}

bool matrix_is_ours(const struct matrix *matrix, struct str user_id)
{
	return str_eq(user_id, matrix->bot) || ghost_is_user(user_id, matrix->server_name);
}
