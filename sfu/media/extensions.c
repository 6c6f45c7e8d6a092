/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/extensions.h"

#include "common/base/mem.h"

static const struct str uris[RTP_EXT_COUNT] = {
	[RTP_EXT_MID] = STR_INIT("urn:ietf:params:rtp-hdrext:sdes:mid"),
	[RTP_EXT_RID] = STR_INIT("urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
	[RTP_EXT_REPAIRED_RID] = STR_INIT("urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
	[RTP_EXT_AUDIO_LEVEL] = STR_INIT("urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
	[RTP_EXT_TRANSPORT_CC] = STR_INIT("http://www.ietf.org/id/"
					  "draft-holmer-rmcat-transport-wide-cc-extensions-01"),
	[RTP_EXT_ABS_SEND_TIME] =
		STR_INIT("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
	[RTP_EXT_VIDEO_ORIENTATION] = STR_INIT("urn:3gpp:video-orientation"),
	[RTP_EXT_DEPENDENCY] = STR_INIT("https://aomediacodec.github.io/av1-rtp-spec/"
					"#dependency-descriptor-rtp-header-extension"),
};

struct str rtp_extension_uri(enum rtp_extension extension)
{
	return uris[extension];
}

enum rtp_extension rtp_extension_by_uri(struct str uri)
{
	size_t i = 0;
	while (i < ARRAY_LEN(uris) && !str_eq(uris[i], uri)) {
		i++;
	}
	return (enum rtp_extension)i;
}
