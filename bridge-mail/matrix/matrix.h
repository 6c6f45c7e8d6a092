/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Matrix side of the bridge: an application service (application-service API) over the public
 * APIs, beside any homeserver. Spaces for mailboxes, rooms for threads, ghosts for addresses.
 *
 * What is made on the server can be found again there: spaces and rooms by their alias, ghosts by
 * their id, events by the marker in their content. So each step may be done again after a crash,
 * whatever the server remembers of request ids.
 */
#ifndef PARVIS_BRIDGE_MATRIX_H
#define PARVIS_BRIDGE_MATRIX_H

#include "bridge-mail/bridge.h"
#include "config/appservice.h"
#include "config/config.h"

struct file_server;
struct matrix_client;

struct matrix {
	struct bridge *bridge;
	struct config_appservice *registration;
	struct str server_name;
	struct str bot;		   /* user id of the bridge's bot */
	struct file_server *files; /* outbound/file_server.h */
	struct arena *arena;
};

/* Reads the registration and makes the mailboxes of the configuration rows. No request is made
 * yet. On failure `why` holds one line for the administrator. */
MUST_CHECK enum status matrix_start(
	struct bridge *bridge, struct matrix **out, char why[CONFIG_ERROR_MAX]);
void matrix_stop(struct matrix **matrix);

/* For one thread. */
struct matrix_client *matrix_connect(const struct matrix *matrix);

/* The bot or a ghost of ours: what they do needs no answer. */
bool matrix_is_ours(const struct matrix *matrix, struct str user_id);

/* What one thread works with. */
struct matrix_session {
	const struct matrix *matrix;
	struct matrix_client *client;
	struct db *db; /* a reader of this thread */
};

#endif
