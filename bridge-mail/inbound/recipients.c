/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/recipients.h"

#include <pthread.h>
#include <stdlib.h>

#include "bridge-mail/store/guests.h"
#include "bridge-mail/store/mailboxes.h"
#include "common/base/mem.h"

#define LOG_MODULE "recipients"
#include "common/base/log.h"

/* Of rooms, which come and go while we run. */
struct lookup_rooms {
	pthread_mutex_t mutex;
	struct db *db;
};

struct recipients {
	struct lookup_rooms *rooms; /* NULL: none */
	size_t count;
	struct entry {
		char *address;
		int64_t mailbox_id;
	} *entries;
};

enum status recipients_new(
	struct db *db, const struct config_bridge_mail *config, struct recipients **out)
{
	ARENA_SCOPE(arena);
	struct recipients *list = MEM_NEW(struct recipients);
	list->entries = mem_calloc(config->mailboxes_count + 1, sizeof(*list->entries));
	for (unsigned i = 0; i < config->mailboxes_count; i++) {
		struct mailbox_row row;
		struct str address = str_c(config->mailboxes[i].address);
		enum status status = mailboxes_find(db, address, arena, &row);
		if (status != STATUS_OK) {
			log_error("mailbox %s has no row: %s", config->mailboxes[i].address,
				status_name(status));
			recipients_free(&list);
			return status;
		}
		list->entries[list->count++] = (struct entry){
			.address = mem_strdup(row.address), .mailbox_id = row.mailbox_id};
	}
	*out = list;
	return STATUS_OK;
}

void recipients_free(struct recipients **recipients)
{
	struct recipients *list = *recipients;
	if (list == NULL)
		return;
	*recipients = NULL;
	if (list->rooms != NULL) {
		db_close(&list->rooms->db);
		pthread_mutex_destroy(&list->rooms->mutex);
		free(list->rooms);
	}
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].address);
	free(list->entries);
	free(list);
}

/* Whether `address` is `known`, its local part perhaps followed by '+' and anything. */
static bool matches(struct str known, struct str address)
{
	if (str_eq_nocase(known, address))
		return true;
	ptrdiff_t at = str_rindex(address, '@');
	ptrdiff_t plus = str_index(address, '+');
	if (at < 0 || plus < 0 || plus >= at)
		return false;
	size_t local = (size_t)plus;
	struct str domain = str_skip(address, (size_t)at);
	return known.n == local + domain.n &&
	       str_eq_nocase(str_slice(known, 0, local), str_slice(address, 0, local)) &&
	       str_eq_nocase(str_skip(known, local), domain);
}

enum status recipients_with_rooms(struct recipients *recipients, const char *db_path)
{
	struct lookup_rooms *rooms = MEM_NEW(struct lookup_rooms);
	if (db_open(db_path, true, &rooms->db) != STATUS_OK) {
		free(rooms);
		return STATUS_IO;
	}
	pthread_mutex_init(&rooms->mutex, NULL);
	recipients->rooms = rooms;
	return STATUS_OK;
}

static int64_t find_room(struct lookup_rooms *rooms, struct str address)
{
	int64_t mailbox_id = 0;
	pthread_mutex_lock(&rooms->mutex);
	if (linked_room_find_address(rooms->db, address, &mailbox_id) != STATUS_OK)
		log_error("rooms' addresses cannot be looked up");
	pthread_mutex_unlock(&rooms->mutex);
	return mailbox_id;
}

int64_t recipients_find(const struct recipients *recipients, struct str address)
{
	/* First: a room's "salons+k2f" must not be taken for a mailbox's "salons". */
	int64_t room = recipients->rooms == NULL ? 0 : find_room(recipients->rooms, address);
	if (room != 0)
		return room;
	for (size_t i = 0; i < recipients->count; i++)
		if (matches(str_c(recipients->entries[i].address), address))
			return recipients->entries[i].mailbox_id;
	return 0;
}
