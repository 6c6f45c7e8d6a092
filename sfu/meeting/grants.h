/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes in, and what that person may do: what a join token says. */
#ifndef PARVIS_SFU_GRANTS_H
#define PARVIS_SFU_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/meeting/rules.h"

enum track_source {
	SOURCE_UNKNOWN,
	SOURCE_CAMERA,
	SOURCE_MICROPHONE,
	SOURCE_SCREEN,
	SOURCE_SCREEN_AUDIO,
	SOURCE_COUNT,
};
#define SOURCES_ALL ((1u << SOURCE_COUNT) - 1)

struct attribute {
	struct str key, value;
};

/* Strings are borrowed from where the grants were read. */
struct grants {
	struct str identity, name, metadata, room;
	struct attribute attributes[ATTRIBUTES_MAX];
	size_t attribute_count;
	bool can_publish, can_subscribe, can_publish_data, can_update_metadata;
	unsigned sources; /* bits 1 << enum track_source: what may be published */
	int64_t expires_s;
};

#endif
