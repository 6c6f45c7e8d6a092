/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/occupancy.h"

#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "sfu/meeting/rules.h"

struct room_seats {
	int64_t ends_ms;
	unsigned count;
	char *identities[MEETING_SEATS];
};

struct occupancy {
	struct mutex lock;
	struct map *rooms;
	unsigned seats;
};

static void room_free(void *value)
{
	struct room_seats *room = value;
	for (unsigned i = 0; i < room->count; i++)
		mem_freep(&room->identities[i]);
	mem_freep(&room);
}

struct occupancy *occupancy_new(void)
{
	struct occupancy *o = MEM_NEW(struct occupancy);
	mutex_init(&o->lock);
	o->rooms = map_new(MEETING_MAX_ROOMS);
	return o;
}

void occupancy_free(struct occupancy **occupancy)
{
	struct occupancy *o = *occupancy;
	if (o == NULL)
		return;
	map_free(&o->rooms, room_free);
	mutex_release(&o->lock);
	mem_freep(occupancy);
}

struct occupancy_view occupancy_look(
	struct occupancy *occupancy, struct str room, struct str identity)
{
	struct occupancy_view view = {0};
	mutex_lock(&occupancy->lock);
	const struct room_seats *seats = map_find(occupancy->rooms, room);
	if (seats != NULL) {
		view.taken = seats->count;
		view.ends_ms = seats->ends_ms;
		for (unsigned i = 0; i < seats->count; i++)
			view.present = view.present || str_eq_c(identity, seats->identities[i]);
	}
	mutex_unlock(&occupancy->lock);
	return view;
}

void occupancy_totals(struct occupancy *occupancy, unsigned *rooms_out, unsigned *seats_out)
{
	mutex_lock(&occupancy->lock);
	*rooms_out = (unsigned)map_count(occupancy->rooms);
	*seats_out = occupancy->seats;
	mutex_unlock(&occupancy->lock);
}

void occupancy_set(struct occupancy *occupancy, struct str room, int64_t ends_ms,
	const struct str *identities, unsigned count)
{
	mutex_lock(&occupancy->lock);
	struct room_seats *old = map_remove(occupancy->rooms, room);
	if (old != NULL) {
		occupancy->seats -= old->count;
		room_free(old);
	}
	if (count > 0) {
		struct room_seats *seats = MEM_NEW(struct room_seats);
		seats->ends_ms = ends_ms;
		for (unsigned i = 0; i < count && i < MEETING_SEATS; i++)
			seats->identities[seats->count++] = mem_strdup(identities[i]);
		void *replaced;
		if (map_put(occupancy->rooms, room, seats, &replaced) == STATUS_OK)
			occupancy->seats += seats->count;
		else
			room_free(seats);
	}
	mutex_unlock(&occupancy->lock);
}
