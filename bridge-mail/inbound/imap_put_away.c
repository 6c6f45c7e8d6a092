/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_put_away.h"

#include "bridge-mail/inbound/imap_fetch.h"

#define LOG_MODULE "imap"
#include "common/base/log.h"

#define BATCH_MAX 200

static bool can(const struct imap_source *s, enum imap_capability capability)
{
	return (imap_session_capabilities(s->session) & (unsigned)capability) != 0;
}

static enum status delete_mails(struct imap_source *s, struct str set)
{
	enum status status = imap_command(
		s->session, NULL, "UID STORE %.*s +FLAGS.SILENT (\\Deleted)", STR_FMT(set));
	if (status == STATUS_OK && can(s, IMAP_CAN_UIDPLUS))
		status = imap_command(s->session, NULL, "UID EXPUNGE %.*s", STR_FMT(set));
	return status;
}

static enum status transfer(struct imap_source *s, struct str set, struct str folder)
{
	const char *verb = can(s, IMAP_CAN_MOVE) ? "MOVE" : "COPY";
	return imap_command(
		s->session, NULL, "UID %s %.*s %.*s", verb, STR_FMT(set), STR_FMT(folder));
}

static enum status move_mails(struct imap_source *s, struct str set, struct arena *arena)
{
	struct str folder;
	if (imap_quote_folder(arena, str_c(s->config->done_folder), &folder) != STATUS_OK)
		return STATUS_DENIED;
	enum status status = transfer(s, set, folder);
	if (status == STATUS_DENIED) {
		status = imap_command(s->session, NULL, "CREATE %.*s", STR_FMT(folder));
		if (status == STATUS_OK)
			status = imap_command(s->session, NULL, "SUBSCRIBE %.*s", STR_FMT(folder));
		/* It may be there, and something else be wrong: the second try says what. */
		if (status == STATUS_OK || status == STATUS_DENIED)
			status = transfer(s, set, folder);
	}
	if (status == STATUS_OK && !can(s, IMAP_CAN_MOVE))
		status = delete_mails(s, set);
	return status;
}

static enum status put_away(struct imap_source *s, struct str set, struct arena *arena)
{
	switch (s->config->done) {
	case IMAP_DONE_MOVE:
		return move_mails(s, set, arena);
	case IMAP_DONE_DELETE:
		return delete_mails(s, set);
	case IMAP_DONE_FLAG:
		break;
	}
	return imap_command(s->session, NULL, "UID STORE %.*s +FLAGS.SILENT (%s)", STR_FMT(set),
		s->config->done_flag);
}

struct set_done {
	const struct imap_source *source;
	const int64_t *uids;
	size_t count;
};

static enum status set_done(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct set_done *set = arg;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < set->count && status == STATUS_OK; i++)
		status = imap_mail_done(tx, &set->source->folder, set->uids[i]);
	return status;
}

enum status imap_put_away(struct imap_source *s)
{
	for (;;) {
		ARENA_SCOPE(arena);
		int64_t uids[BATCH_MAX];
		size_t count;
		if (imap_mails_kept(s->db, &s->folder, uids, BATCH_MAX, &count) != STATUS_OK)
			return STATUS_IO;
		if (count == 0)
			return STATUS_OK;
		enum status status = put_away(s, imap_uid_set(arena, uids, count), arena);
		if (status == STATUS_DENIED) {
			log_warning("%s: mails that are done stay in %s: %s",
				imap_account(s->session), s->config->folder, imap_why(s->session));
			return STATUS_OK;
		}
		if (status != STATUS_OK)
			return status;
		struct set_done set = {s, uids, count};
		if (db_write(s->bridge->writer, set_done, &set) != STATUS_OK)
			return STATUS_IO;
	}
}
