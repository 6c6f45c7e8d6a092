/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came in and what became of it, as metrics of the running bridge. Like the report
 * (report/counts.h): MIME bytes stand beside MIME bytes, decoded text beside decoded text.
 */
#ifndef PARVIS_BRIDGE_TALLY_H
#define PARVIS_BRIDGE_TALLY_H

#include "bridge-mail/inbound/handling.h"
#include "common/metrics/metrics.h"

struct tally {
	struct metric *posted, *not_posted, *set_aside;
	struct metric *copies, *mime, *mime_copies;
	struct metric *text, *files, *file_bytes;
};

/* Makes the metrics; without `metrics` nothing is ever counted. */
void tally_init(struct tally *tally, struct metrics *metrics);
/* Once for each delivery, when it is done with: in its room or, by its state, a duplicate or a loop. */
void tally_mail(const struct tally *tally, const struct handled *handled);
void tally_set_aside(const struct tally *tally);

#endif
