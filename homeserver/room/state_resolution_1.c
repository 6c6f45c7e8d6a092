/* SPDX-License-Identifier: Apache-2.0 */
/* State resolution of room version 1. */
#include <stdlib.h>

#include "common/crypto/sha1.h"
#include "homeserver/room/state_graph.h"

struct candidate {
	struct state_node *node;
	uint8_t hash[SHA1_BYTES]; /* of the event id */
};

/* Ascending depth, then descending hash. */
static int by_depth(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->node->event->depth != right->node->event->depth)
		return left->node->event->depth < right->node->event->depth ? -1 : 1;
	return memcmp(right->hash, left->hash, SHA1_BYTES);
}

static enum status load(
	struct state_work *work, const struct state_conflict *conflict, struct candidate **out)
{
	*out = ARENA_ARRAY(work->arena, struct candidate, conflict->count + 1);
	for (size_t i = 0; i < conflict->count; i++) {
		enum status status = state_node_get(work, conflict->event_ids[i], &(*out)[i].node);

		if (status != STATUS_OK)
			return status;
		sha1(conflict->event_ids[i], (*out)[i].hash);
	}
	qsort(*out, conflict->count, sizeof(struct candidate), by_depth);
	return STATUS_OK;
}

static struct state_item item_of(const struct candidate *candidate)
{
	const struct event *event = candidate->node->event;

	return (struct state_item){event->type, event->state_key, event->event_id};
}

/* Each must be allowed by the one before; the last that is holds. The table is left as it was
 * found but for the key itself. */
static enum status resolve_chain(struct state_work *work, const struct candidate *candidates,
	size_t count, struct state_item *out)
{
	enum status status = STATUS_OK;
	bool allowed = true;

	*out = item_of(&candidates[0]);
	for (size_t i = 1; i < count && status == STATUS_OK && allowed; i++) {
		state_table_put(work, out);
		status = state_replay_allows(work, candidates[i].node, false, &allowed);
		if (status == STATUS_OK && allowed)
			*out = item_of(&candidates[i]);
	}
	return status;
}

/* The deepest that is allowed. When none is, every server in use holds on to the oldest. */
static enum status resolve_deepest(struct state_work *work, const struct candidate *candidates,
	size_t count, struct state_item *out)
{
	for (size_t i = count; i-- > 0;) {
		bool allowed;
		enum status status = state_replay_allows(work, candidates[i].node, false, &allowed);

		*out = item_of(&candidates[i]);
		if (status != STATUS_OK || allowed)
			return status;
	}
	return STATUS_OK;
}

enum phase { PHASE_LEVELS, PHASE_JOIN_RULES, PHASE_MEMBERS, PHASE_REST, PHASE_COUNT };

static enum phase phase_of(const struct state_conflict *conflict)
{
	if (str_eq_c(conflict->type, "m.room.power_levels") && conflict->state_key.n == 0)
		return PHASE_LEVELS;
	if (str_eq_c(conflict->type, "m.room.join_rules"))
		return PHASE_JOIN_RULES;
	if (str_eq_c(conflict->type, "m.room.member"))
		return PHASE_MEMBERS;
	return PHASE_REST;
}

static enum status resolve_one(struct state_work *work, const struct state_conflict *conflict,
	enum phase phase, struct state_item *out)
{
	struct candidate *candidates;
	enum status status = load(work, conflict, &candidates);

	if (status != STATUS_OK)
		return status;
	if (phase == PHASE_REST)
		return resolve_deepest(work, candidates, conflict->count, out);
	status = resolve_chain(work, candidates, conflict->count, out);
	/* What one key has come to is nothing to the other keys of its phase. */
	state_table_remove(work, conflict->type, conflict->state_key);
	return status;
}

static enum status resolve_phase(struct state_work *work, enum phase phase)
{
	struct state_item *found =
		ARENA_ARRAY(work->arena, struct state_item, work->conflict_count + 1);
	size_t count = 0;

	for (size_t i = 0; i < work->conflict_count; i++) {
		enum status status;

		if (phase_of(&work->conflicts[i]) != phase)
			continue;
		status = resolve_one(work, &work->conflicts[i], phase, &found[count++]);
		if (status != STATUS_OK)
			return status;
	}
	for (size_t i = 0; i < count; i++)
		state_table_put(work, &found[i]);
	return STATUS_OK;
}

enum status state_resolve_1(struct state_work *work)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < work->unconflicted.count; i++)
		state_table_put(work, &work->unconflicted.items[i]);
	for (int phase = 0; phase < PHASE_COUNT && status == STATUS_OK; phase++)
		status = resolve_phase(work, (enum phase)phase);
	return status;
}
