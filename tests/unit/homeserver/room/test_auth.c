/* SPDX-License-Identifier: Apache-2.0 */
/* The authorisation rules as a table: a room, an event, the verdict. */
#include "homeserver/room/auth.h"

#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "homeserver/room/event_build.h"
#include "tests/unit/check.h"

/* Rooms, as lists of [type, state key, sender, content]. */
#define CREATE(version)                                                                            \
	"[\"m.room.create\",\"\",\"@c:h\",{\"room_version\":\"" version "\",\"creator\":\"@c:h\"}" \
	"]"
#define JOINED(user) "[\"m.room.member\",\"" user "\",\"" user "\",{\"membership\":\"join\"}]"
#define MEMBER(user, membership) \
	"[\"m.room.member\",\"" user "\",\"" user "\",{\"membership\":\"" membership "\"}]"
#define RULE(rule)     "[\"m.room.join_rules\",\"\",\"@c:h\",{\"join_rule\":\"" rule "\"}]"
#define POWER(content) "[\"m.room.power_levels\",\"\",\"@c:h\"," content "]"
#define USERS	       "\"users\":{\"@c:h\":100,\"@mod:h\":50,\"@mod2:h\":50}"
#define ROOM                                                                                       \
	"[" CREATE("11") "," JOINED("@c:h") "," JOINED("@mod:h") "," JOINED("@mod2:h") "," JOINED( \
		"@u:h") "," POWER("{" USERS "}") "," RULE("invite")
#define ROOM12                                                                                  \
	"[[\"m.room.create\",\"\",\"@c:h\",{\"room_version\":\"12\","                           \
	"\"additional_creators\":[\"@c2:h\"]}]," JOINED("@c:h") "," JOINED("@c2:h") "," JOINED( \
		"@mod:h") "," JOINED("@u:h") "," POWER("{\"users\":{\"@mod:h\":50}}")
#define AUTHORISED(user) \
	"{\"membership\":\"join\",\"join_authorised_via_users_server\":\"" user "\"}"

enum verdict { DENY, ALLOW };

struct auth_case {
	const char *name;
	const char *version;
	const char *state;
	const char *type;
	const char *key; /* NULL: no state event */
	const char *sender;
	const char *content;
	enum verdict verdict;
	const char *extra; /* further top-level members of the event, each with a ',' before it */
};

#define M  "m.room.member"
#define PL "m.room.power_levels"

