/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that a mail shows to be one: it has itself been waited for in one of them, and answers
 * another. Only ids count here, never looks; References only under the same base subject.
 */
#ifndef PARVIS_BRIDGE_RELATE_H
#define PARVIS_BRIDGE_RELATE_H

#include "bridge-mail/thread/choose.h"

#define RELATE_MAX 8

/* The other threads than `chosen`, each once. */
MUST_CHECK enum status relate_threads(struct db *db, const struct choose_query *query,
	int64_t chosen, struct arena *arena, int64_t list[RELATE_MAX], size_t *count_out);

#endif
