/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/as_interest.h"

#include <stdlib.h>

#include "common/base/map.h"
#include "common/base/mem.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/namespaces.h"
#include "homeserver/room/event.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/room_store.h"

/* Rooms whose members were looked through are remembered; at this many all are forgotten. */
#define ROOMS_MAX 16384

struct as_interest {
	const struct appservices *all;
	uint64_t reachable;	/* services with a URL */
	uint64_t match_aliases; /* services that look at aliases */
	struct map *rooms;	/* room id -> uint64_t: services with a joined user in it */
};

struct as_interest *as_interest_new(const struct appservices *appservices)
{
	struct as_interest *interest = MEM_NEW(struct as_interest);

	interest->all = appservices;
	interest->rooms = map_new(ROOMS_MAX);
	for (size_t i = 0; i < appservices_count(appservices); i++) {
		const struct appservice *service = appservices_at(appservices, i);

		if (service->url.n != 0)
			interest->reachable |= UINT64_C(1) << i;
		if (as_namespaces_any(service->namespaces, AS_ALIASES))
			interest->match_aliases |= UINT64_C(1) << i;
	}
	return interest;
}

void as_interest_free(struct as_interest **interest)
{
	if (*interest == NULL)
		return;
	map_free(&(*interest)->rooms, free);
	mem_freep(interest);
}

static uint64_t services_where(const struct as_interest *interest, uint64_t among, struct str id,
	bool (*matches)(const struct appservice *service, struct str id))
{
	uint64_t services = 0;

	for (size_t i = 0; i < appservices_count(interest->all); i++) {
		uint64_t bit = UINT64_C(1) << i;

		if ((among & bit) != 0 && matches(appservices_at(interest->all, i), id))
			services |= bit;
	}
	return services;
}

uint64_t as_interest_user(const struct as_interest *interest, struct str user_id)
{
	return services_where(interest, interest->reachable, user_id, appservice_is_user);
}

/* An answer on its way into the memory of rooms. */
struct finding {
	struct as_interest *interest;
	struct str room_id;
	uint64_t services;
};

static void remember(void *context, void *arg)
{
	const struct finding *finding = arg;
	struct as_interest *interest = finding->interest;
	uint64_t *services = map_find(interest->rooms, finding->room_id);

	(void)context;
	if (services != NULL) {
		*services = finding->services;
		return;
	}
	if (map_count(interest->rooms) >= ROOMS_MAX) {
		map_free(&interest->rooms, free);
		interest->rooms = map_new(ROOMS_MAX);
	}
	services = MEM_NEW(uint64_t);
	*services = finding->services;
	if (map_put(interest->rooms, finding->room_id, services, NULL) != STATUS_OK)
		free(services);
}

/* Remembered with the commit only: a change that is rolled back may have seen members who never
 * came. Findings of one batch arrive in its order, so the last one stays. */
static enum status by_members(struct as_interest *interest, struct db_tx *tx, struct str room_id,
	uint64_t *services_out) REQUIRES(on_writer)
{
	const uint64_t *known = map_find(interest->rooms, room_id);
	struct finding *finding;
	struct str_list users;
	uint64_t services = 0;
	enum status status;

	if (known != NULL) {
		*services_out = *known;
		return STATUS_OK;
	}
	status = membership_joined_users(tx->db, tx->arena, room_id, &users);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < users.count && services != interest->reachable; i++)
		services |= services_where(interest, interest->reachable & ~services,
			users.items[i], appservice_is_user);
	finding = ARENA_NEW(tx->arena, struct finding);
	*finding = (struct finding){interest, arena_str(tx->arena, room_id), services};
	db_after_commit(tx, remember, finding);
	*services_out = services;
	return STATUS_OK;
}

static enum status by_aliases(struct as_interest *interest, struct db_tx *tx, struct str room_id,
	uint64_t *services) REQUIRES(on_writer)
{
	uint64_t among = interest->match_aliases & interest->reachable & ~*services;
	struct str_list aliases;
	enum status status;

	if (among == 0)
		return STATUS_OK;
	status = room_alias_list(tx->db, tx->arena, room_id, &aliases);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < aliases.count; i++)
		*services |=
			services_where(interest, among, aliases.items[i], appservice_has_alias);
	return STATUS_OK;
}

enum status as_interest_room(
	struct as_interest *interest, struct db_tx *tx, struct str room_id, uint64_t *services_out)
{
	enum status status;

	*services_out = 0;
	if (interest->reachable == 0)
		return STATUS_OK;
	status = by_members(interest, tx, room_id, services_out);
	if (status != STATUS_OK)
		return status;
	*services_out |=
		services_where(interest, interest->reachable, room_id, appservice_has_room);
	return by_aliases(interest, tx, room_id, services_out);
}

enum status as_interest_event(struct as_interest *interest, struct db_tx *tx,
	const struct event *event, uint64_t *services_out)
{
	uint64_t about = 0;
	enum status status;

	*services_out = 0;
	if (interest->reachable == 0)
		return STATUS_OK;
	if (event_is_state(event) && str_eq(event->type, STR("m.room.member"))) {
		about = as_interest_user(interest, event->state_key);
		/* One of theirs came or went: look through the members again. */
		if (about != 0)
			free(map_remove(interest->rooms, event->room_id));
	}
	status = as_interest_room(interest, tx, event->room_id, services_out);
	*services_out |= about | as_interest_user(interest, event->sender);
	return status;
}
