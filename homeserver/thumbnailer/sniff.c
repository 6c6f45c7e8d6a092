/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/thumbnailer/sniff.h"

const char *sniff_format(struct str head)
{
	if (str_starts(head, STR("\xFF\xD8\xFF")))
		return "jpeg";
	if (str_starts(head, STR("\x89PNG\r\n\x1A\n")))
		return "png";
	if (str_starts(head, STR("GIF87a")) || str_starts(head, STR("GIF89a")))
		return "gif";
	if (str_starts(head, STR("RIFF")) && str_eq(str_slice(head, 8, 4), STR("WEBP")))
		return "webp";
	return NULL;
}

/* An APNG says so in a chunk before the first IDAT (PNG, third edition, "acTL"). */
static bool png_may_move(struct str head)
{
	size_t at = 8;
	while (at + 8 <= head.n) {
		const unsigned char *p = (const unsigned char *)head.p + at;
		size_t length =
			((size_t)p[0] << 24) | ((size_t)p[1] << 16) | ((size_t)p[2] << 8) | p[3];
		struct str type = str_slice(head, at + 4, 4);
		if (str_eq(type, STR("IDAT")))
			return false;
		if (str_eq(type, STR("acTL")))
			return true;
		at += length + 12;
	}
	return true;
}

bool sniff_may_move(const char *format, struct str head)
{
	if (str_eq_c(str_c(format), "png"))
		return png_may_move(head);
	return !str_eq_c(str_c(format), "jpeg");
}