static const struct auth_case cases[] = {
	/* creation */
	{"create", "11", "[]", "m.room.create", "", "@c:h", "{}", ALLOW, NULL},
	{"create with a version nobody knows", "11", "[]", "m.room.create", "", "@c:h",
		"{\"room_version\":\"no\"}", DENY, NULL},
	{"create of version 10 without creator", "10", "[]", "m.room.create", "", "@c:h", "{}",
		DENY, NULL},
	{"create of version 10", "10", "[]", "m.room.create", "", "@c:h", "{\"creator\":\"@c:h\"}",
		ALLOW, NULL},
	{"create from another server than the room id's", "11", "[]", "m.room.create", "", "@c:x",
		"{}", DENY, NULL},
	{"create twice", "11", ROOM "]", "m.room.create", "", "@c:h", "{}", DENY,
		",\"prev_events\":[\"$1\"]"},
	{"create of version 12 with a room id", "12", "[]", "m.room.create", "", "@c:h", "{}", DENY,
		",\"room_id\":\"!r:h\""},
	{"create of version 12", "12", "[]", "m.room.create", "", "@c:h",
		"{\"additional_creators\":[\"@d:h\"]}", ALLOW, NULL},
	{"additional creators that are no list", "12", "[]", "m.room.create", "", "@c:h",
		"{\"additional_creators\":\"@d:h\"}", DENY, NULL},
	{"additional creators that are no users", "12", "[]", "m.room.create", "", "@c:h",
		"{\"additional_creators\":[\"d\"]}", DENY, NULL},
	{"a room without create event", "12", "[" JOINED("@c:h") "]", "x", NULL, "@c:h", "{}", DENY,
		NULL},
	{"the creator's join", "11", "[" CREATE("11") "]", M, "@c:h", "@c:h",
		"{\"membership\":\"join\"}", ALLOW, ",\"prev_events\":[\"$0\"]"},
	{"somebody else's join behind the create event", "11", "[" CREATE("11") "]", M, "@u:h",
		"@u:h", "{\"membership\":\"join\"}", DENY, ",\"prev_events\":[\"$0\"]"},
	{"a closed room and another server", "11",
		"[[\"m.room.create\",\"\",\"@c:h\",{\"m.federate\":false}]," RULE("public") "]", M,
		"@u:x", "@u:x", "{\"membership\":\"join\"}", DENY, NULL},
	{"a closed room and its own server", "11",
		"[[\"m.room.create\",\"\",\"@c:h\",{\"m.federate\":false}]," RULE("public") "]", M,
		"@u:h", "@u:h", "{\"membership\":\"join\"}", ALLOW, NULL},

	/* joins */
	{"join of an invited user", "11", ROOM "," MEMBER("@n:h", "invite") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"join\"}", ALLOW, NULL},
	{"join without invite", "11", ROOM "]", M, "@n:h", "@n:h", "{\"membership\":\"join\"}",
		DENY, NULL},
	{"join of a public room", "11", "[" CREATE("11") "," JOINED("@c:h") "," RULE("public") "]",
		M, "@n:h", "@n:h", "{\"membership\":\"join\"}", ALLOW, NULL},
	{"join of a public room by a banned user", "11",
		"[" CREATE("11") "," RULE("public") "," MEMBER("@n:h", "ban") "]", M, "@n:h",
		"@n:h", "{\"membership\":\"join\"}", DENY, NULL},
	{"join for somebody else", "11", "[" CREATE("11") "," RULE("public") "]", M, "@n:h", "@c:h",
		"{\"membership\":\"join\"}", DENY, NULL},
	{"join of a room without join rules", "11", "[" CREATE("11") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"join\"}", DENY, NULL},
	{"join again with another name", "11", ROOM "]", M, "@u:h", "@u:h",
		"{\"membership\":\"join\",\"displayname\":\"U\"}", ALLOW, NULL},
	{"join of a private room", "11", "[" CREATE("11") "," RULE("private") "]", M, "@n:h",
		"@n:h", "{\"membership\":\"join\"}", DENY, NULL},
	{"restricted join, authorised", "11",
		"[" CREATE("11") "," JOINED("@c:h") "," RULE("restricted") "]", M, "@n:h", "@n:h",
		AUTHORISED("@c:h"), ALLOW, ",\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"},
	{"restricted join, authorised, not signed", "11",
		"[" CREATE("11") "," JOINED("@c:h") "," RULE("restricted") "]", M, "@n:h", "@n:h",
		AUTHORISED("@c:h"), DENY, NULL},
	{"restricted join, authorised by somebody who left", "11",
		"[" CREATE("11") "," MEMBER("@c:h", "leave") "," RULE("restricted") "]", M, "@n:h",
		"@n:h", AUTHORISED("@c:h"), DENY, ",\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"},
	{"restricted join, authorised by somebody without power", "11",
		"[" CREATE("11") "," JOINED("@u:h") "," POWER("{\"invite\":10}") "," RULE(
			"restricted") "]",
		M, "@n:h", "@n:h", AUTHORISED("@u:h"), DENY,
		",\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"},
	{"restricted join with an invite", "11",
		"[" CREATE("11") "," RULE("restricted") "," MEMBER("@n:h", "invite") "]", M, "@n:h",
		"@n:h", "{\"membership\":\"join\"}", ALLOW, NULL},
	{"restricted join with nothing", "11", "[" CREATE("11") "," RULE("knock_restricted") "]", M,
		"@n:h", "@n:h", "{\"membership\":\"join\"}", DENY, NULL},

	/* invites */
	{"invite", "11", ROOM "]", M, "@n:h", "@u:h", "{\"membership\":\"invite\"}", ALLOW, NULL},
	{"invite of a member", "11", ROOM "]", M, "@mod:h", "@u:h", "{\"membership\":\"invite\"}",
		DENY, NULL},
	{"invite of a banned user", "11", ROOM "," MEMBER("@n:h", "ban") "]", M, "@n:h", "@c:h",
		"{\"membership\":\"invite\"}", DENY, NULL},
	{"invite by somebody outside", "11", ROOM "]", M, "@n:h", "@x:h",
		"{\"membership\":\"invite\"}", DENY, NULL},
	{"invite without the power", "11",
		"[" CREATE("11") "," JOINED("@u:h") "," POWER("{\"invite\":1}") "]", M, "@n:h",
		"@u:h", "{\"membership\":\"invite\"}", DENY, NULL},
	{"third-party invite without signature", "11", ROOM "]", M, "@n:h", "@u:h",
		"{\"membership\":\"invite\",\"third_party_invite\":{}}", DENY, NULL},
	{"third-party invite nobody made", "11", ROOM "]", M, "@n:h", "@u:h",
		"{\"membership\":\"invite\",\"third_party_invite\":{\"signed\":{\"mxid\":\"@n:h\","
		"\"token\":\"t\",\"signatures\":{}}}}",
		DENY, NULL},

	/* leaving, kicking */
	{"leave", "11", ROOM "]", M, "@u:h", "@u:h", "{\"membership\":\"leave\"}", ALLOW, NULL},
	{"refuse an invite", "11", ROOM "," MEMBER("@n:h", "invite") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"leave\"}", ALLOW, NULL},
	{"take back a knock", "11", ROOM "," MEMBER("@n:h", "knock") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"leave\"}", ALLOW, NULL},
	{"leave a room one is not in", "11", ROOM "]", M, "@n:h", "@n:h",
		"{\"membership\":\"leave\"}", DENY, NULL},
	{"leave while banned", "11", ROOM "," MEMBER("@n:h", "ban") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"leave\"}", DENY, NULL},
	{"kick", "11", ROOM "]", M, "@u:h", "@mod:h", "{\"membership\":\"leave\"}", ALLOW, NULL},
	{"kick an equal", "11", ROOM "]", M, "@mod2:h", "@mod:h", "{\"membership\":\"leave\"}",
		DENY, NULL},
	{"kick a superior", "11", ROOM "]", M, "@c:h", "@mod:h", "{\"membership\":\"leave\"}", DENY,
		NULL},
	{"kick without the power", "11", ROOM "]", M, "@mod:h", "@u:h",
		"{\"membership\":\"leave\"}", DENY, NULL},
	{"kick from outside", "11", ROOM "]", M, "@u:h", "@x:h", "{\"membership\":\"leave\"}", DENY,
		NULL},
	{"unban", "11", ROOM "," MEMBER("@n:h", "ban") "]", M, "@n:h", "@mod:h",
		"{\"membership\":\"leave\"}", ALLOW, NULL},
	{"unban with the power to kick only", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," MEMBER("@n:h", "ban") "," POWER(
			"{\"ban\":60," USERS "}") "]",
		M, "@n:h", "@mod:h", "{\"membership\":\"leave\"}", DENY, NULL},
	{"ban", "11", ROOM "]", M, "@u:h", "@mod:h", "{\"membership\":\"ban\"}", ALLOW, NULL},
	{"ban somebody who never came", "11", ROOM "]", M, "@n:h", "@mod:h",
		"{\"membership\":\"ban\"}", ALLOW, NULL},
	{"ban an equal", "11", ROOM "]", M, "@mod2:h", "@mod:h", "{\"membership\":\"ban\"}", DENY,
		NULL},
	{"ban without the power", "11", ROOM "]", M, "@n:h", "@u:h", "{\"membership\":\"ban\"}",
		DENY, NULL},
	{"ban from outside", "11", ROOM "]", M, "@u:h", "@x:h", "{\"membership\":\"ban\"}", DENY,
		NULL},

	/* knocking */
	{"knock", "11", "[" CREATE("11") "," RULE("knock") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"knock\"}", ALLOW, NULL},
	{"knock on a restricted room", "11", "[" CREATE("11") "," RULE("knock_restricted") "]", M,
		"@n:h", "@n:h", "{\"membership\":\"knock\"}", ALLOW, NULL},
	{"knock where nobody opens", "11", ROOM "]", M, "@n:h", "@n:h",
		"{\"membership\":\"knock\"}", DENY, NULL},
	{"knock for somebody else", "11", "[" CREATE("11") "," RULE("knock") "]", M, "@n:h", "@c:h",
		"{\"membership\":\"knock\"}", DENY, NULL},
	{"knock while banned", "11",
		"[" CREATE("11") "," RULE("knock") "," MEMBER("@n:h", "ban") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"knock\"}", DENY, NULL},
	{"knock while inside", "11", "[" CREATE("11") "," RULE("knock") "," JOINED("@n:h") "]", M,
		"@n:h", "@n:h", "{\"membership\":\"knock\"}", DENY, NULL},

	/* shapes of memberships */
	{"a membership that is none", "11", ROOM "]", M, "@u:h", "@u:h",
		"{\"membership\":\"here\"}", DENY, NULL},
	{"no membership", "11", ROOM "]", M, "@u:h", "@u:h", "{}", DENY, NULL},
	{"a member without state key", "11", ROOM "]", M, NULL, "@u:h", "{\"membership\":\"join\"}",
		DENY, NULL},

	/* other events */
	{"message", "11", ROOM "]", "m.room.message", NULL, "@u:h", "{}", ALLOW, NULL},
	{"message from outside", "11", ROOM "]", "m.room.message", NULL, "@x:h", "{}", DENY, NULL},
	{"message below the default level", "11",
		"[" CREATE("11") "," JOINED("@u:h") "," POWER("{\"events_default\":1}") "]",
		"m.room.message", NULL, "@u:h", "{}", DENY, NULL},
	{"message with a level of its own", "11",
		"[" CREATE("11") "," JOINED("@u:h") "," POWER(
			"{\"events_default\":1,\"events\":{\"m.room.message\":0}}") "]",
		"m.room.message", NULL, "@u:h", "{}", ALLOW, NULL},
	{"state without the power", "11", ROOM "]", "m.room.name", "", "@u:h", "{}", DENY, NULL},
	{"state with the power", "11", ROOM "]", "m.room.name", "", "@mod:h", "{}", ALLOW, NULL},
	{"state in a room without power levels", "11",
		"[" CREATE("11") "," JOINED("@c:h") "," JOINED("@u:h") "]", "m.room.name", "",
		"@u:h", "{}", DENY, NULL},
	{"the same by the creator", "11", "[" CREATE("11") "," JOINED("@c:h") "]", "m.room.name",
		"", "@c:h", "{}", ALLOW, NULL},
	{"state under somebody else's id", "11", ROOM "]", "x", "@u:h", "@c:h", "{}", DENY, NULL},
	{"state under one's own id", "11", ROOM "]", "x", "@mod:h", "@mod:h", "{}", ALLOW, NULL},
	{"redaction by anybody", "11", ROOM "]", "m.room.redaction", NULL, "@u:h",
		"{\"redacts\":\"$e\"}", ALLOW, NULL},
	{"third-party invite event", "11", ROOM "]", "m.room.third_party_invite", "t", "@u:h", "{}",
		ALLOW, NULL},
	{"third-party invite event without the power", "11",
		"[" CREATE("11") "," JOINED("@u:h") "," POWER("{\"invite\":1}") "]",
		"m.room.third_party_invite", "t", "@u:h", "{}", DENY, NULL},

	/* power levels */
	{"first power levels", "11", "[" CREATE("11") "," JOINED("@c:h") "]", PL, "", "@c:h",
		"{\"ban\":1000}", ALLOW, NULL},
	{"a level that is text", "11", ROOM "]", PL, "", "@c:h", "{\"ban\":\"50\"}", DENY, NULL},
	{"a level of users that is text", "11", ROOM "]", PL, "", "@c:h",
		"{\"users\":{\"@u:h\":\"50\"}}", DENY, NULL},
	{"users with a key that is no user", "11", ROOM "]", PL, "", "@c:h",
		"{\"users\":{\"u\":5}}", DENY, NULL},
	{"events that are no object", "11", ROOM "]", PL, "", "@c:h", "{\"events\":[]}", DENY,
		NULL},
	{"notifications with text", "11", ROOM "]", PL, "", "@c:h",
		"{\"notifications\":{\"room\":\"x\"}}", DENY, NULL},
	{"a moderator changes nothing", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]", PL, "",
		"@mod:h", "{" USERS "}", ALLOW, NULL},
	{"raise somebody to one's own level", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]", PL, "",
		"@mod:h", "{\"users\":{\"@c:h\":100,\"@mod:h\":50,\"@mod2:h\":50,\"@u:h\":50}}",
		ALLOW, NULL},
	{"raise somebody above oneself", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]", PL, "",
		"@mod:h", "{\"users\":{\"@c:h\":100,\"@mod:h\":50,\"@mod2:h\":50,\"@u:h\":51}}",
		DENY, NULL},
	{"lower an equal", "11", "[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]",
		PL, "", "@mod:h", "{\"users\":{\"@c:h\":100,\"@mod:h\":50,\"@mod2:h\":0}}", DENY,
		NULL},
	{"lower oneself", "11", "[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]",
		PL, "", "@mod:h", "{\"users\":{\"@c:h\":100,\"@mod:h\":10,\"@mod2:h\":50}}", ALLOW,
		NULL},
	{"take a superior off the list", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]", PL, "",
		"@mod:h", "{\"users\":{\"@mod:h\":50,\"@mod2:h\":50}}", DENY, NULL},
	{"add a level above one's own", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]", PL, "",
		"@mod:h", "{" USERS ",\"redact\":51}", DENY, NULL},
	{"remove a level above one's own", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS ",\"redact\":51}") "]",
		PL, "", "@mod:h", "{" USERS "}", DENY, NULL},
	{"change an event's level above one's own", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER(
			"{" USERS ",\"events\":{\"x\":60}}") "]",
		PL, "", "@mod:h", "{" USERS ",\"events\":{\"x\":50}}", DENY, NULL},
	{"change a notification level above one's own", "11",
		"[" CREATE("11") "," JOINED("@mod:h") "," POWER("{" USERS "}") "]", PL, "",
		"@mod:h", "{" USERS ",\"notifications\":{\"room\":60}}", DENY, NULL},

	/* what the versions before 10 do otherwise */
	{"the creator's join behind an event that is named with its hash", "1", "[" CREATE("1") "]",
		M, "@c:h", "@c:h", "{\"membership\":\"join\"}", ALLOW,
		",\"prev_events\":[[\"$0\",{\"sha256\":\"x\"}]]"},
	{"aliases by a server of which nobody is inside", "5", ROOM "]", "m.room.aliases", "x",
		"@n:x", "{}", ALLOW, NULL},
	{"aliases for another server", "5", ROOM "]", "m.room.aliases", "h", "@n:x", "{}", DENY,
		NULL},
	{"aliases without a state key", "5", ROOM "]", "m.room.aliases", NULL, "@c:h", "{}", DENY,
		NULL},
	{"aliases are state like any other from version 6", "6", ROOM "]", "m.room.aliases", "x",
		"@n:x", "{}", DENY, NULL},
	{"redaction of an event that another server named", "2", ROOM "]", "m.room.redaction", NULL,
		"@u:h", "{}", DENY, ",\"redacts\":\"$e:x\""},
	{"redaction of an event that the own server named", "2", ROOM "]", "m.room.redaction", NULL,
		"@u:h", "{}", ALLOW, ",\"redacts\":\"$e:h\""},
	{"redaction with the power", "2", ROOM "]", "m.room.redaction", NULL, "@mod:h", "{}", ALLOW,
		",\"redacts\":\"$e:x\""},
	{"redactions are judged elsewhere from version 3", "3", ROOM "]", "m.room.redaction", NULL,
		"@u:h", "{}", ALLOW, ",\"redacts\":\"$e:x\""},
	{"knock before version 7", "6", "[" CREATE("6") "," RULE("knock") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"knock\"}", DENY, NULL},
	{"knock from version 7", "7", "[" CREATE("7") "," RULE("knock") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"knock\"}", ALLOW, NULL},
	{"take back a knock before version 7", "6", ROOM "," MEMBER("@n:h", "knock") "]", M, "@n:h",
		"@n:h", "{\"membership\":\"leave\"}", DENY, NULL},
	{"join with an invite where the rule is not known yet", "6",
		"[" CREATE("6") "," RULE("knock") "," MEMBER("@n:h", "invite") "]", M, "@n:h",
		"@n:h", "{\"membership\":\"join\"}", DENY, NULL},
	{"restricted join before version 8", "7",
		"[" CREATE("7") "," JOINED("@c:h") "," RULE("restricted") "]", M, "@n:h", "@n:h",
		AUTHORISED("@c:h"), DENY, ",\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"},
	{"restricted join from version 8", "8",
		"[" CREATE("8") "," JOINED("@c:h") "," RULE("restricted") "]", M, "@n:h", "@n:h",
		AUTHORISED("@c:h"), ALLOW, ",\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"},
	{"before version 8 nobody asks who authorised", "7", "[" CREATE("7") "," RULE("public") "]",
		M, "@n:h", "@n:h", AUTHORISED("@c:h"), ALLOW, NULL},
	{"knock_restricted before version 10", "9",
		"[" CREATE("9") "," JOINED("@c:h") "," RULE("knock_restricted") "]", M, "@n:h",
		"@n:h", AUTHORISED("@c:h"), DENY, ",\"signatures\":{\"h\":{\"ed25519:1\":\"s\"}}"},
	{"knock on a knock_restricted room before version 10", "9",
		"[" CREATE("9") "," RULE("knock_restricted") "]", M, "@n:h", "@n:h",
		"{\"membership\":\"knock\"}", DENY, NULL},
	{"levels as text", "9", ROOM "]", PL, "", "@c:h",
		"{\"ban\":\"50\",\"users\":{\"@c:h\":\" +0100 \",\"@mod:h\":\"50\"}}", ALLOW, NULL},
	{"a level as text counts as what it says", "9", ROOM "]", PL, "", "@mod:h",
		"{" USERS ",\"ban\":\"51\"}", DENY, NULL},
	{"the level that somebody has is text", "9",
		"[" CREATE("9") "," JOINED("@u:h") "," POWER("{\"users\":{\"@u:h\":\"050\"}}") "]",
		"m.room.name", "", "@u:h", "{}", ALLOW, NULL},
	{"a level that is a fraction is cut", "5",
		"[" CREATE("5") "," JOINED("@u:h") "," POWER("{\"users\":{\"@u:h\":50.9}}") "]",
		"m.room.name", "", "@u:h", "{}", ALLOW, NULL},
	{"and is not rounded", "5",
		"[" CREATE("5") "," JOINED("@u:h") "," POWER("{\"users\":{\"@u:h\":49.9}}") "]",
		"m.room.name", "", "@u:h", "{}", DENY, NULL},
	{"fractions are no levels from version 6", "6", ROOM "]", PL, "", "@c:h",
		"{\"users\":{\"@u:h\":50.9}}", DENY, NULL},
	{"a level that is no number, outside users", "9", ROOM "]", PL, "", "@c:h",
		"{" USERS ",\"ban\":\"x\",\"events\":[]}", ALLOW, NULL},
	{"notification levels are anybody's before version 6", "5", ROOM "]", PL, "", "@c:h",
		"{" USERS ",\"notifications\":{\"room\":1000}}", ALLOW, NULL},
	{"and guarded from version 6", "6", ROOM "]", PL, "", "@c:h",
		"{" USERS ",\"notifications\":{\"room\":1000}}", DENY, NULL},

	/* creators of version 12 */
	{"a create event that is not the room's", "12",
		"[" JOINED("@c:h") ",[\"m.room.create\",\"\",\"@c:h\",{}]]", "x", NULL, "@c:h",
		"{}", DENY, NULL},
	{"creators stand above every level", "12", ROOM12 "]", PL, "", "@c:h",
		"{\"state_default\":9007199254740991}", ALLOW, NULL},
	{"an additional creator too", "12", ROOM12 "]", PL, "", "@c2:h",
		"{\"state_default\":9007199254740991}", ALLOW, NULL},
	{"creators are not listed in users", "12", ROOM12 "]", PL, "", "@c:h",
		"{\"users\":{\"@c:h\":100}}", DENY, NULL},
	{"nor are additional ones", "12", ROOM12 "]", PL, "", "@c:h", "{\"users\":{\"@c2:h\":100}}",
		DENY, NULL},
	{"a creator cannot be kicked by a creator", "12", ROOM12 "]", M, "@c2:h", "@c:h",
		"{\"membership\":\"leave\"}", DENY, NULL},
	{"a moderator is kicked by a creator", "12", ROOM12 "]", M, "@mod:h", "@c2:h",
		"{\"membership\":\"leave\"}", ALLOW, NULL},
	{"in version 11 additional creators mean nothing", "11",
		"[[\"m.room.create\",\"\",\"@c:h\",{\"additional_creators\":[\"@u:h\"]}]," JOINED(
			"@u:h") "]",
		"m.room.name", "", "@u:h", "{}", DENY, NULL},
};

