/* SPDX-License-Identifier: Apache-2.0 */
/* The link that a mail carries in place of a file that is too large for it. */
#ifndef PARVIS_BRIDGE_ANSWER_LINK_H
#define PARVIS_BRIDGE_ANSWER_LINK_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/outbound/answer_event.h"

/* Its row, which ends link_days after `now`; what to write above the link, and the link. Again for
 * the same event: the same row. STATUS_IO. */
MUST_CHECK enum status answer_link_make(const struct matrix_session *session,
	const struct answer_event *event, struct str mailbox, int64_t now, struct arena *arena,
	struct str *line_out, struct str *url_out);

#endif
