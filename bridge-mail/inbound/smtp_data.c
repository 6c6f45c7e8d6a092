/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/smtp_data.h"

#include <string.h>

void smtp_data_start(struct smtp_data *data)
{
	data->state = DATA_LINE_START;
	data->n = 0;
}

static void put(struct smtp_data *data, char c)
{
	data->chunk[data->n++] = c;
}

/* Inside a line only a CR matters: copies up to it. */
static void copy_text(struct smtp_data *data, struct str *input)
{
	size_t n = sizeof(data->chunk) - data->n;
	if (n > input->n)
		n = input->n;
	const char *cr = memchr(input->p, '\r', n);
	if (cr != NULL)
		n = (size_t)(cr - input->p);
	memcpy(data->chunk + data->n, input->p, n);
	data->n += n;
	*input = str_skip(*input, n);
}

static void text_byte(struct smtp_data *data, char c)
{
	put(data, c);
	data->state = c == '\r' ? DATA_CR : DATA_TEXT;
}

bool smtp_data_step(struct smtp_data *data, struct str *input)
{
	data->n = 0;
	/* One byte of input makes two of output at most. */
	while (input->n > 0 && data->n + 2 <= sizeof(data->chunk)) {
		if (data->state == DATA_TEXT && input->p[0] != '\r') {
			copy_text(data, input);
			continue;
		}
		char c = input->p[0];
		*input = str_skip(*input, 1);
		switch (data->state) {
		case DATA_LINE_START:
			if (c == '.')
				data->state = DATA_DOT;
			else
				text_byte(data, c);
			break;
		case DATA_DOT:
			if (c == '\r')
				data->state = DATA_DOT_CR;
			else
				text_byte(data, c);
			break;
		case DATA_DOT_CR:
			if (c == '\n')
				return true;
			put(data, '\r');
			text_byte(data, c);
			break;
		case DATA_TEXT:
			text_byte(data, c);
			break;
		case DATA_CR:
			text_byte(data, c);
			if (c == '\n')
				data->state = DATA_LINE_START;
			break;
		}
	}
	return false;
}
