/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/picture.h"

#include "sfu/media/h264.h"
#include "sfu/media/vp9.h"

#define AV1_CONTINUES	 0x80u /* Z: the first element goes on from the packet before */
#define AV1_NEW_SEQUENCE 0x08u /* N: a coded video sequence starts */

static void read_dependency(const struct rtp_packet *packet, struct dependency_structure *structure,
	struct picture *out)
{
	const struct rtp_ext_value *value = &packet->ext[RTP_EXT_DEPENDENCY];
	struct dependency_descriptor d;
	if (value->p == NULL || dependency_parse(value->p, value->n, structure, &d) != STATUS_OK) {
		return;
	}
	out->has_descriptor = true;
	out->descriptor_number = d.frame.number;
	out->layered = true;
	out->layer = d.frame;
	out->keyframe = d.frame.keyframe;
	out->spatial_count = d.has_structure ? structure->spatial_count : 0;
}

static void read_vp9(const struct rtp_packet *packet, struct picture *out)
{
	struct vp9_descriptor d;
	if (vp9_parse(packet->payload, packet->payload_size, &d) != STATUS_OK) {
		return;
	}
	out->keyframe = d.keyframe;
	out->layered = vp9_frame(&d, &out->layer);
	out->spatial_count = d.spatial_count;
}

static void read_av1(const struct rtp_packet *packet, struct picture *out)
{
	unsigned header = packet->payload_size > 0 ? packet->payload[0] : 0;
	out->keyframe = (header & AV1_NEW_SEQUENCE) != 0 && (header & AV1_CONTINUES) == 0;
}

void picture_read(const struct rtp_packet *packet, enum media_codec_name codec,
	struct dependency_structure *structure, struct picture *out)
{
	*out = (struct picture){.keyframe = false};
	switch (codec) {
	case CODEC_VP8:
		out->has_vp8 =
			vp8_parse(packet->payload, packet->payload_size, &out->vp8) == STATUS_OK;
		out->keyframe = out->has_vp8 && out->vp8.keyframe;
		break;
	case CODEC_VP9:
		read_dependency(packet, structure, out);
		if (!out->has_descriptor) {
			read_vp9(packet, out);
		}
		break;
	case CODEC_AV1:
		read_dependency(packet, structure, out);
		if (!out->has_descriptor) {
			read_av1(packet, out);
		}
		break;
	case CODEC_H264:
		out->keyframe = h264_keyframe(packet->payload, packet->payload_size);
		break;
	case CODEC_OPUS:
	case CODEC_RED:
	case CODEC_COUNT:
		break;
	}
}
