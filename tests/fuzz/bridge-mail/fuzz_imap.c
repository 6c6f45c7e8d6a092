/* SPDX-License-Identifier: Apache-2.0 */
/* What an IMAP server says, in pieces whose size the first byte chooses; the pieces must not
 * matter. */
#include <stdlib.h>

#include "bridge-mail/inbound/imap_reader.h"
#include "bridge-mail/inbound/imap_response.h"

/* What was read, as one number. */
struct trace {
	uint64_t sum;
	int64_t body_left;
	bool ended;
};

/* `kind` 0: a piece of a mail, of which only the bytes count. */
static void add(struct trace *t, struct str bytes, uint64_t kind)
{
	if (kind != 0)
		t->sum = t->sum * 31 + kind;
	for (size_t i = 0; i < bytes.n; i++)
		t->sum = t->sum * 31 + (unsigned char)bytes.p[i];
}

static void look(struct str text)
{
	struct arena *arena = arena_new();
	struct imap_response response;
	int64_t number;
	if (imap_response_read(arena, text, &response) == STATUS_OK) {
		struct str rest = response.text;
		if (response.kind == IMAP_CAPABILITY)
			(void)imap_capabilities(response.text);
		if (response.kind == IMAP_SEARCH)
			while (imap_next_number(&rest, &number))
				if (number < 0)
					abort();
		if (response.size < 0 || response.uid < 0 || response.number < 0)
			abort();
	}
	arena_free(&arena);
}

static void feed(struct imap_reader *reader, struct trace *t, struct str input)
{
	for (;;) {
		struct str bytes = STR_EMPTY;
		switch (imap_reader_step(reader, &input, &bytes)) {
		case IMAP_READ_MORE:
			if (input.n != 0)
				abort();
			return;
		case IMAP_READ_BODY_START:
			add(t, STR_EMPTY, 1);
			t->body_left = reader->body_size;
			break;
		case IMAP_READ_BODY:
			t->body_left -= (int64_t)bytes.n;
			if (bytes.n == 0 || t->body_left < 0)
				abort();
			add(t, bytes, 0);
			break;
		case IMAP_READ_RESPONSE:
			add(t, bytes, 2);
			look(bytes);
			break;
		case IMAP_READ_ERROR:
			t->ended = true;
			return;
		}
	}
}

static struct trace read_all(struct str text, size_t piece)
{
	struct imap_reader reader;
	struct trace trace = {0};
	imap_reader_init(&reader);
	for (size_t i = 0; i < text.n && !trace.ended; i += piece)
		feed(&reader, &trace, str_slice(text, i, piece));
	imap_reader_release(&reader);
	return trace;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct str text = str_n((const char *)data + 1, size - 1);
	struct trace whole = read_all(text, text.n);
	struct trace pieces = read_all(text, (size_t)data[0] + 1);
	if (whole.ended != pieces.ended || (!whole.ended && whole.sum != pieces.sum))
		abort();
	return 0;
}
