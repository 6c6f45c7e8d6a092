/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms of threads that a late parent has shown to be one. */
#ifndef PARVIS_BRIDGE_MATRIX_MERGED_H
#define PARVIS_BRIDGE_MATRIX_MERGED_H

#include "bridge-mail/matrix/matrix.h"

/* Tells the next pair: a notice in both rooms, the way from the one that ends to the other, whose
 * members are invited along. Again after a crash: nothing is said twice. STATUS_NOT_FOUND when there
 * is none; otherwise as in matrix/client.h. */
MUST_CHECK enum status merged_tell_next(const struct matrix_session *session);

#endif
