/* SPDX-License-Identifier: Apache-2.0 */
/* The few sizes in which thumbnails are made (specification, "Thumbnails"). */
#ifndef PARVIS_HOMESERVER_THUMBNAIL_SIZE_H
#define PARVIS_HOMESERVER_THUMBNAIL_SIZE_H

#include <stdbool.h>
#include <stdint.h>

struct thumbnail_size {
	int width;
	int height;
	bool crop;
};

/* The smallest size that holds what was asked for, or the largest there is. Only squares are
 * cropped: another aspect is scaled, so that there are not as many files as there are aspects. */
struct thumbnail_size thumbnail_snap(int64_t width, int64_t height, bool crop);

#define THUMBNAIL_NAME_MAX 32
/* "320x240-scale" */
void thumbnail_name(const struct thumbnail_size *size, char name[THUMBNAIL_NAME_MAX]);

#endif
