/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTP header extensions (RFC 8285) that the SFU reads or writes. Ids are negotiated once for
 * a transport: all sections of a BUNDLE share one map (RFC 8843 section 9.2).
 */
#ifndef PARVIS_SFU_EXTENSIONS_H
#define PARVIS_SFU_EXTENSIONS_H

#include <stdint.h>

#include "common/base/str.h"

enum rtp_extension {
	RTP_EXT_MID,		   /* RFC 9143 */
	RTP_EXT_RID,		   /* RFC 8852 */
	RTP_EXT_REPAIRED_RID,	   /* RFC 8852, on RTX packets */
	RTP_EXT_AUDIO_LEVEL,	   /* RFC 6464 */
	RTP_EXT_TRANSPORT_CC,	   /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
	RTP_EXT_ABS_SEND_TIME,	   /* webrtc.org experiments, 24 bits of 6.18 seconds */
	RTP_EXT_VIDEO_ORIENTATION, /* 3GPP TS 26.114 */
	RTP_EXT_DEPENDENCY,	   /* dependency.h */
	RTP_EXT_COUNT,
};

struct rtp_extension_ids {
	uint8_t id[RTP_EXT_COUNT]; /* 0: not negotiated */
};

struct str rtp_extension_uri(enum rtp_extension extension);
/* RTP_EXT_COUNT when we do not know it. */
enum rtp_extension rtp_extension_by_uri(struct str uri);

#endif
