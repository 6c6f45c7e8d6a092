/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/peer.h"

#include "sfu/media/downtrack.h"
#include "sfu/media/track.h"

static size_t place(uint32_t ssrc)
{
	return ssrc * 2654435761u >> 25; /* 7 bits: PEER_SSRCS */
}

struct ssrc_binding *peer_binding(struct peer *peer, uint32_t ssrc)
{
	for (size_t i = 0; i < PEER_SSRCS; i++) {
		struct ssrc_binding *b = &peer->bindings[(place(ssrc) + i) % PEER_SSRCS];
		if (b->ssrc == ssrc) {
			return b->encoding == NULL ? NULL : b;
		}
		if (b->ssrc == 0) {
			return NULL;
		}
	}
	return NULL;
}

bool peer_bind(struct peer *peer, uint32_t ssrc, struct encoding *encoding, bool rtx)
{
	if (ssrc == 0) {
		return false;
	}
	struct ssrc_binding *to = NULL;
	for (size_t i = 0; i < PEER_SSRCS && to == NULL; i++) {
		struct ssrc_binding *b = &peer->bindings[(place(ssrc) + i) % PEER_SSRCS];
		to = b->ssrc == ssrc || b->ssrc == 0 ? b : NULL;
	}
	if (to == NULL) {
		return false;
	}
	*to = (struct ssrc_binding){.ssrc = ssrc, .rtx = rtx, .encoding = encoding};
	return true;
}

void peer_unbind_track(struct peer *peer, const struct track *track)
{
	struct ssrc_binding old[PEER_SSRCS];
	memcpy(old, peer->bindings, sizeof(old));
	memset(peer->bindings, 0, sizeof(peer->bindings));
	for (size_t i = 0; i < PEER_SSRCS; i++) {
		if (old[i].encoding != NULL && old[i].encoding->track != track) {
			(void)peer_bind(peer, old[i].ssrc, old[i].encoding, old[i].rtx);
		}
	}
}

static struct track *track_by_mid(struct peer *peer, struct str mid)
{
	for (struct track *t = peer->tracks; t != NULL; t = t->next) {
		if (mid.n > 0 && str_eq_c(mid, t->mid)) {
			return t;
		}
	}
	return NULL;
}

static struct str ext_text(const struct rtp_packet *packet, enum rtp_extension extension)
{
	return str_n((const char *)packet->ext[extension].p, packet->ext[extension].n);
}

struct ssrc_binding *peer_bind_by_extensions(struct peer *peer, const struct rtp_packet *packet)
{
	struct track *track = track_by_mid(peer, ext_text(packet, RTP_EXT_MID));
	bool rtx;
	if (track == NULL || track_codec(track, packet->payload_type, &rtx) == NULL) {
		return NULL;
	}
	struct encoding *encoding = &track->encodings[0];
	if (encoding->rid[0] != '\0') {
		encoding = track_encoding_by_rid(
			track, ext_text(packet, rtx ? RTP_EXT_REPAIRED_RID : RTP_EXT_RID));
	}
	if (encoding == NULL || !peer_bind(peer, packet->ssrc, encoding, rtx)) {
		return NULL;
	}
	*(rtx ? &encoding->rtx_ssrc : &encoding->ssrc) = packet->ssrc;
	return peer_binding(peer, packet->ssrc);
}

struct downtrack *peer_downtrack_by_ssrc(struct peer *peer, uint32_t ssrc)
{
	for (struct downtrack *d = peer->downtracks; d != NULL; d = d->next_of_peer) {
		if (d->ssrc == ssrc || (d->rtx_ssrc == ssrc && ssrc != 0)) {
			return d;
		}
	}
	return NULL;
}

bool peer_send_rtp(struct peer *peer, enum urgency urgency, uint8_t *packet, size_t n)
{
	if (transport_send_rtp(peer->transport, urgency, packet, n) != STATUS_OK) {
		return false;
	}
	peer->counts.packets_out++;
	peer->counts.bytes_out += n;
	return true;
}

void peer_send_rtcp(struct peer *peer, uint8_t *packet, size_t n)
{
	if (transport_send_rtcp(peer->transport, packet, n) == STATUS_OK) {
		peer->counts.bytes_out += n;
	}
}
