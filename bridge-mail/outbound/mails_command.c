/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/mails_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge-mail/message/headers.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/outgoing_list.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/process.h"
#include "config/program.h"

#define PROGRAM	 "parvis-bridge-mail"
#define LIST_MAX 200
#define MAIL_MAX ((size_t)64 * 1024 * 1024)

struct desk {
	struct arena *arena;
	const char *state_dir;
	const char *db_path;
};

static const char *state_name(const struct outgoing_line *line)
{
	static const char *const names[] = {
		[OUTGOING_QUEUED] = "waiting",
		[OUTGOING_SENDING] = "sending",
		[OUTGOING_UNCLEAR] = "unclear",
		[OUTGOING_SENT] = "sent",
		[OUTGOING_FAILED] = "failed",
		[OUTGOING_CANCELLED] = "cancelled",
	};
	if (line->report == OUTGOING_BOUNCED)
		return "bounced";
	return line->report == OUTGOING_DELAYED ? "delayed" : names[line->state];
}

static int list(const struct desk *desk, struct db *db, bool failed)
{
	struct outgoing_line *lines = NULL;
	size_t count = 0;
	if (outgoing_list(db, failed, LIST_MAX, desk->arena, &lines, &count) != STATUS_OK)
		return process_fail(PROGRAM, "%s cannot be read", desk->db_path);
	for (size_t i = 0; i < count; i++) {
		char when[32];
		struct tm tm;
		time_t seconds = (time_t)(lines[i].changed_at / 1000);
		localtime_r(&seconds, &tm);
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
		(void)printf("%lld\t%s\t%s\t%.*s\t%.*s\n", (long long)lines[i].outgoing_id, when,
			state_name(&lines[i]), STR_FMT(lines[i].address), STR_FMT(lines[i].said));
	}
	return EXIT_SUCCESS;
}

/* Folded lines stay as they are: what was sent is shown. */
static int show(const struct desk *desk, struct db *db, int64_t number)
{
	struct outgoing_mail mail;
	const char *path = NULL;
	BUF_SCOPE(text, MAIL_MAX);
	enum status status = outgoing_get(db, number, desk->arena, &mail);
	if (status == STATUS_NOT_FOUND)
		return process_fail(
			PROGRAM, "there is no mail %lld; see \"mails\"", (long long)number);
	if (status == STATUS_OK)
		status = mail_file_path(desk->state_dir, mail.content_hash, desk->arena, &path);
	if (status == STATUS_OK)
		status = fs_read_file(path, &text);
	if (status != STATUS_OK)
		return process_fail(
			PROGRAM, "the mail's file cannot be read: %s", status_name(status));
	struct headers headers;
	headers_read(desk->arena, str_slice(buf_str(&text), 0, HEADERS_MAX_BYTES), &headers);
	(void)fwrite(text.p, 1, headers.body_at, stdout);
	return EXIT_SUCCESS;
}

struct retrying {
	int64_t number;
	int64_t count;
};

static enum status retry_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct retrying *r = arg;
	return outgoing_retry_failed(tx, r->number, clock_wall_ms(), &r->count);
}

static int retry(const struct desk *desk, int64_t number)
{
	struct db_writer *writer = NULL;
	struct retrying retrying = {.number = number};
	enum status status = db_writer_start(desk->db_path, NULL, &writer);
	if (status == STATUS_OK) {
		status = db_write(writer, retry_change, &retrying);
		db_writer_stop(&writer);
	}
	if (status != STATUS_OK)
		return process_fail(
			PROGRAM, "%s cannot be written: %s", desk->db_path, status_name(status));
	if (retrying.count == 0)
		return process_fail(PROGRAM,
			"mail %lld has no failed recipient; see \"mails --failed\"",
			(long long)number);
	(void)printf("%lld recipient(s) of mail %lld will be tried again within a minute\n",
		(long long)retrying.count, (long long)number);
	return EXIT_SUCCESS;
}

static int with_database(const struct desk *desk, bool failed, int64_t number)
{
	struct db *db = NULL;
	if (db_open(desk->db_path, true, &db) != STATUS_OK)
		return process_fail(PROGRAM,
			"%s cannot be read; run this as the bridge's user, after its first start",
			desk->db_path);
	int result = number > 0 ? show(desk, db, number) : list(desk, db, failed);
	db_close(&db);
	return result;
}

int mails_command(const struct config *config, int argc, char **argv)
{
	ARENA_SCOPE(arena);
	int64_t number = 0;
	struct desk desk = {.arena = arena};
	desk.state_dir = arena_printf(arena, "%s/bridge-mail", config->data_dir).p;
	desk.db_path = arena_printf(arena, "%s/bridge.db", desk.state_dir).p;
	bool lists = argc == 1 || (argc == 2 && strcmp(argv[1], "--failed") == 0);
	bool shows = argc == 3 && strcmp(argv[1], "show") == 0;
	bool retries = argc == 3 && strcmp(argv[1], "retry") == 0;
	if (!lists && !shows && !retries)
		return PROGRAM_USAGE;
	if (!lists && (str_to_i64(str_c(argv[2]), &number) != STATUS_OK || number <= 0))
		return PROGRAM_USAGE;
	return retries ? retry(&desk, number) : with_database(&desk, argc == 2, number);
}
