/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsers that read several mails each, because starting one takes longer than most mails do.
 * Each stands in the same sandbox as parvis-mail-parser over one mail, and gets its files already
 * open over a socket. One that has read PARSER_POOL_MAILS mails ends; so does one that a mail has
 * hurt. Such a mail is given once more to a parser that has read nothing else, so that what is said
 * of it is never another mail's fault.
 */
#ifndef PARVIS_BRIDGE_PARSER_POOL_H
#define PARVIS_BRIDGE_PARSER_POOL_H

#include "common/base/status.h"

#define PARSER_POOL_MAILS 64 /* for each parser */
#define PARSER_POOL_IDLE  4  /* parsers that wait */

struct parser_pool;

/* `program` is the absolute path of parvis-mail-parser and must live as long. Starts nothing. */
struct parser_pool *parser_pool_new(const char *program);
/* Nobody may be in parser_pool_run. NULL is fine. */
void parser_pool_free(struct parser_pool **pool);

/* As parser_child_run (parser_child.h). Any thread, several at once. */
MUST_CHECK enum status parser_pool_run(struct parser_pool *pool, const char *mail_path,
	const char *result_path, const char *folder, int timeout_ms);

/* Ends the parsers that wait: there is nothing to read just now. Any thread. */
void parser_pool_rest(struct parser_pool *pool);

#endif
