/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/media/media_sweep.h"

#include <stdatomic.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "homeserver/media/media_files.h"
#include "homeserver/store/media_store.h"

#define LOG_MODULE "media"
#include "common/base/log.h"

struct media_sweep {
	struct media_files *files;
	char *database;
	struct db_writer *writer;
	struct db *db;
	pthread_t thread;
	atomic_bool over;
};

static enum media_verdict judge(void *context, struct str sha256)
{
	struct media_sweep *sweep = context;
	bool named;
	if (atomic_load(&sweep->over) || media_store_names(sweep->db, sha256, &named) != STATUS_OK)
		return MEDIA_STOP;
	return named ? MEDIA_KEEP : MEDIA_DROP;
}

static enum status expire_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const int64_t *now = arg;
	return media_store_expire(tx, *now);
}

static void *sweep_run(void *arg)
{
	struct media_sweep *sweep = arg;
	int64_t now = clock_wall_ms();
	if (db_write(sweep->writer, expire_change, &now) != STATUS_OK)
		log_warning("unused media ids could not be given back");
	if (db_open(sweep->database, true, &sweep->db) != STATUS_OK)
		return NULL;
	size_t dropped = media_files_sweep(sweep->files, judge, sweep);
	if (dropped > 0)
		log_info("removed %zu files that no upload was left of", dropped);
	db_close(&sweep->db);
	return NULL;
}

struct media_sweep *media_sweep_start(
	struct media_files *files, const char *database, struct db_writer *writer)
{
	struct media_sweep *sweep = MEM_NEW(struct media_sweep);
	sweep->files = files;
	sweep->database = mem_strdup(str_c(database));
	sweep->writer = writer;
	media_files_sweep_begin(files);
	sweep->thread = thread_start("media-sweep", sweep_run, sweep);
	return sweep;
}

void media_sweep_end(struct media_sweep **sweep)
{
	if (*sweep == NULL)
		return;
	atomic_store(&(*sweep)->over, true);
	thread_join((*sweep)->thread);
	mem_freep(&(*sweep)->database);
	mem_freep(sweep);
}
