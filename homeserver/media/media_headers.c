/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/media/media_headers.h"

#include "common/base/buf.h"
#include "common/base/mem.h"

/* Specification, "Serving inline content". */
static const char *const inline_types[] = {
	"text/css",
	"text/plain",
	"text/csv",
	"application/json",
	"application/ld+json",
	"image/jpeg",
	"image/gif",
	"image/png",
	"image/apng",
	"image/webp",
	"image/avif",
	"video/mp4",
	"video/webm",
	"video/ogg",
	"video/quicktime",
	"audio/mp4",
	"audio/webm",
	"audio/aac",
	"audio/mpeg",
	"audio/ogg",
	"audio/wave",
	"audio/wav",
	"audio/x-wav",
	"audio/x-pn-wav",
	"audio/flac",
	"audio/x-flac",
};

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

struct str media_type_clean(struct str type)
{
	type = str_trim(type);
	if (type.n == 0 || type.n > MEDIA_TYPE_MAX || str_index(type, '/') <= 0)
		return STR("");
	for (size_t i = 0; i < type.n; i++)
		if (is_control(type.p[i]) || (unsigned char)type.p[i] >= 0x80)
			return STR("");
	return type;
}

bool media_type_is_inline(struct str type)
{
	struct str essence;
	if (!str_cut(&type, ';', &essence))
		return false;
	essence = str_trim(essence);
	for (size_t i = 0; i < ARRAY_LEN(inline_types); i++)
		if (str_eq_nocase(essence, str_c(inline_types[i])))
			return true;
	return false;
}

static bool is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (is_control(name.p[i]) || (unsigned char)name.p[i] >= 0x80 || name.p[i] == '"' ||
			name.p[i] == '\\' || name.p[i] == '%')
			return false;
	return true;
}

/* attr-char of RFC 8187. */
static bool is_attr_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

struct str media_disposition(struct arena *arena, struct str type, struct str filename)
{
	BUF_SCOPE(text, 64 + 3 * MEDIA_FILENAME_MAX);
	buf_append_c(&text, media_type_is_inline(type) ? "inline" : "attachment");
	/* Cut between characters. */
	if (filename.n > MEDIA_FILENAME_MAX) {
		filename.n = MEDIA_FILENAME_MAX;
		while (filename.n > 0 && ((unsigned char)filename.p[filename.n] & 0xC0) == 0x80)
			filename.n--;
	}
	if (filename.n > 0 && is_plain(filename)) {
		buf_printf(&text, "; filename=\"%.*s\"", STR_FMT(filename));
	} else if (filename.n > 0) {
		buf_append_c(&text, "; filename*=UTF-8''");
		for (size_t i = 0; i < filename.n; i++)
			if (is_attr_char(filename.p[i]))
				buf_append_byte(&text, filename.p[i]);
			else
				buf_printf(&text, "%%%02X", (unsigned char)filename.p[i]);
	}
	return arena_str(arena, buf_str(&text));
}
