/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_reader.h"

void imap_reader_init(struct imap_reader *reader)
{
	*reader = (struct imap_reader){.state = IMAP_AT_TEXT};
	buf_init(&reader->text, IMAP_TEXT_MAX);
}

void imap_reader_release(struct imap_reader *reader)
{
	buf_release(&reader->text);
}

/* The text without the CR LF at its end. */
static struct str without_end(struct str text)
{
	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	return text;
}

/* "{123}" at the end of a line: *n_out gets the number, *at_out where the brace stands. */
static bool literal_at_end(struct str line, int64_t *n_out, size_t *at_out)
{
	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	ptrdiff_t open = str_rindex(line, '{');
	if (open < 0)
		return false;
	struct str digits = str_slice(line, (size_t)open + 1, line.n - (size_t)open - 2);
	*at_out = (size_t)open;
	return digits.n > 0 && digits.p[0] != '-' && str_to_i64(digits, n_out) == STATUS_OK;
}

static bool is_body(struct str text, size_t brace)
{
	struct str before = str_slice(text, 0, brace);
	struct str name = STR("BODY[] ");
	return str_starts(text, STR("* ")) && before.n > name.n &&
	       str_eq_nocase(str_skip(before, before.n - name.n), name);
}

/* A line has ended: the response with it, or a literal follows. */
static enum imap_read end_line(struct imap_reader *r, struct str *bytes_out)
{
	int64_t n = 0;
	size_t brace = 0;
	struct str line = without_end(str_skip(buf_str(&r->text), r->line_at));
	if (!literal_at_end(line, &n, &brace)) {
		*bytes_out = without_end(buf_str(&r->text));
		r->state = IMAP_AT_END;
		return IMAP_READ_RESPONSE;
	}
	brace += r->line_at;
	r->left = n;
	if (is_body(buf_str(&r->text), brace)) {
		/* One mail a response: we never ask for more. */
		if (r->has_body || n > IMAP_BODY_MAX)
			return IMAP_READ_ERROR;
		r->text.n = brace;
		buf_append_c(&r->text, "{0}\r\n");
		r->line_at = r->text.n;
		r->has_body = true;
		r->body_size = n;
		r->state = IMAP_AT_BODY;
		return IMAP_READ_BODY_START;
	}
	if (n > IMAP_LITERAL_MAX)
		return IMAP_READ_ERROR;
	r->state = IMAP_AT_LITERAL;
	return IMAP_READ_MORE;
}

/* Takes bytes up to and with the next LF; IMAP_READ_MORE when the line goes on. */
static enum imap_read take_text(struct imap_reader *r, struct str *input, struct str *bytes_out)
{
	ptrdiff_t lf = str_index(*input, '\n');
	size_t n = lf < 0 ? input->n : (size_t)lf + 1;
	buf_append(&r->text, str_slice(*input, 0, n));
	*input = str_skip(*input, n);
	if (r->text.overflow)
		return IMAP_READ_ERROR;
	return lf < 0 ? IMAP_READ_MORE : end_line(r, bytes_out);
}

static struct str take_left(struct imap_reader *r, struct str *input)
{
	size_t n = (int64_t)input->n < r->left ? input->n : (size_t)r->left;
	struct str bytes = str_slice(*input, 0, n);
	*input = str_skip(*input, n);
	r->left -= (int64_t)n;
	return bytes;
}

enum imap_read imap_reader_step(struct imap_reader *r, struct str *input, struct str *bytes_out)
{
	if (r->state == IMAP_AT_END) {
		/* What a long response took is given back. */
		if (r->text.cap > IMAP_LITERAL_MAX)
			buf_release(&r->text);
		struct imap_reader fresh = {.text = r->text};
		*r = fresh;
		r->text.max = IMAP_TEXT_MAX;
		buf_clear(&r->text);
	}
	for (;;) {
		if (r->state != IMAP_AT_TEXT && r->left == 0) {
			r->state = IMAP_AT_TEXT;
			r->line_at = r->text.n;
		}
		if (input->n == 0)
			return IMAP_READ_MORE;
		if (r->state == IMAP_AT_BODY) {
			*bytes_out = take_left(r, input);
			return IMAP_READ_BODY;
		}
		if (r->state == IMAP_AT_LITERAL) {
			buf_append(&r->text, take_left(r, input));
			if (r->text.overflow)
				return IMAP_READ_ERROR;
			continue;
		}
		enum imap_read read = take_text(r, input, bytes_out);
		if (read != IMAP_READ_MORE)
			return read;
	}
}
