/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/uia_sessions.h"

#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

struct uia_session {
	char *id;
	char *owner;
	unsigned completed; /* enum uia_stage, ORed */
	int64_t expires_ms;
	struct uia_session *older, *newer;
};

struct uia {
	struct mutex mutex;
	struct map *sessions;
	struct uia_session *oldest, *newest; /* by time of creation, hence of expiry */
};

struct uia *uia_new(void)
{
	struct uia *uia = MEM_NEW(struct uia);
	mutex_init(&uia->mutex);
	uia->sessions = map_new(UIA_MAX_SESSIONS);
	return uia;
}

static void drop(struct uia *uia, struct uia_session *session)
{
	(void)map_remove(uia->sessions, str_c(session->id));
	if (session->older != NULL)
		session->older->newer = session->newer;
	else
		uia->oldest = session->newer;
	if (session->newer != NULL)
		session->newer->older = session->older;
	else
		uia->newest = session->older;
	mem_freep(&session->id);
	mem_freep(&session->owner);
	mem_freep(&session);
}

void uia_free(struct uia **uia)
{
	if (*uia == NULL)
		return;
	while ((*uia)->oldest != NULL)
		drop(*uia, (*uia)->oldest);
	map_free(&(*uia)->sessions, NULL);
	mutex_release(&(*uia)->mutex);
	mem_freep(uia);
}

size_t uia_count(struct uia *uia)
{
	mutex_lock(&uia->mutex);
	size_t count = map_count(uia->sessions);
	mutex_unlock(&uia->mutex);
	return count;
}

static struct uia_session *find(struct uia *uia, struct str id, struct str owner)
{
	struct uia_session *session = map_find(uia->sessions, id);
	if (session == NULL || !str_eq_c(owner, session->owner))
		return NULL;
	return session;
}

static struct uia_session *add(struct uia *uia, struct str id, struct str owner, int64_t now_ms)
{
	if (map_count(uia->sessions) >= UIA_MAX_SESSIONS)
		drop(uia, uia->oldest);
	struct uia_session *session = MEM_NEW(struct uia_session);
	if (map_put(uia->sessions, id, session, NULL) != STATUS_OK) {
		mem_freep(&session);
		return NULL;
	}
	*session = (struct uia_session){
		.id = mem_strdup(id),
		.owner = mem_strdup(owner),
		.expires_ms = now_ms + UIA_SESSION_MS,
		.older = uia->newest,
	};
	if (uia->newest != NULL)
		uia->newest->newer = session;
	else
		uia->oldest = session;
	uia->newest = session;
	return session;
}

static void drop_expired(struct uia *uia, int64_t now_ms)
{
	while (uia->oldest != NULL && uia->oldest->expires_ms <= now_ms)
		drop(uia, uia->oldest);
}

enum status uia_session_load(
	struct uia *uia, struct str id, struct str owner, int64_t now_ms, unsigned *completed_out)
{
	mutex_lock(&uia->mutex);
	drop_expired(uia, now_ms);
	const struct uia_session *session = find(uia, id, owner);
	if (session != NULL)
		*completed_out = session->completed;
	mutex_unlock(&uia->mutex);
	return session != NULL ? STATUS_OK : STATUS_NOT_FOUND;
}

void uia_session_save(
	struct uia *uia, struct str id, struct str owner, int64_t now_ms, unsigned completed)
{
	mutex_lock(&uia->mutex);
	drop_expired(uia, now_ms);
	struct uia_session *session = find(uia, id, owner);
	if (session == NULL && map_find(uia->sessions, id) == NULL)
		session = add(uia, id, owner, now_ms);
	if (session != NULL)
		session->completed |= completed;
	mutex_unlock(&uia->mutex);
}

void uia_session_end(struct uia *uia, struct str id, struct str owner)
{
	mutex_lock(&uia->mutex);
	struct uia_session *session = find(uia, id, owner);
	if (session != NULL)
		drop(uia, session);
	mutex_unlock(&uia->mutex);
}
