/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor asks of the Matrix side (room_port.h), on its thread, over HTTP. */
#ifndef PARVIS_BRIDGE_MATRIX_PORT_H
#define PARVIS_BRIDGE_MATRIX_PORT_H

#include "bridge-mail/matrix/matrix.h"

struct matrix_port;

/* Fills bridge.rooms. STATUS_IO when the database cannot be opened. */
MUST_CHECK enum status matrix_port_new(const struct matrix *matrix, struct matrix_port **out);
/* After the processor has stopped. */
void matrix_port_free(struct matrix_port **port);

#endif
