/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a mail's file to a struct mail: headers by our own scan, addresses, bodies and attachments
 * by parvis-mail-parser in a process of its own, whose answer is checked as if a stranger had
 * written it. A mail that ends its parser still gives a struct mail, with MAIL_UNREADABLE set,
 * made of what the scan found.
 */
#ifndef PARVIS_BRIDGE_PARSE_H
#define PARVIS_BRIDGE_PARSE_H

#include "bridge-mail/message/mail.h"
#include "common/base/arena.h"

#define MAIL_PARSE_TIMEOUT_MS 30000

struct mail_parse_config {
	const char *program;	  /* absolute path of parvis-mail-parser */
	const char *temp_dir;	  /* state_dir/tmp: each mail gets a folder of its own in it */
	struct parser_pool *pool; /* message/parser_pool.h; NULL: a parser for each mail */
};

/* STATUS_NOT_FOUND when there is no such file, STATUS_UNAVAILABLE when no parser can be started,
 * STATUS_IO when the disk fails: try later. The folder with the attachments is removed with the arena. */
MUST_CHECK enum status mail_parse(const struct mail_parse_config *config, const char *path,
	struct arena *arena, struct mail *out);

/* What the scan of the headers alone gives, with MAIL_UNREADABLE set: for a mail whose parsing
 * fails again and again for reasons of ours. */
MUST_CHECK enum status mail_parse_headers(const char *path, struct arena *arena, struct mail *out);

#endif
