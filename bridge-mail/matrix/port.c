/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/port.h"

#include <stdlib.h>

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/events.h"
#include "bridge-mail/matrix/ghosts.h"
#include "bridge-mail/matrix/media.h"
#include "bridge-mail/matrix/rooms.h"
#include "common/base/mem.h"

struct matrix_port {
	struct matrix_session session;
};

static enum status room_for_thread(
	void *context, int64_t thread_id, struct arena *arena, struct str *room_id_out)
{
	const struct matrix_port *port = context;
	return rooms_of_thread(&port->session, thread_id, arena, room_id_out);
}

static enum status ghost_in_room(void *context, struct str room_id, struct str address,
	struct str name, struct arena *arena, struct str *user_id_out)
{
	const struct matrix_port *port = context;
	enum status status = ghosts_ensure(&port->session, address, name, arena, user_id_out);
	if (status != STATUS_OK)
		return status;
	return ghosts_join(&port->session, room_id, *user_id_out, false);
}

static enum status upload(void *context, const struct room_upload_request *request,
	struct arena *arena, struct str *mxc_out)
{
	const struct matrix_port *port = context;
	return media_upload(&port->session, request, arena, mxc_out);
}

static enum status send_event(void *context, const struct room_send_request *request,
	struct arena *arena, struct str *event_id_out)
{
	const struct matrix_port *port = context;
	enum status status = events_send(&port->session, request, arena, event_id_out);
	if (status != STATUS_DENIED || request->user_id.n == 0)
		return status;
	/* Somebody may have removed the ghost since it joined; the person writes again. */
	status = ghosts_join(&port->session, request->room_id, request->user_id, true);
	if (status != STATUS_OK)
		return status;
	return events_send(&port->session, request, arena, event_id_out);
}

static enum status find(void *context, struct str room_id, struct str txn_id, struct arena *arena,
	struct str *event_id_out)
{
	const struct matrix_port *port = context;
	return events_find(&port->session, room_id, txn_id, arena, event_id_out);
}

enum status matrix_port_new(const struct matrix *matrix, struct matrix_port **out)
{
	struct matrix_port *port = MEM_NEW(struct matrix_port);
	port->session.matrix = matrix;
	port->session.client = matrix_connect(matrix);
	enum status status = db_open(matrix->bridge->db_path, true, &port->session.db);
	if (status != STATUS_OK) {
		matrix_port_free(&port);
		return status;
	}
	matrix->bridge->rooms = (struct room_port){
		.context = port,
		.room_for_thread = room_for_thread,
		.ghost_in_room = ghost_in_room,
		.upload = upload,
		.send = send_event,
		.find = find,
	};
	*out = port;
	return STATUS_OK;
}

void matrix_port_free(struct matrix_port **port)
{
	struct matrix_port *p = *port;
	if (p == NULL)
		return;
	*port = NULL;
	matrix_client_free(&p->session.client);
	if (p->session.db != NULL)
		db_close(&p->session.db);
	free(p);
}