static struct event *make_event(struct arena *arena, const struct auth_case *c, struct str event_id,
	struct str type, struct str key, struct str sender, struct str content, const char *extra)
{
	struct str text = arena_printf(arena,
		"{\"type\":\"%.*s\",\"sender\":\"%.*s\",\"content\":%.*s,\"depth\":1,"
		"\"origin_server_ts\":1%s%.*s%s%s}",
		STR_FMT(type), STR_FMT(sender), STR_FMT(content),
		key.p == NULL ? "" : ",\"state_key\":\"", STR_FMT(key), key.p == NULL ? "" : "\"",
		extra == NULL ? "" : extra);
	const struct room_version *version = room_version_find(str_c(c->version));
	/* The create event is the first of each state. */
	struct str room_id = version->room_id_is_hash ? STR("!0") : STR("!r:h");
	struct event *event;

	check_ok(event_parse(arena, version, room_id, event_id, text, &event));
	return event;
}

static struct auth_state make_state(struct arena *arena, const struct auth_case *c)
{
	const struct json *list;

	check_ok(json_parse(arena, str_c(c->state), &list, NULL));
	const struct event **events =
		ARENA_ARRAY(arena, const struct event *, json_count(list) + 1);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *row = json_at(list, i);
		BUF_SCOPE(content, 4096);

