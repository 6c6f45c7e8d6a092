/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_folder.h"

#include <stdio.h>
#include <time.h>

#include "bridge-mail/inbound/imap_fetch.h"
#include "bridge-mail/inbound/imap_put_away.h"
#include "common/base/clock.h"

#define LOG_MODULE "imap"
#include "common/base/log.h"

/* UIDs asked about at once: bounds the answer. */
#define WINDOW	  INT64_C(100000)
#define BATCH_MAX 200
#define UID_MAX	  INT64_C(4294967295)

struct put_folder {
	const struct imap_source *source;
	struct imap_folder row;
};

static enum status put_folder(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct put_folder *put = arg;
	return imap_folder_put(tx, str_c(imap_account(put->source->session)),
		str_c(put->source->config->folder), &put->row, &put->row.folder_id);
}

static enum status write_folder(struct imap_source *s, const struct imap_folder *row)
{
	struct put_folder put = {.source = s, .row = *row};
	enum status status = db_write(s->bridge->writer, put_folder, &put);
	if (status == STATUS_OK)
		s->folder = put.row;
	return status == STATUS_OK ? STATUS_OK : STATUS_IO;
}

static enum status advance(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct imap_folder *row = arg;
	return imap_folder_advance(tx, row->folder_id, row->next_uid);
}

/* Mails that were looked for up to there, and are not there, need not be looked for again. */
static enum status advance_to(struct imap_source *s, int64_t next_uid)
{
	s->folder.next_uid = next_uid;
	return db_write(s->bridge->writer, advance, &s->folder) == STATUS_OK ? STATUS_OK
									     : STATUS_IO;
}

struct uid_list {
	int64_t uids[BATCH_MAX];
	size_t count;
	int64_t from;
	bool more; /* than have room */
};

static void add_uid(struct uid_list *list, int64_t uid)
{
	size_t i = list->count;
	if (uid < list->from || uid > UID_MAX)
		return;
	/* The lowest are kept, in order, whatever order the server likes. */
	while (i > 0 && list->uids[i - 1] > uid)
		i--;
	if (i > 0 && list->uids[i - 1] == uid)
		return;
	if (list->count == BATCH_MAX) {
		list->more = true;
		if (i == BATCH_MAX)
			return;
		list->count--;
	}
	memmove(&list->uids[i + 1], &list->uids[i], (list->count - i) * sizeof(list->uids[0]));
	list->uids[i] = uid;
	list->count++;
}

static bool on_search(void *context, const struct imap_response *response)
{
	struct str rest = response->text;
	int64_t uid;
	if (response->kind == IMAP_SEARCH)
		while (imap_next_number(&rest, &uid))
			add_uid(context, uid);
	return true;
}

/* The lowest new UIDs from `from` up to `to` (0: the last), that meet the criterion. */
static enum status search(struct imap_source *s, int64_t from, int64_t to, const char *criterion,
	struct uid_list *list)
{
	char end[24] = "*";
	struct imap_handler handler = {.context = list, .response = on_search};
	list->count = 0;
	list->more = false;
	list->from = from;
	if (to > 0)
		snprintf(end, sizeof(end), "%lld", (long long)to);
	return imap_command(
		s->session, &handler, "UID SEARCH UID %lld:%s%s", (long long)from, end, criterion);
}

/* Everything below next_uid that meets the criterion: window by window, batch by batch. */
static enum status take_range(struct imap_source *s, int64_t to, const char *criterion)
{
	struct uid_list list;
	while (s->folder.next_uid < to) {
		int64_t last = s->folder.next_uid + WINDOW - 1;
		if (last >= to)
			last = to - 1;
		enum status status = search(s, s->folder.next_uid, last, criterion, &list);
		if (status != STATUS_OK)
			return status;
		status = imap_fetch_mails(s, list.uids, list.count);
		if (status == STATUS_OK && !list.more)
			status = advance_to(s, last + 1);
		if (status == STATUS_OK)
			status = imap_put_away(s);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* " SINCE 21-Nov-2026" (RFC 9051, 6.4.4): days as the server counts them, hence one more. */
static void since_criterion(int64_t ms, char out[32])
{
	static const char months[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t day = (time_t)(ms / 1000) - (time_t)24 * 3600;
	struct tm tm;
	out[0] = '\0';
	if (gmtime_r(&day, &tm) != NULL)
		snprintf(out, 32, " SINCE %d-%s-%d", tm.tm_mday, months[tm.tm_mon % 12],
			tm.tm_year + 1900);
}

/* What the folder held before we knew it, by these numbers. */
static enum status take_existing(struct imap_source *s)
{
	char criterion[32] = "";
	if (s->folder.next_uid >= s->folder.existing_to)
		return STATUS_OK;
	if (s->folder.renumbered)
		since_criterion(s->folder.since, criterion);
	else if (s->config->existing == IMAP_EXISTING_UNSEEN)
		snprintf(criterion, sizeof(criterion), " UNSEEN");
	else if (s->config->existing == IMAP_EXISTING_NONE)
		return advance_to(s, s->folder.existing_to);
	return take_range(s, s->folder.existing_to, criterion);
}

/* UIDNEXT by asking, where SELECT has not told it. */
static enum status find_uid_next(struct imap_source *s, struct imap_folder_state *state)
{
	struct uid_list list;
	if (state->uid_next > 0)
		return STATUS_OK;
	/* "n:*" with n past the end gives the last one (RFC 9051, 9, seq-range). */
	list.from = 1;
	struct imap_handler handler = {.context = &list, .response = on_search};
	list.count = 0;
	list.more = false;
	enum status status = imap_command(s->session, &handler, "UID SEARCH UID *");
	if (status == STATUS_OK)
		state->uid_next = list.count > 0 ? list.uids[list.count - 1] + 1 : 1;
	return status;
}

/* The folder is new to us, or has been made anew: what we have of it then is recognised by its
 * content. */
static enum status start_anew(
	struct imap_source *s, const struct imap_folder_state *state, bool known)
{
	struct imap_folder row = {
		.uid_validity = state->uid_validity,
		.next_uid = 1,
		.since = known ? s->folder.since : clock_wall_ms(),
		.existing_to = state->uid_next,
		.renumbered = known,
	};
	if (known)
		log_warning("%s: folder %s has new numbers; it is read again",
			imap_account(s->session), s->config->folder);
	return write_folder(s, &row);
}

enum status imap_folder_open(struct imap_source *s)
{
	struct imap_folder_state state;
	enum status status = imap_session_select(s->session, s->config->folder, &state);
	if (status == STATUS_OK)
		status = find_uid_next(s, &state);
	if (status != STATUS_OK)
		return status;
	status = imap_folder_find(
		s->db, str_c(imap_account(s->session)), str_c(s->config->folder), &s->folder);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return STATUS_IO;
	bool known = status == STATUS_OK;
	status = STATUS_OK;
	if (!known || s->folder.uid_validity != state.uid_validity)
		status = start_anew(s, &state, known);
	if (status == STATUS_OK)
		status = take_existing(s);
	/* And what came while we were away. */
	return status == STATUS_OK ? take_range(s, state.uid_next, "") : status;
}

enum status imap_folder_read(struct imap_source *s)
{
	struct uid_list list;
	do {
		imap_forget_news(s->session);
		enum status status = search(s, s->folder.next_uid, 0, "", &list);
		if (status == STATUS_OK)
			status = imap_fetch_mails(s, list.uids, list.count);
		if (status == STATUS_OK)
			status = imap_put_away(s);
		if (status != STATUS_OK)
			return status;
	} while (list.more);
	return STATUS_OK;
}
