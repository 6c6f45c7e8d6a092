/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/content_key.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"

#define CHUNK_BYTES 65536

struct body_hash {
	struct sha256_stream *stream;
	size_t breaks; /* line ends not hashed yet: those at the end of the body do not count */
};

static void add_body(struct body_hash *body, struct str bytes)
{
	static const char lf[] = "\n";
	size_t start = 0;
	for (size_t i = 0; i <= bytes.n; i++) {
		bool end = i == bytes.n || bytes.p[i] == '\n' || bytes.p[i] == '\r';
		if (!end)
			continue;
		if (i > start) {
			for (; body->breaks > 0; body->breaks--)
				sha256_stream_add(body->stream, str_n(lf, 1));
			sha256_stream_add(body->stream, str_slice(bytes, start, i - start));
		}
		if (i < bytes.n && bytes.p[i] == '\n')
			body->breaks++;
		start = i + 1;
	}
}

enum status content_key(struct arena *arena, const struct headers *headers, int fd, struct str *out)
{
	static const char *const names[] = {"From", "Date", "Subject", "Message-ID"};
	struct body_hash body = {.stream = sha256_stream_new()};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		sha256_stream_add(body.stream, headers_find(headers, names[i]));
		sha256_stream_add(body.stream, str_n("", 1));
	}
	char *chunk = arena_alloc(arena, CHUNK_BYTES);
	off_t at = (off_t)headers->body_at;
	ssize_t n;
	while ((n = pread(fd, chunk, CHUNK_BYTES, at)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0) {
			add_body(&body, str_n(chunk, (size_t)n));
			at += n;
		}
	}
	uint8_t hash[SHA256_BYTES];
	sha256_stream_finish(&body.stream, hash);
	if (n < 0)
		return STATUS_IO;
	*out = hex_encode(arena, str_n((const char *)hash, sizeof(hash)));
	return STATUS_OK;
}
