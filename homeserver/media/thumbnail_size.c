/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/media/thumbnail_size.h"

#include <stdio.h>

#include "common/base/mem.h"

/* By rising size. The first of each method are the specification's, the others serve screens of
 * higher density. */
static const struct thumbnail_size sizes[] = {
	{32, 32, true},
	{96, 96, true},
	{192, 192, true},
	{480, 480, true},
	{960, 960, true},
	{320, 240, false},
	{640, 480, false},
	{800, 600, false},
	{1600, 1200, false},
	{4096, 4096, false},
};

struct thumbnail_size thumbnail_snap(int64_t width, int64_t height, bool crop)
{
	const struct thumbnail_size *last = &sizes[0];
	bool square = crop && width == height;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (sizes[i].crop != square)
			continue;
		last = &sizes[i];
		if (last->width >= width && last->height >= height)
			return *last;
	}
	return *last;
}

void thumbnail_name(const struct thumbnail_size *size, char name[THUMBNAIL_NAME_MAX])
{
	(void)snprintf(name, THUMBNAIL_NAME_MAX, "%dx%d-%s", size->width, size->height,
		size->crop ? "crop" : "scale");
}
