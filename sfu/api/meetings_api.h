/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the meeting page asks of us: HTTP and JSON on the meeting port, beside the page's own files.
 * All times are milliseconds since 1970 UTC. Errors have Matrix' form {"errcode", "error"}.
 *
 * GET /api/config
 *	-> {"server_name", "homeserver_url", "signal_url", "seats": 6, "minutes": 60}
 *	What the page needs before anybody signs in. Sign in at homeserver_url.
 *
 * POST /api/meetings  {"objective", "openid_token"}
 *	-> 201 {"id", "link", "objective"}
 *	An account of the homeserver calls a meeting and states its objective: 1 to 500 bytes of
 *	text behind trimming, one line. openid_token is the whole answer of the homeserver's POST
 * /_matrix/client/v3/user/{userId}/openid/request_token. The link is {public_url}/m/{id}. The hour
 *	begins when the first person comes in, not here; a meeting to which nobody has come for 30 days is
 *	forgotten.
 *
 * GET /api/meetings/{id}
 *	-> {"id", "objective", "state": "waiting" | "running" | "ended", "created_at",
 *	    "ends_at": number or null while waiting, "seats": {"taken", "total": 6}}
 *	Public: who knows the id may know this much. Names of participants are not told.
 *
 * POST /api/meetings/{id}/join  {"openid_token", "device_id"?, "name"?}     an account
 *                           or  {"guest", "name", "device_id"?}            by a guest link
 *	-> {"url", "token", "identity", "objective", "ends_at": number or null}
 *	Give url and token to livekit-client's room.connect(). An account's identity is
 *	"@user:server:DEVICE" (DEVICE is "web" unless told: [A-Za-z0-9._=/+-], 64 bytes at most);
 *	the same identity again takes the place of the older connection. A guest's identity is "guest:"
 *	and either 16 random characters or, with device_id, those derived from the link and device_id, so
 *	that a page that is loaded again takes its old seat: let device_id be a random string kept
 *	in sessionStorage. A name has 1 to 64 bytes; an account's is its localpart unless told. Guests
 *	have the participant attribute "parvis.guest" = "true", which they cannot remove. The token is
 *	good until the meeting ends (while it waits: for two hours).
 *
 * POST /api/meetings/{id}/guest-link  {"openid_token", "expires_in_s"?}
 *	-> {"link", "expires_at"}
 *	By any account of the homeserver. Lives for a day unless told, seven at most, and never
 *	longer than the meeting. The link is {public_url}/m/{id}#guest={secret}: the secret stands in the
 *	fragment, so that it is in no log and no Referer; hand it to join as "guest".
 *
 * Errors of these:
 *	400 M_BAD_JSON, M_NOT_JSON, M_MISSING_PARAM (a key is missing), M_INVALID_PARAM (its value)
 *	401 M_UNAUTHORIZED	the OpenID token is unknown or has expired: ask for a new one
 *	403 M_FORBIDDEN		an account of another homeserver; a guest link that is forged or of
 *				another meeting
 *	403 PARVIS_LINK_EXPIRED	the guest link has had its time
 *	404 M_NOT_FOUND		no such meeting
 *	410 PARVIS_MEETING_ENDED	the hour is over
 *	413 M_TOO_LARGE
 *	429 M_LIMIT_EXCEEDED	with retry_after_ms: too many from this address
 *	502 M_UNKNOWN		the homeserver does not answer: try again
 *	503 PARVIS_MEETING_FULL	all seats are taken: 6/6. Who connects with a token after
 *				somebody else took the last seat is refused by the signalling: connect()
 *				throws a ConnectionError (reason NotAllowed, status 403) whose message
 *				contains "meeting full".
 *
 * In the meeting: the room's metadata (livekit's RoomEvent.RoomMetadataChanged, room.metadata) is
 * {"objective": text or "", "ends_at": number, "warned": bool}; it changes when "warned" becomes
 * true, five minutes before the end. At the end everybody is told DisconnectReason.ROOM_DELETED.
 *
 * Files: "/" and "/m/{id}" give index.html of the web folder, anything else the file of that path.
 * Files below /assets/ are taken to be named by their hash and are cached for ever; others are
 * asked for again. No inline script or style, no foreign origin but the homeserver, the signalling
 * (connect-src) and blob: and data: pictures (Content-Security-Policy).
 */
#ifndef PARVIS_SFU_MEETINGS_API_H
#define PARVIS_SFU_MEETINGS_API_H

#include "sfu/api/api.h"

#endif
