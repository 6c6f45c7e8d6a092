/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram's way from the socket to the stage that it is for. */
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/transport/demux.h"

#define TAKEOVER_MS 5000 /* a silent peer's address may be used by another after this long */

/*
 * An address belongs to one peer. Another one's check from there counts only once the first has
 * fallen silent: otherwise a participant could forge source addresses and cut others off.
 */
static bool belongs_to_another(
	const struct media *media, const struct peer *peer, const struct address *remote)
{
	const struct peer *owner = map_find(media->addresses, media_address_key(remote));
	return owner != NULL && owner != peer &&
	       media->now_us / 1000 - transport_heard_ms(owner->transport) < TAKEOVER_MS;
}

/* A peer of another media thread, likewise: until that one has forgotten it. */
static bool belongs_elsewhere(const struct media *media, const struct address *remote)
{
	const struct team *team = media->team;
	unsigned owner = team->steering == NULL
				 ? STEERING_NOBODY
				 : steering_find(team->steering, media_address_key(remote));
	return owner != STEERING_NOBODY && owner != media->index;
}

static bool pass_connection(struct media *media, unsigned to, const struct path *path)
{
	struct tcp_stranger *stranger = tcp_hand_over(media->tcp, path);
	if (stranger == NULL) {
		return false;
	}
	struct media_command *command = media_command_new(MEDIA_TAKE_CONNECTION);
	command->u.stranger = stranger;
	if (mailbox_send(media->team->members[to].commands, command) != STATUS_OK) {
		media_command_free(&command);
		media->counters.not_passed++;
	}
	return true;
}

/* To the thread that this key leads to: false when it is ours, or nobody's. */
static bool pass_on(struct media *media, struct str key, const struct datagram *datagram)
{
	struct team *team = media->team;
	unsigned to = team->steering == NULL ? STEERING_NOBODY : steering_find(team->steering, key);
	if (to == STEERING_NOBODY || to == media->index) {
		return false;
	}
	if (datagram->path.remote.protocol == ADDRESS_TCP) {
		return pass_connection(media, to, &datagram->path);
	}
	if (handoff_put(team->members[to].from[media->index], datagram)) {
		media->passed |= 1u << to;
		media->counters.passed_on++;
		media->counters.bytes_in -= (int64_t)datagram->size; /* counted there */
	} else {
		media->counters.not_passed++;
	}
	return true;
}

static bool has_remote(const struct ice *ice, const struct address *remote)
{
	for (unsigned i = 0; i < ice->path_count; i++) {
		if (address_eq(&ice->paths[i].path.remote, remote)) {
			return true;
		}
	}
	return false;
}

void media_drop_path(struct media *media, struct peer *peer, const struct path *path)
{
	struct str key = media_address_key(&path->remote);
	if (path->remote.protocol == ADDRESS_TCP) {
		tcp_close(media->tcp, path);
	}
	if (!has_remote(transport_ice(peer->transport), &path->remote) &&
		map_find(media->addresses, key) == peer) {
		(void)map_remove(media->addresses, key);
		if (media->team->steering != NULL) {
			steering_remove(media->team->steering, key, media->index);
		}
	}
}

static void receive_stun(struct media *media, const struct datagram *datagram) REQUIRES(on_media)
{
	struct stun_message message;
	struct ice_result result;
	if (!sources_admit(&media->sources, &datagram->path.remote, media->now_us / 1000)) {
		media->counters.dropped_limited++;
		return;
	}
	if (stun_parse(datagram->bytes, datagram->size, &message) != STATUS_OK) {
		media->counters.dropped_malformed++;
		return;
	}
	struct peer *peer = map_find(media->ufrags, ice_ufrag_of(&message));
	if (peer == NULL) {
		media->counters.dropped_stranger +=
			!pass_on(media, ice_ufrag_of(&message), datagram);
		return;
	}
	if (belongs_to_another(media, peer, &datagram->path.remote) ||
		belongs_elsewhere(media, &datagram->path.remote)) {
		media->counters.dropped_unproven++;
		return;
	}
	enum ice_verdict verdict = transport_check(
		peer->transport, &message, &datagram->path, media->now_us / 1000, &result);
	if (verdict != ICE_ACCEPT && verdict != ICE_NEW_PATH) {
		media->counters.dropped_unproven++;
		return;
	}
	if (result.restarted) {
		media_forget_ufrag(peer, peer->previous_ufrag);
	}
	if (result.evicted) {
		media_drop_path(media, peer, &result.evicted_path);
	}
	if (datagram->path.remote.protocol == ADDRESS_TCP) {
		tcp_prove(media->tcp, &datagram->path);
	}
	struct str key = media_address_key(&datagram->path.remote);
	enum status status = map_put(media->addresses, key, peer, NULL);
	media->counters.dropped += status != STATUS_OK;
	if (media->team->steering != NULL && verdict == ICE_NEW_PATH) {
		steering_put(media->team->steering, key, media->index);
	}
	if (peer->lost) {
		media_follow_peer(peer);
	}
}

void media_receive(struct media *media, const struct datagram *datagram)
{
	media->counters.bytes_in += (int64_t)datagram->size;
	media->arrived_us = datagram->arrived_us;
	enum packet_kind kind = demux(datagram->bytes, datagram->size);
	if (kind == PACKET_STUN) {
		receive_stun(media, datagram);
		return;
	}
	struct str key = media_address_key(&datagram->path.remote);
	struct peer *peer = map_find(media->addresses, key);
	if (peer == NULL) {
		media->counters.dropped_stranger += !pass_on(media, key, datagram);
		return;
	}
	size_t n = datagram->size;
	enum transport_verdict verdict =
		transport_handle(peer->transport, datagram->bytes, &n, media->now_us / 1000);
	peer->counts.bytes_in += datagram->size;
	if (verdict == TRANSPORT_NONE) {
		media->counters.dropped_forged += kind != PACKET_DTLS;
		media_follow_peer(peer);
		return;
	}
	media->counters.packets_in++;
	peer->counts.packets_in++;
	if (verdict == TRANSPORT_RTP) {
		forward_rtp(peer, datagram->bytes, n);
	} else {
		feedback_receive(peer, datagram->bytes, n);
	}
}
