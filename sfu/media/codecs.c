/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/codecs.h"

static const struct {
	enum media_kind kind;
	const char *rtpmap, *mime;
} facts[CODEC_COUNT] = {
	[CODEC_OPUS] = {MEDIA_AUDIO, "opus/48000/2", "audio/opus"},
	[CODEC_RED] = {MEDIA_AUDIO, "red/48000/2", "audio/red"},
	[CODEC_VP8] = {MEDIA_VIDEO, "VP8/90000", "video/VP8"},
	[CODEC_VP9] = {MEDIA_VIDEO, "VP9/90000", "video/VP9"},
	[CODEC_AV1] = {MEDIA_VIDEO, "AV1/90000", "video/AV1"},
	[CODEC_H264] = {MEDIA_VIDEO, "H264/90000", "video/H264"},
};

enum media_kind codec_kind(enum media_codec_name name)
{
	return facts[name].kind;
}

const char *codec_rtpmap(enum media_codec_name name)
{
	return facts[name].rtpmap;
}

const char *codec_mime(enum media_codec_name name)
{
	return facts[name].mime;
}

enum media_codec_name codec_by_rtpmap(struct str text)
{
	unsigned i = 0;
	while (i < CODEC_COUNT && !str_eq_nocase(text, str_c(facts[i].rtpmap))) {
		i++;
	}
	return (enum media_codec_name)i;
}

enum media_codec_name codec_by_mime(struct str text)
{
	static const size_t prefix = sizeof("video/") - 1; /* "audio/" is as long */
	unsigned i = 0;
	while (i < CODEC_COUNT && !str_eq_nocase(text, str_c(facts[i].mime)) &&
		!str_eq_nocase(text, str_skip(str_c(facts[i].mime), prefix))) {
		i++;
	}
	return (enum media_codec_name)i;
}