		json_write(json_at(row, 3), &content);
		events[i] = make_event(arena, c, arena_printf(arena, "$%zu", i),
			json_str(json_at(row, 0)), json_str(json_at(row, 1)),
			json_str(json_at(row, 2)), buf_str(&content), NULL);
	}
	return (struct auth_state){events, json_count(list)};
}

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct auth_case *c = &cases[i];
		ARENA_SCOPE(arena);
		struct auth_state room = make_state(arena, c);
		struct event *event = make_event(arena, c, STR("$new:h"), str_c(c->type),
			str_c(c->key), str_c(c->sender), str_c(c->content), c->extra);
		const char *why = NULL;
		enum status status = auth_check(event, &room, &why);

		if ((status == STATUS_OK) != (c->verdict == ALLOW))
			fail_msg("%s: %s (%s)", c->name, status_name(status),
				why == NULL ? "no reason" : why);
		if (status != STATUS_OK)
			assert_non_null(why);
	}
}

/* A third-party invite with a real signature. */
static void third_party_invite(void **state)
{
	static const uint8_t seed[ED25519_SEED_BYTES] = {7};
	struct auth_case c = {.version = "11"};
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct ed25519_key *key;
	ARENA_SCOPE(arena);

	(void)state;
	check_ok(ed25519_key_new(seed, &key));
	ed25519_sign(key, STR("{\"mxid\":\"@n:h\",\"token\":\"t\"}"), signature);
	struct str sign64 = base64_encode(
		arena, str_n((const char *)signature, sizeof(signature)), BASE64_UNPADDED);
	struct str key64 = base64_encode(arena,
		str_n((const char *)ed25519_public(key), ED25519_PUBLIC_BYTES), BASE64_UNPADDED);
	ed25519_key_free(&key);
	c.state = arena_c_str(arena,
		arena_printf(arena,
			ROOM ",[\"m.room.third_party_invite\",\"t\",\"@u:h\",{\"public_keys\":["
			     "{\"public_key\":\"%.*s\"}]}]]",
			STR_FMT(key64)));
	struct auth_state room = make_state(arena, &c);
	struct str content = arena_printf(arena,
		"{\"membership\":\"invite\",\"third_party_invite\":{\"signed\":{\"mxid\":\"@n:h\","
		"\"token\":\"t\",\"signatures\":{\"id\":{\"ed25519:0\":\"%.*s\"}}}}}",
		STR_FMT(sign64));
	const char *why;
	check_ok(auth_check(
		make_event(arena, &c, STR("$new"), STR(M), STR("@n:h"), STR("@u:h"), content, NULL),
		&room, &why));
	check_status(auth_check(make_event(arena, &c, STR("$new"), STR(M), STR("@n:h"), STR("@c:h"),
					content, NULL),
			     &room, &why),
		STATUS_DENIED);
	check_status(auth_check(make_event(arena, &c, STR("$new"), STR(M), STR("@o:h"), STR("@u:h"),
					content, NULL),
			     &room, &why),
		STATUS_DENIED);
}

