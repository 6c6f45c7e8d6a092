/* SPDX-License-Identifier: Apache-2.0 */
/* The report as a table for people, as JSON, and as a picture. */
#ifndef PARVIS_BRIDGE_REPORT_PRINT_H
#define PARVIS_BRIDGE_REPORT_PRINT_H

#include "bridge-mail/report/counts.h"
#include "common/base/buf.h"

enum report_language { REPORT_FRENCH, REPORT_ENGLISH };

void report_print_text(
	const struct report_counts *counts, enum report_language language, struct buf *out);
/* One object; its keys are the names of struct report_counts. */
void report_print_json(const struct report_counts *counts, struct buf *out);
/* SVG 1.1 with title and desc: mails before, and after by share of people on mail. */
void report_print_svg(
	const struct report_counts *counts, enum report_language language, struct buf *out);

#endif
