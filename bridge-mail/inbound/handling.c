/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/handling.h"

#include "bridge-mail/inbound/bounces.h"
#include "bridge-mail/inbound/posting.h"
#include "bridge-mail/inbound/threading.h"
#include "bridge-mail/message/parse.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/thread/subject.h"

/* A mail whose parsing fails for reasons of ours so often holds the others no longer. */
#define PARSE_ATTEMPTS 5

enum status handling_read(
	const struct handler *handler, struct handled *handled, const char **why_out)
{
	const struct delivery *delivery = &handled->delivery;
	struct mail_parse_config config = {.program = handler->bridge->parser_program,
		.temp_dir = handler->temp_dir,
		.pool = handler->pool};
	struct subject subject;
	*why_out = "parse";
	enum status status = mail_file_path(
		handler->bridge->state_dir, delivery->content_hash, handled->arena, &handled->path);
	if (status == STATUS_OK)
		status = mail_parse(&config, handled->path, handled->arena, &handled->mail);
	if (status == STATUS_IO && delivery->attempts >= PARSE_ATTEMPTS)
		status = mail_parse_headers(handled->path, handled->arena, &handled->mail);
	if (status != STATUS_OK)
		return status;
	subject_read(handled->arena, handled->mail.subject, &subject);
	body_make(
		handled->arena, &handled->mail, subject.forward && !subject.reply, &handled->body);
	return STATUS_OK;
}

enum status handling_thread(
	const struct handler *handler, struct handled *handled, const char **why_out)
{
	bool taken = false;
	*why_out = "report";
	enum status status = bounces_take(handler->bridge, handler->db, handled->arena,
		&handled->delivery, &handled->mail, &taken);
	if (status != STATUS_OK || taken)
		return status;
	*why_out = "thread";
	bool with_original = handled->body.folded || handled->body.cut ||
			     (handled->mail.flags & (MAIL_UNREADABLE | MAIL_CUT)) != 0;
	return threading_decide(handler->bridge, &handled->mail, with_original, &handled->delivery);
}

enum status handling_post(
	const struct handler *handler, struct handled *handled, const char **why_out)
{
	struct verdict verdict;
	*why_out = "sender";
	enum status status = judging_run(handler->judging, handler->db, handled->arena,
		&handled->delivery, &handled->mail, handled->path, &verdict);
	if (status != STATUS_OK)
		return status;
	struct posting posting = {
		.bridge = handler->bridge,
		.db = handler->db,
		.arena = handled->arena,
		.delivery = &handled->delivery,
		.mail = &handled->mail,
		.body = &handled->body,
		.verdict = &verdict,
		.mail_path = handled->path,
	};
	return posting_run(&posting, why_out);
}
