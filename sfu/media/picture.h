/* SPDX-License-Identifier: Apache-2.0 */
/* What one packet of video says of the picture that it is part of, whatever the codec. */
#ifndef PARVIS_SFU_PICTURE_H
#define PARVIS_SFU_PICTURE_H

#include "sfu/media/dependency.h"
#include "sfu/media/messages.h"
#include "sfu/media/rtp.h"
#include "sfu/media/vp8.h"

struct picture {
	bool keyframe; /* the first packet of one from which decoding can start */
	bool has_vp8;
	struct vp8_descriptor vp8;
	bool layered; /* `layer` says which layer of a stream of several */
	struct layer_frame layer;
	uint8_t spatial_count;	    /* as far as this packet says; 0: it does not */
	bool has_descriptor;	    /* the dependency descriptor can be read: it is passed on */
	uint16_t descriptor_number; /* its frame number */
};

/* `structure` is the sending stream's. Always gives something; a payload that cannot be read is
 * of no keyframe. */
void picture_read(const struct rtp_packet *packet, enum media_codec_name codec,
	struct dependency_structure *structure, struct picture *out);

#endif
