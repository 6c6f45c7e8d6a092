/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/replay.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/inbound/handling.h"
#include "bridge-mail/outbound/compose.h"
#include "bridge-mail/report/words.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/posts.h"
#include "bridge-mail/store/store.h"
#include "bridge-mail/thread/subject.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "config/config.h"

#define DAY_MS	     (INT64_C(24) * 3600 * 1000)
#define MAIL_OUT_MAX ((size_t)1024 * 1024)
#define TREE_FDS     8

struct replay {
	struct arena *arena;
	struct config config;
	struct config_mailbox mailbox;
	struct bridge bridge;
	struct handler handler;
	struct db *db;
	int64_t mailbox_id;
	struct report_model *model;
	struct report_memory *memory;
	/* of the mail under way */
	int64_t new_file_bytes;
	int64_t events;
};

static enum status room_for_thread(
	void *context, int64_t thread_id, struct arena *arena, struct str *room_id_out)
{
	(void)context;
	*room_id_out = arena_printf(arena, "!%lld:report.invalid", (long long)thread_id);
	return STATUS_OK;
}

static enum status ghost_in_room(void *context, struct str room_id, struct str address,
	struct str name, struct arena *arena, struct str *user_id_out)
{
	(void)context;
	(void)room_id;
	(void)address;
	(void)name;
	*user_id_out = arena_str(arena, STR("@ghost:report.invalid"));
	return STATUS_OK;
}

static enum status put_upload(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct room_upload_request *request = arg;
	return upload_put(tx, request->content_hash, STR("mxc://report.invalid/file"), 0);
}

/* As the bridge does: a file that was there before is not sent again. */
static enum status upload(void *context, const struct room_upload_request *request,
	struct arena *arena, struct str *mxc_out)
{
	struct replay *replay = context;
	struct room_upload_request copy = *request;
	enum status status = upload_find(replay->db, request->content_hash, arena, mxc_out);
	if (status != STATUS_NOT_FOUND)
		return status;
	replay->new_file_bytes += request->size;
	*mxc_out = STR("mxc://report.invalid/file");
	return db_write(replay->bridge.writer, put_upload, &copy);
}

static enum status send_event(void *context, const struct room_send_request *request,
	struct arena *arena, struct str *event_id_out)
{
	struct replay *replay = context;
	(void)request;
	*event_id_out = arena_printf(arena, "$%lld", (long long)++replay->events);
	return STATUS_OK;
}

static enum status find_event(void *context, struct str room_id, struct str txn_id,
	struct arena *arena, struct str *event_id_out)
{
	(void)context;
	(void)room_id;
	(void)txn_id;
	(void)arena;
	(void)event_id_out;
	return STATUS_NOT_FOUND;
}

static enum status put_mailbox(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct replay *replay = arg;
	return mailboxes_put(
		tx, str_c(replay->mailbox.address), STR("report"), &replay->mailbox_id);
}

/* MIME of a mail of ours with this text, by the bridge's own writer. */
static int64_t mime_bytes(struct str text, struct str html)
{
	BUF_SCOPE(out, MAIL_OUT_MAX);
	const struct mail_address us = {
		.name = STR("Projet rocade"), .address = STR("projet-rocade@ville.example")};
	const struct mail_address them = {
		.name = STR("Jean Dupont"), .address = STR("jean.dupont@orange.example")};
	const struct compose_mail mail = {
		.from = us,
		.to = &them,
		.to_count = 1,
		.subject = STR("Projet rocade : le chantier de juin"),
		.date_ms = DAY_MS,
		.message_id =
			STR("0123456789abcdef0123456789abcdef.0123456789abcdef@ville.example"),
		.text = text,
		.html = html,
	};
	return compose_write(&mail, &out) == STATUS_OK ? (int64_t)out.n : 0;
}

