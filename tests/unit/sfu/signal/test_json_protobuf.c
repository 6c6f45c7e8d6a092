/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"
#include "sfu/signal/json_protobuf.h"

static void *read(
	struct arena *arena, const ProtobufCMessageDescriptor *descriptor, const char *text)
{
	const struct json *json;
	assert_int_equal(json_parse(arena, str_c(text), &json, NULL), STATUS_OK);
	return json_protobuf_read(arena, descriptor, json);
}

static void assert_written(const ProtobufCMessage *message, const char *expected)
{
	BUF_SCOPE(out, 4096);
	struct json_writer w;
	jw_init(&w, &out);
	json_protobuf_write(&w, message);
	assert_int_equal(buf_status(&out), STATUS_OK);
	assert_string_equal(buf_str(&out).p, expected);
}

static void reads_both_kinds_of_names(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	const Livekit__MuteRoomTrackRequest *r =
		read(arena, &livekit__mute_room_track_request__descriptor,
			"{\"room\":\"r\",\"trackSid\":\"T\",\"muted\":true,\"other\":[1,{}]}");
	assert_non_null(r);
	assert_string_equal(r->track_sid, "T");
	assert_true(r->muted);
	assert_string_equal(r->identity, "");
	r = read(arena, &livekit__mute_room_track_request__descriptor, "{\"track_sid\":\"U\"}");
	assert_string_equal(r->track_sid, "U");
}

static void reads_lists_maps_bytes_and_enums(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	const Livekit__SendDataRequest *d = read(arena, &livekit__send_data_request__descriptor,
		"{\"data\":\"aGk=\",\"kind\":\"LOSSY\",\"destinationIdentities\":[\"a\",\"b\"]}");
	assert_non_null(d);
	assert_int_equal(d->data.len, 2);
	assert_memory_equal(d->data.data, "hi", 2);
	assert_int_equal(d->kind, LIVEKIT__DATA_PACKET__KIND__LOSSY);
	assert_int_equal(d->n_destination_identities, 2);
	assert_string_equal(d->destination_identities[1], "b");
	const Livekit__UpdateParticipantRequest *u =
		read(arena, &livekit__update_participant_request__descriptor,
			"{\"attributes\":{\"k\":\"v\"},\"permission\":{\"canPublish\":true,"
			"\"canPublishSources\":[\"CAMERA\",2]}}");
	assert_non_null(u);
	assert_int_equal(u->n_attributes, 1);
	assert_string_equal(u->attributes[0]->value, "v");
	assert_true(u->permission->can_publish);
	assert_int_equal(u->permission->can_publish_sources[1], 2);
}

static void refuses_other_kinds(void **state)
{
	(void)state;
	static const char *const bad[] = {"{\"data\":5}", "{\"data\":\"*\"}", "{\"kind\":\"ODD\"}",
		"{\"kind\":1e300}", "{\"destinationIdentities\":{}}",
		"{\"destinationIdentities\":[1]}", "{\"room\":{}}", "[]", "7"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ARENA_SCOPE(arena);
		assert_null(read(arena, &livekit__send_data_request__descriptor, bad[i]));
	}
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	const char *text =
		"{\"sid\":\"P\",\"state\":\"ACTIVE\",\"tracks\":[{\"sid\":\"T\",\"type\":"
		"\"VIDEO\",\"width\":640}],\"joinedAt\":\"-9007199254740993\","
		"\"attributes\":{\"a\":\"b\"}}";
	const Livekit__ParticipantInfo *info =
		read(arena, &livekit__participant_info__descriptor, text);
	assert_non_null(info);
	assert_int_equal(info->joined_at, INT64_C(-9007199254740993));
	assert_written(&info->base, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_kinds_of_names),
		cmocka_unit_test(reads_lists_maps_bytes_and_enums),
		cmocka_unit_test(refuses_other_kinds),
		cmocka_unit_test(writes_what_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
