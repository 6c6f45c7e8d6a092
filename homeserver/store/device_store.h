/* SPDX-License-Identifier: Apache-2.0 */
/* Devices: the places where a user is signed in. */
#ifndef PARVIS_HOMESERVER_DEVICE_STORE_H
#define PARVIS_HOMESERVER_DEVICE_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define DEVICE_ID_MAX	    255
#define DEVICE_NAME_MAX	    100
#define DEVICE_MAX_PER_USER 1000

struct device {
	struct str device_id;
	struct str display_name; /* p == NULL: none */
	struct str last_seen_ip; /* p == NULL: not seen yet */
	int64_t last_seen_ts;	 /* milliseconds; 0: not seen yet */
};

struct device_list {
	struct device *items;
	size_t count;
};

MUST_CHECK enum status device_find(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, struct device *out);
MUST_CHECK enum status device_list_get(
	struct db *db, struct arena *arena, struct str user_id, struct device_list *out);

/* Makes the device unless it is there; display_name (p == NULL: none) is for a new one only.
 * *created_out tells which. STATUS_TOO_LARGE when the user has too many. */
MUST_CHECK enum status device_ensure(struct db_tx *tx, struct str user_id, struct str device_id,
	struct str display_name, bool *created_out) REQUIRES(on_writer);
/* STATUS_NOT_FOUND when there is no such device. */
MUST_CHECK enum status device_rename(struct db_tx *tx, struct str user_id, struct str device_id,
	struct str display_name) REQUIRES(on_writer);
MUST_CHECK enum status device_seen(struct db_tx *tx, struct str user_id, struct str device_id,
	struct str ip, int64_t now) REQUIRES(on_writer);
/* The row and its tokens. STATUS_NOT_FOUND when there is no such device. */
MUST_CHECK enum status device_delete(struct db_tx *tx, struct str user_id, struct str device_id)
	REQUIRES(on_writer);

/* The user's dehydrated device (MSC3814), one of their devices. */
struct dehydrated_device {
	struct str device_id;
	struct str device_data; /* JSON text of an object */
};
/* STATUS_NOT_FOUND when there is none, or its device was deleted. */
MUST_CHECK enum status dehydrated_device_find(
	struct db *db, struct arena *arena, struct str user_id, struct dehydrated_device *out);
/* Puts it in the place of the one before, whose device is the caller's to delete. */
MUST_CHECK enum status dehydrated_device_put(struct db_tx *tx, struct str user_id,
	const struct dehydrated_device *device) REQUIRES(on_writer);
/* Fine when there is none. */
MUST_CHECK enum status dehydrated_device_delete(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);

#endif
