/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/flowed.h"

#define MAX_QUOTE_DEPTH 30

void flowed_join(struct str text, bool delsp, struct buf *out)
{
	bool open = false; /* the paragraph written last goes on */
	size_t open_depth = 0;
	struct str line;
	while (text.n > 0 && str_cut(&text, '\n', &line)) {
		size_t depth = 0;
		while (depth < line.n && line.p[depth] == '>')
			depth++;
		line = str_skip(line, depth);
		if (depth > MAX_QUOTE_DEPTH)
			depth = MAX_QUOTE_DEPTH;
		bool stuffed = line.n > 0 && line.p[0] == ' ';
		if (stuffed)
			line = str_skip(line, 1);
		bool signature = str_eq(line, STR("-- "));
		if (open && (depth != open_depth || signature)) {
			buf_append_byte(out, '\n');
			open = false;
		}
		if (!open)
			for (size_t i = 0; i < depth; i++)
				buf_append(out, i + 1 == depth ? STR("> ") : STR(">"));
		open = !signature && line.n > 0 && line.p[line.n - 1] == ' ';
		open_depth = depth;
		if (open && delsp)
			line.n--;
		buf_append(out, line);
		if (!open)
			buf_append_byte(out, '\n');
	}
	if (open)
		buf_append_byte(out, '\n');
}
