/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/ice.h"

#include "common/crypto/secret.h"

void ice_set_remote_ufrag(struct ice *ice, const char *remote_ufrag)
{
	memset(ice->remote_ufrag, 0, sizeof(ice->remote_ufrag));
	memcpy(ice->remote_ufrag, remote_ufrag, strnlen(remote_ufrag, ICE_UFRAG_MAX));
}

void ice_init(struct ice *ice, const struct ice_credentials *local, const char *remote_ufrag)
{
	*ice = (struct ice){.local = *local, .selected = -1};
	ice_set_remote_ufrag(ice, remote_ufrag);
}

void ice_restart(struct ice *ice, const struct ice_credentials *local, const char *remote_ufrag)
{
	ice->previous = ice->local;
	ice->local = *local;
	ice_set_remote_ufrag(ice, remote_ufrag);
}

struct str ice_ufrag_of(const struct stun_message *message)
{
	struct str rest = message->username;
	struct str ufrag = STR_EMPTY;
	if (rest.p == NULL || str_index(rest, ':') < 0 || !str_cut(&rest, ':', &ufrag)) {
		return STR_EMPTY;
	}
	return ufrag;
}

/* Which of our passwords the request has to prove; {NULL, 0}: it is not for us. */
static struct str password_for(const struct ice *ice, const struct stun_message *message)
{
	struct str ufrag = ice_ufrag_of(message);
	if (ufrag.n == 0) {
		return STR_EMPTY;
	}
	struct str remote = str_skip(message->username, ufrag.n + 1);
	if (str_eq_c(ufrag, ice->local.ufrag)) {
		bool right = ice->remote_ufrag[0] == '\0' || str_eq_c(remote, ice->remote_ufrag);
		return right ? str_c(ice->local.pwd) : STR_EMPTY;
	}
	return str_eq_c(ufrag, ice->previous.ufrag) ? str_c(ice->previous.pwd) : STR_EMPTY;
}

static int find_path(const struct ice *ice, const struct path *path)
{
	for (unsigned i = 0; i < ice->path_count; i++) {
		if (path_eq(&ice->paths[i].path, path)) {
			return (int)i;
		}
	}
	return -1;
}

/* The place of a new path: a free one, or that of the path that has been silent longest. */
static int place_path(struct ice *ice, struct ice_result *result)
{
	if (ice->path_count < ICE_MAX_PATHS) {
		return (int)ice->path_count++;
	}
	int oldest = ice->selected == 0 ? 1 : 0;
	for (int i = oldest + 1; i < ICE_MAX_PATHS; i++) {
		if (i != ice->selected &&
			ice->paths[i].checked_ms < ice->paths[oldest].checked_ms) {
			oldest = i;
		}
	}
	result->evicted = true;
	result->evicted_path = ice->paths[oldest].path;
	return oldest;
}

static enum ice_verdict accept_check(struct ice *ice, const struct stun_message *message,
	const struct path *path, int64_t now_ms, struct ice_result *result)
{
	enum ice_verdict verdict = ICE_ACCEPT;
	int at = find_path(ice, path);
	if (at < 0) {
		verdict = ICE_NEW_PATH;
		at = place_path(ice, result);
		ice->paths[at].path = *path;
	}
	ice->paths[at].checked_ms = now_ms;
	/* Before the nomination any proven path will do; after it the latest nomination counts:
	 * that is how a peer moves from one network to another. */
	if (message->use_candidate || !ice->nominated) {
		ice->selected = at;
		ice->nominated = ice->nominated || message->use_candidate;
	}
	return verdict;
}

/* No agent asks with so little: PRIORITY is missing at least (RFC 8445 section 7.1.1). */
static bool amplifies(const struct stun_message *message, struct ice_result *result)
{
	bool does = result->reply_size > message->size;
	result->reply_size = does ? 0 : result->reply_size;
	return does;
}

enum ice_verdict ice_handle(struct ice *ice, const struct stun_message *message,
	const struct path *path, int64_t now_ms, struct ice_result *result)
{
	result->reply_size = 0;
	result->restarted = false;
	result->evicted = false;
	if (message->class != STUN_REQUEST || message->method != STUN_METHOD_BINDING) {
		return ICE_DROP;
	}
	struct str password = password_for(ice, message);
	if (password.n == 0 || !stun_authentic(message, password)) {
		return ICE_DROP;
	}
	if (message->unknown_attribute != 0) {
		result->reply_size =
			stun_write_error(message, STUN_UNKNOWN_ATTRIBUTE, password, result->reply);
		return amplifies(message, result) ? ICE_DROP : ICE_REFUSE;
	}
	if (message->ice_controlled) {
		/* A lite agent is always the controlled one (RFC 8445 section 6.1.1). */
		result->reply_size =
			stun_write_error(message, STUN_ROLE_CONFLICT, password, result->reply);
		return amplifies(message, result) ? ICE_DROP : ICE_REFUSE;
	}
	result->reply_size = stun_write_success(message, &path->remote, password, result->reply);
	if (amplifies(message, result)) {
		return ICE_DROP;
	}
	if (ice->previous.ufrag[0] != '\0' && str_eq_c(ice_ufrag_of(message), ice->local.ufrag)) {
		secret_wipe(&ice->previous, sizeof(ice->previous));
		ice->nominated = false;
		result->restarted = true;
	}
	return accept_check(ice, message, path, now_ms, result);
}

static void remove_path(struct ice *ice, int at)
{
	int last = (int)--ice->path_count;
	bool was_selected = ice->selected == at;
	ice->paths[at] = ice->paths[last];
	if (ice->selected == last) {
		ice->selected = at;
	}
	if (!was_selected) {
		return;
	}
	ice->selected = ice->path_count == 0 ? -1 : 0;
	ice->nominated = false;
	for (int i = 1; i < (int)ice->path_count; i++) {
		if (ice->paths[i].checked_ms > ice->paths[ice->selected].checked_ms) {
			ice->selected = i;
		}
	}
}

bool ice_expire(struct ice *ice, int64_t now_ms, struct path *out)
{
	for (unsigned i = 0; i < ice->path_count; i++) {
		if (now_ms - ice->paths[i].checked_ms >= ICE_CONSENT_MS) {
			*out = ice->paths[i].path;
			remove_path(ice, (int)i);
			return true;
		}
	}
	return false;
}

void ice_forget(struct ice *ice, const struct path *path)
{
	int at = find_path(ice, path);
	if (at >= 0) {
		remove_path(ice, at);
	}
}

const struct path *ice_selected(const struct ice *ice)
{
	return ice->selected < 0 ? NULL : &ice->paths[ice->selected].path;
}

bool ice_knows(const struct ice *ice, const struct path *path)
{
	return find_path(ice, path) >= 0;
}
