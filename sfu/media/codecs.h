/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats that we forward are called. */
#ifndef PARVIS_SFU_CODECS_H
#define PARVIS_SFU_CODECS_H

#include "common/base/str.h"
#include "sfu/media/messages.h"

enum media_kind codec_kind(enum media_codec_name name);
const char *codec_rtpmap(enum media_codec_name name); /* "VP8/90000" */
const char *codec_mime(enum media_codec_name name);   /* "video/VP8" */
/* By what a=rtpmap says, without regard to case; CODEC_COUNT: not one of ours. */
enum media_codec_name codec_by_rtpmap(struct str text);
/* By MIME type ("video/vp9") or by its second half alone ("vp9"). */
enum media_codec_name codec_by_mime(struct str text);

#endif
