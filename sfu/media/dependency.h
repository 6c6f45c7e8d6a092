/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dependency descriptor, a header extension (RTP Payload Format For AV1, appendix A): what a
 * frame depends on and which decode targets need it. It lies outside of the payload, so that it
 * is clear under end-to-end encryption too. Templates come with keyframes and are kept.
 */
#ifndef PARVIS_SFU_DEPENDENCY_H
#define PARVIS_SFU_DEPENDENCY_H

#include <stddef.h>

#include "common/base/status.h"
#include "sfu/media/layers.h"

#define DEPENDENCY_MAX_TEMPLATES 64
#define DEPENDENCY_NUMBER_AT	 1 /* offset of the frame number, two bytes */

struct dependency_template {
	uint8_t spatial, temporal;
	uint64_t needs;
};

struct dependency_structure {
	bool known;
	uint8_t id_offset;
	uint8_t template_count, spatial_count;
	struct layer_targets targets;
	struct dependency_template templates[DEPENDENCY_MAX_TEMPLATES];
};

struct dependency_descriptor {
	struct layer_frame frame;
	bool has_structure; /* it brought one, which is in *structure now */
};

/*
 * Reads an extension's value. What it brings of templates replaces `structure`, which is left
 * alone on failure and which out->frame.targets leads into. STATUS_INVALID: cut off, or a template
 * that is not there; STATUS_NOT_FOUND: no structure has come yet.
 */
MUST_CHECK enum status dependency_parse(const uint8_t *bytes, size_t n,
	struct dependency_structure *structure, struct dependency_descriptor *out);

#endif
