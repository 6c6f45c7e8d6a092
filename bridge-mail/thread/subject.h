/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subjects without what mail programs put around them: reply and forward prefixes of several
 * languages ("Re:", "RÉ :", "Tr[2]:", "AW:"), tags of gateways and lists ("[EXTERNE]",
 * "*** SPAM ***"), a trailing "(fwd)". White space may be a no-break space (U+00A0, U+202F).
 */
#ifndef PARVIS_BRIDGE_SUBJECT_H
#define PARVIS_BRIDGE_SUBJECT_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct subject {
	struct str base;  /* for comparing: case folded, single spaces; may be empty */
	struct str plain; /* for showing: as written, without prefixes; may be empty */
	bool reply;	  /* had a prefix of an answer */
	bool forward;	  /* had a prefix of a forwarded mail */
};

/* `text` is UTF-8. Linear. */
void subject_read(struct arena *arena, struct str text, struct subject *out);

#endif
