/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "!fusionner #12" as a command, and what its arguments name. Comes from chat, so none of it is
 * trusted. Letters count in any case, with or without accents. Linear; borrows.
 */
#ifndef PARVIS_BRIDGE_COMMAND_PARSE_H
#define PARVIS_BRIDGE_COMMAND_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge-mail/command/table.h"
#include "common/base/arena.h"

#define COMMAND_TEXT_MAX 4096 /* bytes: more is no command */

struct command {
	const struct command_entry *entry;
	bool english;	     /* by the name that was used */
	struct str argument; /* trimmed; may be empty */
};

/* STATUS_NOT_FOUND: it is no command ("!" and a letter, at the start). STATUS_INVALID: a command
 * that is not in the table; out->argument is its name. */
MUST_CHECK enum status command_parse(struct str text, struct command *out);

enum target_kind { TARGET_THREAD, TARGET_ROOM, TARGET_ALIAS };
/* A thread or room that is named by its number, its id, its alias, or a link to one of these. */
struct command_target {
	enum target_kind kind;
	int64_t number;
	struct str id; /* in the arena; well-formed */
};
/* STATUS_INVALID: none of these. */
MUST_CHECK enum status command_target_parse(
	struct arena *arena, struct str text, struct command_target *out);
/* The first matrix.to link or matrix: URI to a user ('@') or room ('!', '#') in HTML or text, as an
 * id. STATUS_NOT_FOUND. */
MUST_CHECK enum status command_link_find(
	struct arena *arena, struct str text, const char *sigils, struct str *id_out);

#endif
