/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a mail on its way in: takes away the dots put in front of lines (RFC 5321, 4.5.2)
 * and finds its end. */
#ifndef PARVIS_BRIDGE_SMTP_DATA_H
#define PARVIS_BRIDGE_SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

#define SMTP_DATA_CHUNK 16384

struct smtp_data {
	enum {
		DATA_LINE_START,
		DATA_DOT,    /* a dot at the start of a line */
		DATA_DOT_CR, /* and a CR behind it */
		DATA_TEXT,
		DATA_CR,
	} state;
	size_t n;
	char chunk[SMTP_DATA_CHUNK];
};

void smtp_data_start(struct smtp_data *data);
/* Decodes into data->chunk (data->n bytes, replaced each time) until the input is used up, the
 * chunk is full or the mail ends. True at the end of the mail; what follows stays in *input. */
bool smtp_data_step(struct smtp_data *data, struct str *input);

#endif
