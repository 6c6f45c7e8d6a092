/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts as m.receipt events (client-server API, "Receipts"). */
#ifndef PARVIS_HOMESERVER_RECEIPT_WRITE_H
#define PARVIS_HOMESERVER_RECEIPT_WRITE_H

#include "common/json/json_writer.h"
#include "homeserver/store/receipt_store.h"

/*
 * Writes the receipts as one m.receipt object, or as several: an event's content has one place for
 * each event, kind and user, and a user may have receipts of several threads at one event. The list
 * is sorted on the way. room_id p == NULL: left out.
 */
void receipts_write(struct json_writer *w, struct receipt_list *receipts, struct str room_id);

/* As one object, where there is no room for several: of a user's receipts at one event that of no
 * thread, or else the first. */
void receipts_write_first(struct json_writer *w, struct receipt_list *receipts);

#endif
