/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/port.h"

#include <stdlib.h>

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/events.h"
#include "bridge-mail/matrix/ghosts.h"
#include "bridge-mail/matrix/media.h"
#include "bridge-mail/matrix/rooms.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

/* Sessions that wait; one more at once is made, and ends when it is given back. */
#define IDLE_MAX 8

struct matrix_port {
	const struct matrix *matrix;
	struct mutex lock; /* of what follows */
	struct matrix_session *idle[IDLE_MAX];
	size_t idle_count;
};

static void session_free(struct matrix_session *session)
{
	matrix_client_free(&session->client);
	if (session->db != NULL)
		db_close(&session->db);
	free(session);
}

static enum status session_new(const struct matrix *matrix, struct matrix_session **out)
{
	struct matrix_session *session = MEM_NEW(struct matrix_session);
	session->matrix = matrix;
	session->client = matrix_connect(matrix);
	enum status status = db_open(matrix->bridge->db_path, true, &session->db);
	if (status == STATUS_OK)
		*out = session;
	else
		session_free(session);
	return status;
}

static enum status take(struct matrix_port *port, struct matrix_session **out)
{
	*out = NULL;
	mutex_lock(&port->lock);
	if (port->idle_count > 0)
		*out = port->idle[--port->idle_count];
	mutex_unlock(&port->lock);
	return *out != NULL ? STATUS_OK : session_new(port->matrix, out);
}

static void give_back(struct matrix_port *port, struct matrix_session *session)
{
	mutex_lock(&port->lock);
	if (port->idle_count < IDLE_MAX) {
		port->idle[port->idle_count++] = session;
		session = NULL;
	}
	mutex_unlock(&port->lock);
	if (session != NULL)
		session_free(session);
}

static enum status room_for_thread(
	void *context, int64_t thread_id, struct arena *arena, struct str *room_id_out)
{
	struct matrix_session *session;
	enum status status = take(context, &session);
	if (status != STATUS_OK)
		return status;
	status = rooms_of_thread(session, thread_id, arena, room_id_out);
	give_back(context, session);
	return status;
}

static enum status ghost_in_room(void *context, struct str room_id, struct str address,
	struct str name, struct arena *arena, struct str *user_id_out)
{
	struct matrix_session *session;
	enum status status = take(context, &session);
	if (status != STATUS_OK)
		return status;
	status = ghosts_ensure(session, address, name, arena, user_id_out);
	if (status == STATUS_OK)
		status = ghosts_join(session, room_id, *user_id_out, false);
	give_back(context, session);
	return status;
}

static enum status upload(void *context, const struct room_upload_request *request,
	struct arena *arena, struct str *mxc_out)
{
	struct matrix_session *session;
	enum status status = take(context, &session);
	if (status != STATUS_OK)
		return status;
	status = media_upload(session, request, arena, mxc_out);
	give_back(context, session);
	return status;
}

static enum status send_as_member(const struct matrix_session *session,
	const struct room_send_request *request, struct arena *arena, struct str *event_id_out)
{
	enum status status = events_send(session, request, arena, event_id_out);
	if (status != STATUS_DENIED || request->user_id.n == 0)
		return status;
	/* Somebody may have removed the ghost since it joined; the person writes again. */
	status = ghosts_join(session, request->room_id, request->user_id, true);
	if (status != STATUS_OK)
		return status;
	return events_send(session, request, arena, event_id_out);
}

static enum status send_event(void *context, const struct room_send_request *request,
	struct arena *arena, struct str *event_id_out)
{
	struct matrix_session *session;
	enum status status = take(context, &session);
	if (status != STATUS_OK)
		return status;
	status = send_as_member(session, request, arena, event_id_out);
	give_back(context, session);
	return status;
}

static enum status find(void *context, struct str room_id, struct str txn_id, struct arena *arena,
	struct str *event_id_out)
{
	struct matrix_session *session;
	enum status status = take(context, &session);
	if (status != STATUS_OK)
		return status;
	status = events_find(session, room_id, txn_id, arena, event_id_out);
	give_back(context, session);
	return status;
}

enum status matrix_port_new(const struct matrix *matrix, struct matrix_port **out)
{
	struct matrix_port *port = MEM_NEW(struct matrix_port);
	struct matrix_session *session;
	port->matrix = matrix;
	mutex_init(&port->lock);
	/* The first is opened now: a database that cannot be opened is told at the start. */
	enum status status = take(port, &session);
	if (status != STATUS_OK) {
		matrix_port_free(&port);
		return status;
	}
	give_back(port, session);
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
	mutex_lock(&p->lock);
	while (p->idle_count > 0)
		session_free(p->idle[--p->idle_count]);
	mutex_unlock(&p->lock);
	mutex_release(&p->lock);
	free(p);
}
