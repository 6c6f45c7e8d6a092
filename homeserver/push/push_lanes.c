/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_lanes.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/map.h"
#include "common/base/mem.h"

#define KEY_MAX 2048

struct push_gateway {
	char *url_text;
	struct str url; /* the same */
	size_t lanes;	/* that point here */
	unsigned calls;
	int64_t delay_ms; /* 0: it answers */
	int64_t due_ms;
};

struct push_lanes {
	struct map *by_key;
	struct map *gateways; /* by URL */
	struct push_lane *first;
	struct push_lane *last;
};

struct push_lanes *push_lanes_new(void)
{
	struct push_lanes *lanes = MEM_NEW(struct push_lanes);
	lanes->by_key = map_new(PUSH_LANES_MAX);
	lanes->gateways = map_new(PUSH_LANES_MAX);
	return lanes;
}

static void lane_free(void *object)
{
	struct push_lane *lane = object;
	free(lane->texts);
	free(lane);
}

static void gateway_free(void *object)
{
	struct push_gateway *gateway = object;
	free(gateway->url_text);
	free(gateway);
}

void push_lanes_free(struct push_lanes **lanes)
{
	if (*lanes == NULL)
		return;
	map_free(&(*lanes)->by_key, lane_free);
	map_free(&(*lanes)->gateways, gateway_free);
	mem_freep(lanes);
}

size_t push_lanes_count(const struct push_lanes *lanes)
{
	return map_count(lanes->by_key);
}

/* Lengths stand before the texts, so that no two pushers share a key. */
static void key_text(const struct pusher_key *key, struct buf *out)
{
	buf_printf(out, "%zu %zu ", key->user_id.n, key->app_id.n);
	buf_append(out, key->user_id);
	buf_append(out, key->app_id);
	buf_append(out, key->pushkey);
}

static void link_last(struct push_lanes *lanes, struct push_lane *lane)
{
	lane->next = NULL;
	lane->prev = lanes->last;
	if (lanes->last != NULL)
		lanes->last->next = lane;
	else
		lanes->first = lane;
	lanes->last = lane;
}

static void unlink_lane(struct push_lanes *lanes, struct push_lane *lane)
{
	if (lane->prev != NULL)
		lane->prev->next = lane->next;
	else
		lanes->first = lane->next;
	if (lane->next != NULL)
		lane->next->prev = lane->prev;
	else
		lanes->last = lane->prev;
}

static struct push_lane *lane_new(const struct pusher_key *key)
{
	struct push_lane *lane = MEM_NEW(struct push_lane);
	char *texts = mem_alloc(key->user_id.n + key->app_id.n + key->pushkey.n + 1);
	char *at = texts;
	lane->texts = texts;
	const struct str *from[] = {&key->user_id, &key->app_id, &key->pushkey};
	struct str *to[] = {&lane->key.user_id, &lane->key.app_id, &lane->key.pushkey};
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		*to[i] = str_n(at, from[i]->n);
		if (from[i]->n > 0)
			memcpy(at, from[i]->p, from[i]->n);
		at += from[i]->n;
	}
	return lane;
}

void push_lanes_wake(struct push_lanes *lanes, const struct pusher_key *key)
{
	BUF_SCOPE(text, KEY_MAX);
	key_text(key, &text);
	struct push_lane *lane = map_find(lanes->by_key, buf_str(&text));
	if (lane != NULL) {
		lane->again = lane->taken;
		return;
	}
	lane = lane_new(key);
	if (text.overflow || map_put(lanes->by_key, buf_str(&text), lane, NULL) != STATUS_OK) {
		lane_free(lane);
		return;
	}
	link_last(lanes, lane);
}

/* When the gateway takes a call; INT64_MAX: when one of its calls has ended. */
static int64_t gateway_free_at(const struct push_gateway *gateway, int64_t now_ms)
{
	unsigned places = gateway->delay_ms > 0 ? 1 : PUSH_PER_GATEWAY;
	if (gateway->calls >= places)
		return INT64_MAX;
	return gateway->delay_ms > 0 && gateway->due_ms > now_ms ? gateway->due_ms : now_ms;
}

static void enter(struct push_lane *lane)
{
	lane->gateway->calls++;
	lane->inside = true;
}

