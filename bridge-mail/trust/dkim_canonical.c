/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/dkim_canonical.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void relaxed_header(struct str raw, struct buf *out)
{
	ptrdiff_t colon = str_index(raw, ':');
	struct str name = str_trim(str_slice(raw, 0, colon < 0 ? raw.n : (size_t)colon));
	struct str value = str_trim(str_skip(raw, colon < 0 ? raw.n : (size_t)colon + 1));
	for (size_t i = 0; i < name.n; i++)
		buf_append_byte(out, lower(name.p[i]));
	buf_append_byte(out, ':');
	bool space = false;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '\r' || c == '\n')
			continue;
		if (is_space(c)) {
			space = true;
			continue;
		}
		if (space)
			buf_append_byte(out, ' ');
		space = false;
		buf_append_byte(out, c);
	}
}

void dkim_canonical_header(struct str raw, bool relaxed, struct buf *out)
{
	if (raw.n > 0 && raw.p[raw.n - 1] == '\n')
		raw.n--;
	if (raw.n > 0 && raw.p[raw.n - 1] == '\r')
		raw.n--;
	if (relaxed) {
		relaxed_header(raw, out);
	} else {
		for (size_t i = 0; i < raw.n; i++) {
			if (raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r'))
				buf_append_byte(out, '\r');
			buf_append_byte(out, raw.p[i]);
		}
	}
	buf_append_c(out, "\r\n");
}

void dkim_body_init(struct dkim_body *body, bool relaxed, int64_t limit)
{
	*body = (struct dkim_body){.relaxed = relaxed, .limit = limit, .hash = sha256_stream_new()};
}

static void flush(struct dkim_body *b)
{
	sha256_stream_add(b->hash, str_n(b->out, b->n));
	b->n = 0;
}

static void put(struct dkim_body *b, char c)
{
	b->size++;
	if (b->limit >= 0 && b->size > b->limit)
		return;
	b->out[b->n++] = c;
	if (b->n == sizeof(b->out))
		flush(b);
}

/* Blank lines count only when something follows them. */
static void put_content(struct dkim_body *b, char c)
{
	for (; b->newlines > 0; b->newlines--) {
		put(b, '\r');
		put(b, '\n');
	}
	if (b->space)
		put(b, ' ');
	b->space = false;
	b->content = true;
	put(b, c);
}

static void add_byte(struct dkim_body *b, char c)
{
	if (c == '\n') {
		b->cr = false;
		b->space = false;
		b->newlines++;
		return;
	}
	if (b->cr)
		put_content(b, '\r');
	b->cr = c == '\r';
	if (b->cr)
		return;
	if (b->relaxed && is_space(c))
		b->space = true;
	else
		put_content(b, c);
}

void dkim_body_add(struct dkim_body *body, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		add_byte(body, bytes.p[i]);
}

void dkim_body_finish(struct dkim_body *b, uint8_t hash_out[SHA256_BYTES])
{
	if (b->cr)
		put_content(b, '\r');
	if (b->content || !b->relaxed) {
		put(b, '\r');
		put(b, '\n');
	}
	flush(b);
	sha256_stream_finish(&b->hash, hash_out);
}
