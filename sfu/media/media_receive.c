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
	}
}

static void receive_stun(struct media *media, const struct datagram *datagram) REQUIRES(on_media)
{
	struct stun_message message;
	struct ice_result result;
	if (stun_parse(datagram->bytes, datagram->size, &message) != STATUS_OK) {
		media->counters.dropped++;
		return;
	}
	struct peer *peer = map_find(media->ufrags, ice_ufrag_of(&message));
	if (peer == NULL || belongs_to_another(media, peer, &datagram->path.remote)) {
		media->counters.dropped++;
		return;
	}
	enum ice_verdict verdict = transport_check(
		peer->transport, &message, &datagram->path, media->now_us / 1000, &result);
	if (verdict != ICE_ACCEPT && verdict != ICE_NEW_PATH) {
		media->counters.dropped++;
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
	enum status status =
		map_put(media->addresses, media_address_key(&datagram->path.remote), peer, NULL);
	media->counters.dropped += status != STATUS_OK;
	if (peer->lost) {
		media_follow_peer(peer);
	}
}

void media_receive(struct media *media, const struct datagram *datagram)
{
	media->counters.bytes_in += (int64_t)datagram->size;
	media->arrived_us = datagram->arrived_us;
	if (demux(datagram->bytes, datagram->size) == PACKET_STUN) {
		receive_stun(media, datagram);
		return;
	}
	struct peer *peer = map_find(media->addresses, media_address_key(&datagram->path.remote));
	if (peer == NULL) {
		media->counters.dropped++;
		return;
	}
	size_t n = datagram->size;
	enum transport_verdict verdict =
		transport_handle(peer->transport, datagram->bytes, &n, media->now_us / 1000);
	peer->counts.bytes_in += datagram->size;
	if (verdict == TRANSPORT_NONE) {
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
