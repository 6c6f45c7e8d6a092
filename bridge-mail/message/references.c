/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/references.h"

#define MAX_SCAN 65536
#define MAX_ID	 512

/* The id without white space, or empty when it is none that can lead anywhere. */
static struct str usable_id(struct arena *arena, struct str raw)
{
	if (raw.n > 2 * MAX_ID)
		return STR_EMPTY;
	char *out = arena_alloc(arena, raw.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];
		if (c == 0x7f || c == '<' || c == '>')
			return STR_EMPTY;
		if (c > ' ')
			out[n++] = (char)c;
	}
	struct str id = str_n(out, n);
	if (n == 0 || n > MAX_ID || str_index(id, '@') < 0 || !str_is_utf8(id) ||
		str_ends(id, STR("@protonmail.internalid")))
		return STR_EMPTY;
	return id;
}

static bool known(const struct str *list, size_t count, struct str id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(list[i], id))
			return true;
	return false;
}

struct mail_ids references_read(struct arena *arena, struct str header, size_t max)
{
	struct str *list = ARENA_ARRAY(arena, struct str, max + 1);
	size_t count = 0;
	struct str rest = str_slice(header, 0, MAX_SCAN);
	for (;;) {
		ptrdiff_t open = str_index(rest, '<');
		if (open < 0)
			break;
		rest = str_skip(rest, (size_t)open + 1);
		ptrdiff_t close = str_index(rest, '>');
		if (close < 0)
			break;
		struct str id = usable_id(arena, str_slice(rest, 0, (size_t)close));
		/* "<a <b>": the id in hand is spoilt, what opens inside it may be good. */
		if (id.n == 0)
			continue;
		rest = str_skip(rest, (size_t)close + 1);
		if (known(list, count, id))
			continue;
		if (count == max && max > 1) {
			memmove(&list[1], &list[2], (max - 2) * sizeof(*list));
			count--;
		}
		if (count < max)
			list[count++] = id;
	}
	return (struct mail_ids){.items = list, .count = count};
}

struct str references_message_id(struct arena *arena, struct str header)
{
	struct mail_ids ids = references_read(arena, header, 1);
	if (ids.count > 0)
		return ids.items[0];
	return usable_id(arena, str_slice(header, 0, MAX_SCAN));
}
