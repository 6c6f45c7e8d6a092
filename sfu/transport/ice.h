/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ICE-lite half of one transport (RFC 8445): it sends no checks of its own, answers those of
 * the peer, and follows the peer's nomination: the path that was nominated last is the one to send
 * on. A path is used only after a check on it that proves the local password; that is also the
 * peer's consent (RFC 7675), renewed by each check. Without one for ICE_CONSENT_MS a path is
 * forgotten; when it was the nominated one, the path that was checked last takes its place.
 *
 * A stranger gets no answer, and a peer none that is longer than what it asked with.
 */
#ifndef PARVIS_SFU_ICE_H
#define PARVIS_SFU_ICE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/transport/address.h"
#include "sfu/transport/stun.h"

#define ICE_UFRAG_MAX 32
#define ICE_PWD_MAX   64
#define ICE_MAX_PATHS 8

#define ICE_CONSENT_MS 30000

struct ice_credentials {
	char ufrag[ICE_UFRAG_MAX + 1];
	char pwd[ICE_PWD_MAX + 1];
};

struct ice_path {
	struct path path;
	int64_t checked_ms; /* of the last good check */
};

struct ice {
	struct ice_credentials local;
	struct ice_credentials previous; /* during a restart; empty otherwise */
	char remote_ufrag[ICE_UFRAG_MAX + 1];
	struct ice_path paths[ICE_MAX_PATHS];
	unsigned path_count;
	int selected; /* index of the path to send on; -1: none yet */
	bool nominated;
};

enum ice_verdict {
	ICE_DROP,     /* not for us, or not proven: no answer, nothing changes */
	ICE_REFUSE,   /* send the reply, nothing else changes */
	ICE_ACCEPT,   /* send the reply; the path is good */
	ICE_NEW_PATH, /* ICE_ACCEPT, and the path was not known */
};

struct ice_result {
	uint8_t reply[STUN_REPLY_MAX];
	size_t reply_size;
	bool restarted; /* first check with the new credentials: forget the old ufrag */
	bool evicted;	/* a new path took the place of evicted_path */
	struct path evicted_path;
};

void ice_init(struct ice *ice, const struct ice_credentials *local, const char *remote_ufrag);
/* New local credentials; the peer's new ufrag may still be unknown (""). */
void ice_restart(struct ice *ice, const struct ice_credentials *local, const char *remote_ufrag);

void ice_set_remote_ufrag(struct ice *ice, const char *remote_ufrag);

/* The local ufrag that a request asks for; empty when it names none. */
struct str ice_ufrag_of(const struct stun_message *message);

enum ice_verdict ice_handle(struct ice *ice, const struct stun_message *message,
	const struct path *path, int64_t now_ms, struct ice_result *result);

/* NULL until a path is proven. */
const struct path *ice_selected(const struct ice *ice);
bool ice_knows(const struct ice *ice, const struct path *path);

/* One of the paths whose consent has run out, which is forgotten; false: there is none. */
bool ice_expire(struct ice *ice, int64_t now_ms, struct path *out);
/* It is no more: its TCP connection is closed. */
void ice_forget(struct ice *ice, const struct path *path);

#endif
