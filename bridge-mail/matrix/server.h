/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the homeserver calls (application-service API), on bridge_mail.listen_address and port:
 *
 *	PUT  /_matrix/app/v1/transactions/{txnId}   events, kept as rows before the 200
 *	GET  /_matrix/app/v1/users/{userId}         whether a ghost exists
 *	GET  /_matrix/app/v1/rooms/{roomAlias}      whether a space or room exists
 *	POST /_matrix/app/v1/ping
 *
 * with the hs_token as bearer; for guests GET and POST /unsubscribe/{token}; and for those who run the bridge GET /health and, from this machine
 * only, GET /metrics. By public_url people get GET /files/{token}, files too large for mail.
 */
#ifndef PARVIS_BRIDGE_MATRIX_SERVER_H
#define PARVIS_BRIDGE_MATRIX_SERVER_H

#include "bridge-mail/matrix/matrix.h"

/* Sets bridge.http. What its transactions bring goes to bridge.answers, which must be there. On
 * failure `why` holds one line for the administrator. */
MUST_CHECK enum status matrix_server_start(struct matrix *matrix, char why[CONFIG_ERROR_MAX]);

#endif