static void selection_of_auth_events(void **state)
{
	ARENA_SCOPE(arena);
	const struct json *content;
	struct auth_key keys[AUTH_KEYS_MAX];
	struct auth_subject subject = {
		.type = STR("m.room.member"), .sender = STR("@a:h"), .state_key = STR("@b:h")};

	(void)state;
	check_ok(json_parse(arena,
		STR("{\"membership\":\"invite\",\"third_party_invite\":{\"signed\":{\"token\":"
		    "\"t\"}}}"),
		&content, NULL));
	subject.version = room_version_find(STR("11"));
	subject.content = content;
	assert_int_equal(auth_keys(&subject, keys), 6);
	assert_string_equal(keys[0].type, "m.room.create");
	assert_string_equal(keys[5].type, "m.room.third_party_invite");
	subject.version = room_version_find(STR("12"));
	assert_int_equal(auth_keys(&subject, keys), 5);
	assert_string_equal(keys[0].type, "m.room.power_levels");
	check_ok(json_parse(arena, STR(AUTHORISED("@c:h")), &content, NULL));
	subject.content = content;
	subject.state_key = STR("@a:h");
	assert_int_equal(auth_keys(&subject, keys), 4);
	check_str(keys[3].state_key, "@c:h");
	subject.type = STR("m.room.create");
	assert_int_equal(auth_keys(&subject, keys), 0);
}

static void cited_auth_events(void **state)
{
	struct auth_case c = {.version = "11", .state = ROOM "]"};
	ARENA_SCOPE(arena);
	struct auth_state room = make_state(arena, &c);
	struct event *event = make_event(
		arena, &c, STR("$new"), STR("x"), STR_EMPTY, STR("@u:h"), STR("{}"), NULL);
	const struct event *good[] = {room.events[0], room.events[4], room.events[5]};
	const struct event *twice[] = {room.events[0], room.events[4], room.events[4]};
	const struct event *foreign[] = {room.events[0], room.events[6]};
	const char *why;

	(void)state;
	check_ok(auth_check_cited(event, good, 3, &why));
	check_status(auth_check_cited(event, good + 1, 2, &why), STATUS_DENIED);
	check_status(auth_check_cited(event, twice, 3, &why), STATUS_DENIED);
	check_status(auth_check_cited(event, foreign, 2, &why), STATUS_DENIED);
	event->room_id = STR("!other:h");
	check_status(auth_check_cited(event, good, 3, &why), STATUS_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(third_party_invite),
		cmocka_unit_test(selection_of_auth_events),
		cmocka_unit_test(cited_auth_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
