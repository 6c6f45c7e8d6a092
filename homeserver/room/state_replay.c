/* SPDX-License-Identifier: Apache-2.0 */
/* The state under way, and what the authorisation rules let into it. */
#include "homeserver/room/auth.h"
#include "homeserver/room/state_graph.h"

/* Lengths tell type and key apart, whatever bytes they hold. */
static struct str table_key(struct state_work *work, struct str type, struct str state_key)
{
	buf_clear(&work->key);
	buf_printf(&work->key, "%zu:", type.n);
	buf_append(&work->key, type);
	buf_append(&work->key, state_key);
	return buf_str(&work->key);
}

void state_table_put(struct state_work *work, const struct state_item *item)
{
	struct str key = table_key(work, item->type, item->state_key);
	struct state_item *held = map_find(work->state.map, key);

	if (held == NULL) {
		held = ARENA_NEW(work->arena, struct state_item);
		/* As many keys as there are items at most, for which the map has room. */
		if (map_put(work->state.map, key, held, NULL) != STATUS_OK)
			return;
	}
	*held = *item;
}

struct state_item *state_table_find(struct state_work *work, const char *type, struct str state_key)
{
	return map_find(work->state.map, table_key(work, str_c(type), state_key));
}

void state_table_remove(struct state_work *work, struct str type, struct str state_key)
{
	(void)map_remove(work->state.map, table_key(work, type, state_key));
}

static struct state_node *own_auth_event(
	const struct state_node *node, const char *type, struct str state_key)
{
	for (size_t i = 0; i < node->auth_count; i++) {
		struct state_node *auth = node->auth[i];

		if (!auth->rejected && event_is_state(auth->event) &&
			str_eq_c(auth->event->type, type) &&
			str_eq(auth->event->state_key, state_key))
			return auth;
	}
	return NULL;
}

/* The event at a key that the rules look at: of the state under way, else of the event's own. */
static enum status find_at(struct state_work *work, const struct state_node *node, bool own_auth,
	const struct auth_key *key, struct state_node **out)
{
	const struct state_item *item = state_table_find(work, key->type, key->state_key);

	*out = NULL;
	if (item != NULL)
		return state_node_get(work, item->event_id, out);
	if (own_auth)
		*out = own_auth_event(node, key->type, key->state_key);
	return STATUS_OK;
}

enum status state_replay_allows(
	struct state_work *work, struct state_node *node, bool own_auth, bool *out)
{
	const struct event *event = node->event, *events[AUTH_KEYS_MAX + 1];
	struct auth_subject subject = {
		work->fork->version, event->type, event->sender, event->state_key, event->content};
	struct auth_state state = {events, 0};
	struct auth_key keys[AUTH_KEYS_MAX];
	size_t count = auth_keys(&subject, keys);
	struct state_node *found;
	enum status status = own_auth ? state_node_expand(work, node) : STATUS_OK;

	*out = false;
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		status = find_at(work, node, own_auth, &keys[i], &found);
		if (status == STATUS_OK && found != NULL)
			events[state.count++] = found->event;
	}
	if (status == STATUS_OK && !work->fork->version->create_in_auth_events &&
		!str_eq_c(event->type, "m.room.create")) {
		status = state_node_create(work, node, &found);
		if (status == STATUS_OK && !found->rejected)
			events[state.count++] = found->event;
	}
	if (status != STATUS_OK)
		return status;
	*out = event_is_state(event) && str_eq(event->room_id, work->fork->room_id) &&
	       auth_check(event, &state, NULL) == STATUS_OK;
	return STATUS_OK;
}

enum status state_replay(struct state_work *work, const struct state_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		const struct event *event = nodes->items[i]->event;
		struct state_item item = {event->type, event->state_key, event->event_id};
		bool allowed;
		enum status status = state_replay_allows(work, nodes->items[i], true, &allowed);

		if (status != STATUS_OK)
			return status;
		if (allowed)
			state_table_put(work, &item);
	}
	return STATUS_OK;
}
