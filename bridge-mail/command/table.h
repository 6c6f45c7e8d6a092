/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that people write in rooms, in French and English. */
#ifndef PARVIS_BRIDGE_COMMAND_TABLE_H
#define PARVIS_BRIDGE_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

/* The numbers stand in rows (store/commands.h): they stay. */
enum command_kind {
	COMMAND_HELP = 1,
	COMMAND_ASSIGN = 2,
	COMMAND_UNASSIGN = 3,
	COMMAND_CLOSE = 4,
	COMMAND_REOPEN = 5,
	COMMAND_MERGE = 6,
	COMMAND_SPLIT = 7,
	COMMAND_MOVE = 8,
	COMMAND_STATUS = 9,
	COMMAND_SEND = 10, /* carried out by outbound/answers.c */
	COMMAND_ADDRESS = 11,
	COMMAND_SUBSCRIBE = 12,
	COMMAND_UNSUBSCRIBE = 13,
	COMMAND_DIGEST = 14,
	COMMAND_ACCEPT = 15,
};

enum command_place {
	COMMAND_IN_THREAD = 1 << 0, /* a room of a shared mailbox's thread */
	COMMAND_IN_ROOM = 1 << 1,   /* a room with people on mail */
};

struct command_entry {
	enum command_kind kind;
	unsigned places;      /* enum command_place */
	const char *names[2]; /* French, English: lower case, no accents, without '!' */
	const char *arguments[2];
	const char *help[2]; /* one line */
};

extern const struct command_entry command_table[];
extern const size_t command_count;

const struct command_entry *command_entry_of(enum command_kind kind);
/* What can be written there: plain text, one line a command. */
struct arena;
struct str command_help(struct arena *arena, unsigned place, bool english);

#endif