struct push_lane *push_lanes_take(struct push_lanes *lanes, int64_t now_ms, int64_t *until_out)
{
	int64_t until = INT64_MAX;
	for (struct push_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
		if (lane->taken)
			continue;
		int64_t at = lane->due_ms;
		if (at <= now_ms && lane->gateway != NULL)
			at = gateway_free_at(lane->gateway, now_ms);
		if (at <= now_ms) {
			lane->taken = true;
			if (lane->gateway != NULL)
				enter(lane);
			return lane;
		}
		if (at < until)
			until = at;
	}
	*until_out = until;
	return NULL;
}

static void leave_gateway(struct push_lanes *lanes, struct push_lane *lane)
{
	struct push_gateway *gateway = lane->gateway;
	if (gateway == NULL)
		return;
	lane->gateway = NULL;
	if (lane->inside)
		gateway->calls--;
	lane->inside = false;
	if (--gateway->lanes > 0)
		return;
	(void)map_remove(lanes->gateways, gateway->url);
	gateway_free(gateway);
}

static struct push_gateway *gateway_get(struct push_lanes *lanes, struct str url)
{
	struct push_gateway *gateway = map_find(lanes->gateways, url);
	if (gateway != NULL)
		return gateway;
	gateway = MEM_NEW(struct push_gateway);
	gateway->url_text = mem_strdup(url);
	gateway->url = str_n(gateway->url_text, url.n);
	if (map_put(lanes->gateways, gateway->url, gateway, NULL) == STATUS_OK)
		return gateway;
	gateway_free(gateway);
	return NULL;
}

bool push_lanes_enter(
	struct push_lanes *lanes, struct push_lane *lane, struct str url, int64_t now_ms)
{
	if (lane->gateway != NULL && str_eq(lane->gateway->url, url))
		return true;
	leave_gateway(lanes, lane);
	struct push_gateway *gateway = gateway_get(lanes, url);
	if (gateway == NULL)
		return false;
	lane->gateway = gateway;
	gateway->lanes++;
	if (gateway_free_at(gateway, now_ms) > now_ms)
		return false;
	enter(lane);
	return true;
}

static int64_t longer(int64_t delay_ms)
{
	if (delay_ms == 0)
		return PUSH_RETRY_FIRST_MS;
	return delay_ms * 2 > PUSH_RETRY_MAX_MS ? PUSH_RETRY_MAX_MS : delay_ms * 2;
}

/* Calls that were under way together fail together: that counts once. */
static bool gateway_down(struct push_gateway *gateway, int64_t retry_after_ms, int64_t now_ms)
{
	bool is_new = gateway->delay_ms == 0;
	if (!is_new && gateway->due_ms > now_ms)
		return false;
	gateway->delay_ms = longer(gateway->delay_ms);
	int64_t wait = retry_after_ms > gateway->delay_ms ? retry_after_ms : gateway->delay_ms;
	gateway->due_ms = now_ms + (wait > PUSH_RETRY_MAX_MS ? PUSH_RETRY_MAX_MS : wait);
	return is_new;
}

static int64_t refusal_wait(unsigned refusals)
{
	int64_t wait = 0;
	for (unsigned i = 0; i < refusals && i < 20; i++)
		wait = longer(wait);
	return wait;
}

static void remove_lane(struct push_lanes *lanes, struct push_lane *lane)
{
	BUF_SCOPE(text, KEY_MAX);
	key_text(&lane->key, &text);
	(void)map_remove(lanes->by_key, buf_str(&text));
	unlink_lane(lanes, lane);
	leave_gateway(lanes, lane);
	lane_free(lane);
}

bool push_lanes_give(struct push_lanes *lanes, struct push_lane *lane, enum push_result result,
	int64_t retry_after_ms, int64_t now_ms)
{
	struct push_gateway *gateway = lane->gateway;
	bool down = false;
	if (lane->inside)
		gateway->calls--;
	lane->inside = false;
	lane->taken = false;
	if (result == PUSH_NOTHING_LEFT && !lane->again) {
		remove_lane(lanes, lane);
		return false;
	}
	lane->again = false;
	if ((result == PUSH_SENT || result == PUSH_REFUSED) && gateway != NULL)
		gateway->delay_ms = 0;
	if (result == PUSH_SENT)
		lane->refusals = 0;
	if (result == PUSH_REFUSED)
		lane->due_ms = now_ms + refusal_wait(++lane->refusals);
	if (result == PUSH_FAILED)
		lane->due_ms = now_ms + PUSH_RETRY_FIRST_MS;
	if (result == PUSH_DOWN && gateway != NULL)
		down = gateway_down(gateway, retry_after_ms, now_ms);
	unlink_lane(lanes, lane);
	link_last(lanes, lane);
	return down;
}