static enum status make_state(struct replay *r, const struct replay_config *config)
{
	char *dir = arena_c_str(
		r->arena, arena_printf(r->arena, "%s/parvis-report.XXXXXX", config->work_dir));
	if (mkdtemp(dir) == NULL)
		return STATUS_IO;
	r->bridge.state_dir = dir;
	r->bridge.db_path = arena_printf(r->arena, "%s/bridge.db", dir).p;
	enum status status = store_open(dir, r->bridge.db_path, &r->bridge, &r->bridge.writer);
	if (status == STATUS_OK)
		status = db_open(r->bridge.db_path, true, &r->db);
	return status == STATUS_OK ? db_write(r->bridge.writer, put_mailbox, r) : status;
}

enum status replay_new(const struct replay_config *config, struct replay **out)
{
	struct replay *r = MEM_NEW(struct replay);
	r->arena = arena_new();
	r->mailbox.address = arena_c_str(r->arena, str_c(config->mailbox));
	r->mailbox.name = r->mailbox.address;
	r->config.server_name = arena_c_str(r->arena, STR("report.invalid"));
	r->config.bridge_mail.mailboxes = &r->mailbox;
	r->config.bridge_mail.mailboxes_count = 1;
	r->config.bridge_mail.verify_senders_off = true;
	r->bridge.config = &r->config;
	r->bridge.parser_program = config->parser_program;
	r->bridge.rooms = (struct room_port){
		r, room_for_thread, ghost_in_room, upload, send_event, find_event};
	enum status status = make_state(r, config);
	if (status != STATUS_OK) {
		replay_free(&r);
		return status;
	}
	r->memory = report_memory_new();
	r->model = report_model_new(mime_bytes(STR("\n"), STR("<p></p>")));
	r->handler = (struct handler){
		.bridge = &r->bridge,
		.db = r->db,
		.pool = parser_pool_new(config->parser_program),
		.temp_dir = arena_printf(r->arena, "%s/tmp", r->bridge.state_dir).p,
	};
	*out = r;
	return STATUS_OK;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

void replay_free(struct replay **replay)
{
	struct replay *r = *replay;
	if (r == NULL)
		return;
	*replay = NULL;
	parser_pool_free(&r->handler.pool);
	if (r->db != NULL)
		db_close(&r->db);
	if (r->bridge.writer != NULL)
		db_writer_stop(&r->bridge.writer);
	if (r->bridge.state_dir != NULL)
		(void)nftw(r->bridge.state_dir, remove_entry, TREE_FDS, FTW_DEPTH | FTW_PHYS);
	report_model_free(&r->model);
	report_memory_free(&r->memory);
	arena_free(&r->arena);
	free(r);
}

struct arrival {
	struct mail_receipt receipt;
	int64_t mail_id;
};

static enum status add_mail(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct arrival *arrival = arg;
	return mail_add(tx, &arrival->receipt, &arrival->mail_id);
}

static enum status write_plainly(const char *path, struct str bytes)
{
	FD_SCOPE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? STATUS_IO : fs_write_all(fd, bytes);
}

/* A file and rows, as a listener would make them, but not safe on disk. */
static enum status receive(
	struct replay *r, struct arena *arena, struct str bytes, const char **path_out)
{
	uint8_t hash[SHA256_BYTES];
	sha256(bytes, hash);
	struct str hex = hex_encode(arena, str_n((const char *)hash, sizeof(hash)));
	enum status status = mail_file_path(r->bridge.state_dir, hex, arena, path_out);
	if (status != STATUS_OK || *path_out == NULL)
		return status;
	struct str folder =
		str_slice(str_c(*path_out), 0, (size_t)str_rindex(str_c(*path_out), '/'));
	status = fs_make_dirs(arena_c_str(arena, folder), 0700);
	if (status != STATUS_OK)
		return status;
	status = write_plainly(*path_out, bytes);
	const struct mail_recipient to = {
		.mailbox_id = r->mailbox_id, .address = str_c(r->mailbox.address)};
	struct arrival arrival = {.receipt = {.content_hash = hex,
					  .size = (int64_t)bytes.n,
					  .via = "report",
					  .mail_from = STR("report@report.invalid"),
					  .received_at = clock_wall_ms(),
					  .recipients = &to,
					  .recipient_count = 1}};
	return status == STATUS_OK ? db_write(r->bridge.writer, add_mail, &arrival) : status;
}

static enum status end_delivery(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return delivery_finish(tx, *(const int64_t *)arg, DELIVERY_POSTED, STR_EMPTY);
}

static void observe(struct replay *r, const struct handled *handled, struct str bytes)
{
	const struct mail *mail = &handled->mail;
	struct report_words words;
	struct body whole;
	bool duplicate = handled->delivery.state == DELIVERY_DUPLICATE;
	/* As a forwarded mail's: nothing folded. */
	body_make(handled->arena, mail, true, &whole);
	struct report_mail seen = {
		.thread_id = handled->delivery.thread_id,
		.day = handled->delivery.received_at / DAY_MS,
		.author = mail->from.address,
		.to = &mail->to,
		.cc = &mail->cc,
		.mailbox = str_c(r->mailbox.address),
		.raw_bytes = (int64_t)bytes.n,
		.part_bytes = mime_bytes(handled->body.plain, handled->body.html) -
			      mime_bytes(STR("\n"), STR_EMPTY),
		.text_bytes = (int64_t)whole.plain.n,
		.shown_bytes = (int64_t)handled->body.plain.n,
		.files = (int64_t)mail->attachment_count,
		.new_file_bytes = r->new_file_bytes,
		.bounce = (mail->flags & MAIL_DELIVERY_REPORT) != 0,
		.duplicate = duplicate,
	};
	for (size_t i = 0; i < mail->attachment_count; i++) {
		int64_t size = mail->attachments[i].size;
		seen.file_bytes += size;
		/* Base64 in lines of 76 characters. */
		seen.part_bytes += (size + 2) / 3 * 4 * 78 / 76;
	}
	if (!duplicate) {
		report_words_count(
			r->memory, seen.thread_id, whole.plain, handled->body.plain, &words);
		seen.words = words.all;
		seen.folded_words = words.folded;
		seen.lost_words = words.lost;
	}
	report_model_add(r->model, &seen);
	if ((mail->flags & MAIL_UNREADABLE) != 0)
		report_model_more(r->model)->unreadable++;
}

static enum status handle(struct replay *r, struct handled *handled, struct str bytes)
{
	const char *why;
	enum status status = delivery_next(r->db, 0, handled->arena, &handled->delivery);
	if (status == STATUS_OK)
		status = handling_read(&r->handler, handled, &why);
	if (status != STATUS_OK)
		return status;
	/* As if it had come when it was written. */
	if (handled->mail.date_ms > 0)
		handled->delivery.received_at = handled->mail.date_ms;
	int64_t id = handled->delivery.delivery_id;
	status = handling_thread(&r->handler, handled, &why);
	if (status != STATUS_OK)
		return status;
	if (handled->delivery.state == DELIVERY_THREADED)
		status = handling_post(&r->handler, handled, &why);
	if (status == STATUS_OK && handled->delivery.state == DELIVERY_THREADED)
		status = db_write(r->bridge.writer, end_delivery, &id);
	if (status != STATUS_OK)
		return status;
	if (handled->delivery.state == DELIVERY_THREADED ||
		handled->delivery.state == DELIVERY_DUPLICATE)
		observe(r, handled, bytes);
	else
		report_model_more(r->model)->set_aside++;
	return STATUS_OK;
}

enum status replay_mail(struct replay *replay, struct str bytes)
{
	ARENA_SCOPE(arena);
	struct handled handled = {.arena = arena};
	const char *path = NULL;
	replay->new_file_bytes = 0;
	enum status status = receive(replay, arena, bytes, &path);
	if (status == STATUS_OK)
		status = handle(replay, &handled, bytes);
	if (path != NULL)
		(void)unlink(path);
	return status;
}

const struct report_counts *replay_counts(const struct replay *replay)
{
	return report_model_counts(replay->model);
}
