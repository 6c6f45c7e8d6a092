/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client asks of sliding sync (MSC4186), read and checked. Two forms of one request: the
 * merged one (POST /v4/sync) and the one of its unstable name, which clients speak today.
 */
#ifndef PARVIS_HOMESERVER_SLIDING_REQUEST_H
#define PARVIS_HOMESERVER_SLIDING_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "homeserver/store/rows.h"
#include "homeserver/sync/presence.h"
#include "homeserver/sync/sliding_rule.h"

#define SLIDING_LISTS_MAX	  100
#define SLIDING_SUBSCRIPTIONS_MAX 100
#define SLIDING_RANGES_MAX	  100
#define SLIDING_FILTER_NAMES_MAX  1000
#define SLIDING_TIMELINE_MAX	  100 /* a greater timeline_limit counts as this */
#define SLIDING_NAME_MAX	  255 /* bytes of a list's key, conn_id, txn_id */
#define SLIDING_TIMEOUT_MAX_MS	  300000
#define SLIDING_TO_DEVICE_MAX	  100

enum sliding_form { SLIDING_V4, SLIDING_UNSTABLE };

/* Indexes, both inclusive. */
struct sliding_range {
	int64_t first, last;
};

enum sliding_choice { SLIDING_EITHER, SLIDING_ONLY, SLIDING_WITHOUT };

/* Room types: p == NULL stands for rooms without one. */
struct sliding_filter {
	enum sliding_choice dm, encrypted, invited;
	bool has_spaces, has_types, has_tags;
	struct str_list spaces;
	struct str_list types, not_types;
	struct str_list tags, not_tags;
	struct str name_like; /* p == NULL: any */
};

struct sliding_config {
	int64_t timeline_limit;
	struct sliding_rule rule;
};

struct sliding_list {
	struct str key;
	bool is_all; /* no range limits it */
	struct {
		struct sliding_range *items;
		size_t count;
	} ranges;
	struct sliding_config config;
	struct sliding_filter filter;
};

struct sliding_subscription {
	struct str room_id;
	struct sliding_config config;
};

/* The rooms an extension is about. "*" stands for all lists, or all subscriptions. */
struct sliding_scope {
	bool enabled;
	bool all_lists, all_rooms;
	struct str_list lists, rooms;
};

struct sliding_request {
	enum sliding_form form;
	struct str user_id;
	struct str device_id; /* p == NULL: an application service without a device */
	struct str conn_id;   /* empty: none */
	struct str txn_id;    /* p == NULL: none */
	bool has_pos;
	int64_t position; /* of pos; 0: none */
	int64_t state_id;
	int64_t timeout_ms;
	enum presence_wish set_presence;
	struct sliding_list *lists;
	size_t list_count;
	struct sliding_subscription *subscriptions;
	size_t subscription_count;
	struct {
		bool enabled;
		int64_t since; /* 0: none */
		int64_t limit;
	} to_device;
	bool e2ee;
	struct sliding_scope account_data, receipts, typing;
};

/* The parameters of the unstable form's query; p == NULL: absent. */
struct sliding_params {
	struct str pos;
	struct str timeout;
	struct str set_presence;
};

/*
 * Fills all but form, user_id and device_id, which the caller has set. NULL for params is that of
 * the merged form. STATUS_INVALID with a sentence for the client in *why_out; STATUS_NOT_FOUND for
 * a pos that was not made here.
 */
MUST_CHECK enum status sliding_request_parse(struct arena *arena, const struct json *body,
	const struct sliding_params *params, struct sliding_request *request, const char **why_out);

#endif
