/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a participant sends behind SRTP, through the router to a subscriber. The input is a row of
 * packets: one byte of kind and time, one of length, the packet itself.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/transport/dtls.h"
#include "sfu/transport/sctp.h"

#define MEETING	   1
#define PUBLISHER  2
#define SUBSCRIBER 3
#define AUDIO	   4
#define VIDEO	   5

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dtls_identity *identity;
static struct team *team;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	team = team_new(1, 4);
	return dtls_identity_new(&identity) == STATUS_OK ? 0 : 1;
}

static struct peer *open_peer(struct media *media, uint64_t id)
{
	static const struct rtp_extension_ids ids = {.id = {4, 10, 11, 1, 3, 2, 13}};
	struct media_command *c = media_command_new(MEDIA_OPEN_TRANSPORT);
	role_take(&on_media);
	c->meeting = MEETING;
	c->transport = id;
	c->u.params.extensions = ids;
	(void)snprintf(
		c->u.params.local_ufrag, sizeof(c->u.params.local_ufrag), "%u", (unsigned)id);
	media_apply(media, c);
	struct peer *peer = map_find(media->peers, media_key(&id));
	peer->connected = true; /* nothing leaves without keys, but all is prepared */
	return peer;
}

static void publish(struct media *media, uint64_t track, enum media_kind kind)
{
	struct media_command *c = media_command_new(MEDIA_PUBLISH);
	role_take(&on_media);
	c->u.publish = (struct media_publish){.transport = PUBLISHER,
		.track = track,
		.kind = kind,
		.speaker = true,
		.mid = {kind == MEDIA_AUDIO ? '0' : '1'},
		.codecs = {{.name = kind == MEDIA_AUDIO ? CODEC_OPUS : CODEC_VP8,
			.payload_type = kind == MEDIA_AUDIO ? 111 : 96,
			.rtx_payload_type = kind == MEDIA_AUDIO ? MEDIA_NO_PAYLOAD : 97,
			.nack = true}},
		.codec_count = 1,
		.encodings = {{.rid = "q", .ssrc = (uint32_t)track, .rtx_ssrc = 8},
			{.rid = "h", .ssrc = 9}},
		.encoding_count = kind == MEDIA_AUDIO ? 1 : 2};
	struct media_codec codec = c->u.publish.codecs[0];
	media_apply(media, c);
	c = media_command_new(MEDIA_SUBSCRIBE);
	c->u.subscribe = (struct media_subscribe){.downtrack = track,
		.track = track,
		.transport = SUBSCRIBER,
		.mid = "m",
		.codec = codec,
		.ssrc = 0x100 + (uint32_t)track,
		.rtx_ssrc = 0x200,
		.settings = {.max_encoding = 2}};
	media_apply(media, c);
}

static void feed(
	struct media *media, struct peer *from, struct peer *to, const uint8_t *data, size_t size)
{
	role_take(&on_media);
	while (size > 2) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;
		media->now_us += (data[0] & 0xf0) * 1000;
		media->arrived_us = media->now_us;
		switch (data[0] & 3) {
		case 0:
			feedback_receive(from, data + 2, n);
			break;
		case 1:
			feedback_receive(to, data + 2, n);
			break;
		default:
			forward_rtp(from, data + 2, n);
			break;
		}
		media_tick(media);
		data += 2 + n;
		size -= 2 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media *media = MEM_NEW(struct media);
	struct mailbox *events = mailbox_new(4);
	role_take(&on_media);
	media_init(media, identity, events, NULL, team, 0);
	media->now_us = media->tick_us = 1000000;
	struct media_command *c = media_command_new(MEDIA_OPEN_MEETING);
	c->meeting = MEETING;
	media_apply(media, c);
	struct peer *from = open_peer(media, PUBLISHER);
	struct peer *to = open_peer(media, SUBSCRIBER);
	publish(media, AUDIO, MEDIA_AUDIO);
	publish(media, VIDEO, MEDIA_VIDEO);
	feed(media, from, to, data, size);
	media_release(media);
	mailbox_free(&events, media_event_drop);
	mem_freep(&media);
	return 0;
}
