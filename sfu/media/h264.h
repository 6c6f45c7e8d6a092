/* SPDX-License-Identifier: Apache-2.0 */
/* H.264's payload (RFC 6184, packetization mode 1): where a keyframe starts. */
#ifndef PARVIS_SFU_H264_H
#define PARVIS_SFU_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The packet begins a picture from which decoding can start: it holds a sequence parameter set,
 * or starts an IDR slice (alone, in a STAP-A, or in the first fragment of an FU-A).
 */
bool h264_keyframe(const uint8_t *payload, size_t n);

#endif
