/* SPDX-License-Identifier: Apache-2.0 */
/* A homeserver of database, writer, streams and signing key, for tests of the room engine. */
#ifndef PARVIS_TESTS_ROOM_WORLD_H
#define PARVIS_TESTS_ROOM_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/auth_cache.h"
#include "homeserver/room/room_create.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_membership.h"
#include "homeserver/room/room_send.h"
#include "homeserver/room/signing.h"
#include "homeserver/stream/streams.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

struct world {
	char dir[64];
	char database[96];
	char key[96];
	struct homeserver hs;
	struct db *db; /* a reader */
	struct arena *arena;
};

static inline void world_start(struct world *w)
{
	struct db *db;

	check_ok(db_open(w->database, false, &db));
	check_ok(db_migrate(db, homeserver_migrations, homeserver_migrations_count));
	check_ok(streams_new(db, &w->hs.streams));
	db_close(&db);
	check_ok(signing_key_load(w->key, &w->hs.signing_key));
	w->hs.auth_cache = auth_cache_new();
	check_ok(db_writer_start(w->database, &w->hs, &w->hs.writer));
	check_ok(db_open(w->database, true, &w->db));
}

static inline void world_stop(struct world *w)
{
	db_close(&w->db);
	db_writer_stop(&w->hs.writer);
	auth_cache_free(&w->hs.auth_cache);
	streams_free(&w->hs.streams);
	signing_key_free(&w->hs.signing_key);
}

static inline int world_set_up(void **state)
{
	struct world *w = MEM_NEW(struct world);

	snprintf(w->dir, sizeof(w->dir), "/tmp/parvis-rooms-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->database, sizeof(w->database), "%s/db", w->dir);
	snprintf(w->key, sizeof(w->key), "%s/key", w->dir);
	w->hs.server_name = STR("h");
	w->arena = arena_new();
	world_start(w);
	*state = w;
	return 0;
}

static inline int world_tear_down(void **state)
{
	static const char *const files[] = {"db", "db-wal", "db-shm", "key"};
	struct world *w = *state;
	char path[128];

	world_stop(w);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, files[i]);
		unlink(path);
	}
	rmdir(w->dir);
	arena_free(&w->arena);
	free(w);
	return 0;
}

/* room_send() and its like from a test's thread; what they give is copied into the world's
 * arena. */
struct world_job {
	struct world *world;
	struct event_draft draft;
	struct member_request member;
	struct room_creation creation;
	struct str event_id;
	struct str room_id;
	int64_t position;
	const char *why;
};

static inline enum status world_keep(struct world_job *job, const struct event *event)
{
	job->event_id = arena_str(job->world->arena, event->event_id);
	job->room_id = arena_str(job->world->arena, event->room_id);
	job->position = event->position;
	return STATUS_OK;
}

static inline enum status world_send_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct world_job *job = arg;
	struct event *event;
	enum status status = room_send(tx, &job->draft, &event, &job->why);

	return status == STATUS_OK ? world_keep(job, event) : status;
}

static inline enum status world_member_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct world_job *job = arg;
	struct event *event;
	enum status status = room_membership(tx, &job->member, &event, &job->why);

	return status == STATUS_OK ? world_keep(job, event) : status;
}

static inline enum status world_create_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct world_job *job = arg;
	struct str room_id;
	enum status status = room_create(tx, &job->creation, &room_id, &job->why);

	if (status == STATUS_OK)
		job->room_id = arena_str(job->world->arena, room_id);
	return status;
}

static inline struct str world_create(
	struct world *w, const char *version, enum room_preset preset, const char *creator)
{
	struct world_job job = {
		.world = w,
		.creation = {.creator = str_c(creator),
			.version = room_version_find(str_c(version)),
			.preset = preset},
	};

	check_ok(db_write(w->hs.writer, world_create_change, &job));
	return job.room_id;
}

static inline struct world_job world_draft(struct world *w, struct str room_id, const char *sender,
	const char *type, const char *content)
{
	return (struct world_job){
		.world = w,
		.draft = {.room_id = room_id,
			.sender = str_c(sender),
			.type = str_c(type),
			.content = str_c(content)},
	};
}

static inline enum status world_send(struct world_job *job)
{
	return db_write(job->world->hs.writer, world_send_change, job);
}

/* A message or, with a key, a state event that must be accepted; gives its position. */
static inline int64_t world_say(struct world *w, struct str room_id, const char *sender,
	const char *type, const char *key, const char *content)
{
	struct world_job job = world_draft(w, room_id, sender, type, content);

	job.draft.state_key = str_c(key);
	enum status status = world_send(&job);
	if (status != STATUS_OK)
		fail_msg("%s: %s", type, job.why == NULL ? status_name(status) : job.why);
	return job.position;
}

static inline enum status world_member(struct world *w, enum member_action action,
	struct str room_id, const char *sender, const char *target)
{
	struct world_job job = {
		.world = w,
		.member = {.action = action,
			.room_id = room_id,
			.sender = str_c(sender),
			.target = str_c(target)},
	};

	return db_write(w->hs.writer, world_member_change, &job);
}

#endif
