/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the homeserver and its thumbnailer agree on. The helper is started for one picture:
 *	parvis-thumbnailer WIDTH HEIGHT scale|crop
 * with the picture as standard input and a file to write as standard output, and ends with one of
 * these codes. A signal or any other code is a failure.
 */
#ifndef PARVIS_HOMESERVER_THUMBNAIL_H
#define PARVIS_HOMESERVER_THUMBNAIL_H

enum thumbnail_end {
	THUMBNAIL_MADE = 0,	  /* PNG or JPEG on standard output */
	THUMBNAIL_UNKNOWN = 10,	  /* not a picture of a known format, or a broken one */
	THUMBNAIL_TOO_LARGE = 11, /* more pixels than are looked at */
	THUMBNAIL_ORIGINAL = 12, /* the picture is not larger than the thumbnail and stands still */
};

#define THUMBNAIL_PIXELS_MAX (64u * 1000 * 1000)
#define THUMBNAIL_SIDE_MAX   30000
#define THUMBNAIL_OUT_MAX    (32u * 1024 * 1024) /* bytes */
#define THUMBNAIL_SECONDS    15

#endif
