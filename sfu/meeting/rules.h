/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a meeting, and the bounds of what one participant may say about itself. */
#ifndef PARVIS_SFU_RULES_H
#define PARVIS_SFU_RULES_H

#define MEETING_SEATS	   6
#define MEETING_MINUTES	   60
#define MEETING_LENGTH_MS  (MEETING_MINUTES * 60 * 1000)
#define MEETING_WARNING_MS (5 * 60 * 1000)

/* A lost connection keeps its seat this long, so that it can be resumed. Together with the time it
 * takes to notice a silent one (TRANSPORT_SILENCE_MS) others know within 15 s. */
#define SEAT_GRACE_MS	  9000
#define SIGNAL_SILENCE_MS 12000 /* clients send a ping every 5 s */

#define MEETING_MAX_ROOMS 1000

/* Rooms of meetings that were called on the page: this, and the meeting's id. Rooms of Matrix are
 * named in base64, which has no '-'. */
#define CALLED_ROOM_PREFIX "m-"

/* Meetings of the page's self-test, one for each: short, and nobody's seat. */
#define TEST_ROOM_PREFIX "t-"
#define TEST_LENGTH_MS	 60000

#define IDENTITY_MAX	  255 /* bytes */
#define ROOM_NAME_MAX	  255
#define DISPLAY_NAME_MAX  255
#define METADATA_MAX	  16384
#define ATTRIBUTES_MAX	  32
#define ATTRIBUTE_KEY_MAX 128
#define ATTRIBUTE_MAX	  4096
#define TRACKS_MAX	  8 /* of one participant */
#define OBJECTIVE_MAX	  500

#define SID_MAX 20 /* "PA_" and 12 characters, with room */

#endif
