/* SPDX-License-Identifier: Apache-2.0 */
/* The life of peers, tracks and downtracks on a media thread. */
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/media/downtrack.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"

static const struct {
	struct str label;
	bool lossy; /* unordered, never sent again */
} channel_kinds[CHANNEL_COUNT] = {
	[CHANNEL_RELIABLE] = {STR_INIT("_reliable"), false},
	[CHANNEL_LOSSY] = {STR_INIT("_lossy"), true},
	[CHANNEL_DATA_TRACK] = {STR_INIT("_data_track"), true},
};

/* --- callbacks of the transport --------------------------------------------------------------- */

static enum status on_send(void *context, const struct path *path, enum urgency urgency,
	const uint8_t *datagram, size_t n)
{
	struct media *media = ((struct peer *)context)->media;
	enum status status =
		path->remote.protocol == ADDRESS_TCP
			? tcp_send(media->tcp, path, urgency, datagram, n, media->now_us)
			: udp_send(&media->socket, path, datagram, n);
	if (status == STATUS_OK) {
		media->counters.packets_out++;
		media->counters.bytes_out += (int64_t)n;
	} else {
		media->counters.send_failed += status != STATUS_LIMITED;
	}
	return status;
}

static void on_channel_open(void *context, unsigned channel, struct str label)
{
	struct peer *peer = context;
	role_take(&on_media);
	peer->data_credit -= MEDIA_MESSAGE_COST;
	for (size_t i = 0; i < CHANNEL_COUNT; i++) {
		if (str_eq(channel_kinds[i].label, label)) {
			peer->channels[i] = (uint8_t)channel;
			struct media_event *event = media_event_about(peer, MEDIA_CHANNEL_OPEN);
			event->u.data.channel = (enum media_channel)i;
			media_tell(peer->media, event);
		}
	}
}

static void on_channel_closed(void *context, unsigned channel)
{
	struct peer *peer = context;
	for (size_t i = 0; i < CHANNEL_COUNT; i++) {
		if (peer->channels[i] == channel) {
			peer->channels[i] = PEER_NO_CHANNEL;
		}
	}
}

static bool may_take(void *context)
{
	return media_data_may_come(context);
}

static void on_message(void *context, unsigned channel, const uint8_t *bytes, size_t n)
{
	role_take(&on_media);
	media_data_arrived(context, channel, bytes, n);
}

/* --- peers ------------------------------------------------------------------------------------ */

static void copy_credentials(
	struct ice_credentials *to, const struct media_transport_params *params)
{
	memset(to, 0, sizeof(*to));
	memcpy(to->ufrag, params->local_ufrag, strnlen(params->local_ufrag, ICE_UFRAG_MAX));
	memcpy(to->pwd, params->local_pwd, strnlen(params->local_pwd, ICE_PWD_MAX));
}

static bool has_extensions(const struct rtp_extension_ids *ids)
{
	static const struct rtp_extension_ids none;
	return memcmp(ids, &none, sizeof(none)) != 0;
}

static bool index_ufrag(struct peer *peer, const char *ufrag)
{
	memset(peer->ufrag, 0, sizeof(peer->ufrag));
	memcpy(peer->ufrag, ufrag, strnlen(ufrag, MEDIA_UFRAG_MAX));
	struct media *media = peer->media;
	bool ok = peer->ufrag[0] != '\0' && map_find(media->ufrags, str_c(peer->ufrag)) == NULL &&
		  map_put(media->ufrags, str_c(peer->ufrag), peer, NULL) == STATUS_OK;
	if (ok && media->team->steering != NULL) {
		steering_put(media->team->steering, str_c(peer->ufrag), media->index);
	}
	return ok;
}

static struct peer *peer_new(
	struct media *media, struct meeting *meeting, const struct media_command *command)
{
	const struct media_transport_params *params = &command->u.params;
	struct peer *peer = MEM_NEW(struct peer);
	peer->id = command->transport;
	peer->participant = params->participant;
	peer->media = media;
	peer->meeting = meeting;
	peer->extensions = params->extensions;
	peer->data = params->data;
	peer->data_max = params->data_max_message_size;
	peer->opened_us = media->now_us;
	peer->told_us = media->now_us;
	downlink_init(&peer->downlink);
	media_data_init(peer);
	memset(peer->channels, PEER_NO_CHANNEL, sizeof(peer->channels));
	secret_random(&peer->rtcp_ssrc, sizeof(peer->rtcp_ssrc));
	struct transport_config config = {.identity = media->dtls,
		.remote_ufrag = params->remote_ufrag,
		.sctp = media->team->sctp,
		.data = params->data != DATA_NONE,
		.sctp_port = params->sctp_port == 0 ? 5000 : params->sctp_port,
		.events = {.context = peer,
			.send = on_send,
			.channel_open = on_channel_open,
			.channel_closed = on_channel_closed,
			.may_take = may_take,
			.message = on_message}};
	copy_credentials(&config.local, params);
	peer->transport = transport_new(&config);
	secret_wipe(&config.local, sizeof(config.local));
	if (params->fingerprint_size > 0) {
		transport_set_fingerprint(
			peer->transport, params->fingerprint, params->fingerprint_size);
	}
	return peer;
}

void media_open_peer(struct media *media, const struct media_command *command)
{
	struct meeting *meeting = map_find(media->meetings, media_key(&command->meeting));
	if (meeting == NULL || map_find(media->peers, media_key(&command->transport)) != NULL) {
		return;
	}
	struct peer *peer = peer_new(media, meeting, command);
	if (map_put(media->peers, media_key(&peer->id), peer, NULL) != STATUS_OK) {
		transport_free(&peer->transport);
		mem_freep(&peer);
		return;
	}
	peer->next = meeting->peers;
	meeting->peers = peer;
	if (!index_ufrag(peer, command->u.params.local_ufrag)) {
		/* Nobody can reach it: it will be reported as never connected. */
		memset(peer->ufrag, 0, sizeof(peer->ufrag));
	}
}

static void restart_ice(struct peer *peer, const struct media_transport_params *params)
{
	struct ice_credentials local;
	if (strncmp(params->local_ufrag, peer->ufrag, MEDIA_UFRAG_MAX) == 0) {
		return;
	}
	media_forget_ufrag(peer, peer->previous_ufrag);
	memcpy(peer->previous_ufrag, peer->ufrag, sizeof(peer->ufrag));
	copy_credentials(&local, params);
	transport_restart_ice(peer->transport, &local, params->remote_ufrag);
	secret_wipe(&local, sizeof(local));
	(void)index_ufrag(peer, params->local_ufrag);
}

/* With other ids a packet that is sent again would not be what it was, nor read as it was. */
static void set_extensions(struct peer *peer, const struct rtp_extension_ids *extensions)
{
	if (memcmp(&peer->extensions, extensions, sizeof(*extensions)) == 0) {
		return;
	}
	peer->extensions = *extensions;
	for (struct downtrack *d = peer->downtracks; d != NULL; d = d->next_of_peer) {
		rewrite_forget(&d->rewriter);
	}
	for (struct track *t = peer->tracks; t != NULL; t = t->next) {
		for (struct downtrack *d = t->downtracks; d != NULL; d = d->next_of_track) {
			rewrite_forget(&d->rewriter);
		}
	}
}

void media_update_peer(struct peer *peer, const struct media_transport_params *params)
{
	if (params->local_ufrag[0] != '\0') {
		restart_ice(peer, params);
	}
	if (params->remote_ufrag[0] != '\0') {
		transport_set_remote_ufrag(peer->transport, params->remote_ufrag);
	}
	if (has_extensions(&params->extensions)) {
		set_extensions(peer, &params->extensions);
	}
	if (params->sctp_port != 0) {
		transport_set_sctp_port(peer->transport, params->sctp_port);
	}
	if (params->data_max_message_size != 0) {
		peer->data_max = params->data_max_message_size;
	}
	if (params->data == DATA_ACCEPT && peer->data == DATA_NONE) {
		peer->data = DATA_ACCEPT;
		transport_want_data(peer->transport);
	}
	if (params->fingerprint_size > 0) {
		transport_set_fingerprint(
			peer->transport, params->fingerprint, params->fingerprint_size);
		media_follow_peer(peer);
	}
}

void media_forget_ufrag(struct peer *peer, char ufrag[MEDIA_UFRAG_MAX + 1])
{
	if (ufrag[0] != '\0' && map_find(peer->media->ufrags, str_c(ufrag)) == peer) {
		(void)map_remove(peer->media->ufrags, str_c(ufrag));
		if (peer->media->team->steering != NULL) {
			steering_remove(
				peer->media->team->steering, str_c(ufrag), peer->media->index);
		}
	}
	memset(ufrag, 0, MEDIA_UFRAG_MAX + 1);
}

static void forget_addresses(struct peer *peer)
{
	const struct ice *ice = transport_ice(peer->transport);
	while (ice->path_count > 0) {
		const struct path path = ice->paths[0].path;
		transport_forget_path(peer->transport, &path);
		media_drop_path(peer->media, peer, &path);
	}
}

void media_close_peer(struct peer *peer)
{
	struct media *media = peer->media;
	while (peer->tracks != NULL) {
		media_close_track(peer->tracks);
	}
	while (peer->downtracks != NULL) {
		media_close_downtrack(peer->downtracks);
	}
	struct peer **at = &peer->meeting->peers;
	while (*at != peer) {
		at = &(*at)->next;
	}
	*at = peer->next;
	media_forget_ufrag(peer, peer->ufrag);
	media_forget_ufrag(peer, peer->previous_ufrag);
	transport_close(peer->transport);
	forget_addresses(peer);
	media_data_release(peer);
	(void)map_remove(media->peers, media_key(&peer->id));
	transport_free(&peer->transport);
	mem_freep(&peer);
}

static void tell_lost(struct peer *peer, enum media_lost why) REQUIRES(on_media)
{
	struct media_event *event = media_event_about(peer, MEDIA_TRANSPORT_LOST);
	event->u.lost = why;
	peer->lost = true;
	media_tell(peer->media, event);
}

static void tell_connected(struct peer *peer) REQUIRES(on_media)
{
	bool first = !peer->connected;
	peer->connected = true;
	peer->lost = false;
	media_tell(peer->media, media_event_about(peer, MEDIA_TRANSPORT_CONNECTED));
	for (size_t i = 0; first && peer->data == DATA_OPEN && i < CHANNEL_COUNT; i++) {
		bool lossy = channel_kinds[i].lossy;
		enum status status = transport_open_channel(
			peer->transport, channel_kinds[i].label, lossy, lossy);
		if (status != STATUS_OK) {
			peer->media->counters.data_lost++;
		}
	}
}

void media_follow_peer(struct peer *peer)
{
	enum transport_state state = transport_state(peer->transport);
	int64_t silent_ms = peer->media->now_us / 1000 - transport_heard_ms(peer->transport);
	bool silent = silent_ms >= TRANSPORT_SILENCE_MS;
	if (state == TRANSPORT_CONNECTED && !silent && (!peer->connected || peer->lost)) {
		tell_connected(peer);
	}
	if (peer->lost) {
		return;
	}
	if (state == TRANSPORT_FAILED) {
		tell_lost(peer, LOST_HANDSHAKE);
	} else if (state == TRANSPORT_CLOSED) {
		tell_lost(peer, LOST_CLOSED);
	} else if (peer->connected && silent) {
		tell_lost(peer, LOST_SILENT);
	} else if (!peer->connected &&
		   peer->media->now_us - peer->opened_us >= TRANSPORT_CONNECT_MS * 1000) {
		tell_lost(peer, LOST_NEVER);
	}
}

/* --- tracks and downtracks -------------------------------------------------------------------- */

void media_close_track(struct track *track)
{
	struct peer *peer = track->peer;
	while (track->downtracks != NULL) {
		media_close_downtrack(track->downtracks);
	}
	struct track **at = &peer->tracks;
	while (*at != track) {
		at = &(*at)->next;
	}
	*at = track->next;
	peer_unbind_track(peer, track);
	(void)map_remove(peer->media->tracks, media_key(&track->id));
	track_free(&track);
}

void media_close_downtrack(struct downtrack *downtrack)
{
	struct downtrack **at = &downtrack->track->downtracks;
	while (*at != downtrack) {
		at = &(*at)->next_of_track;
	}
	*at = downtrack->next_of_track;
	at = &downtrack->peer->downtracks;
	while (*at != downtrack) {
		at = &(*at)->next_of_peer;
	}
	*at = downtrack->next_of_peer;
	downlink_forget(&downtrack->peer->downlink, downtrack);
	transport_forget_ssrc(downtrack->peer->transport, downtrack->ssrc);
	transport_forget_ssrc(downtrack->peer->transport, downtrack->rtx_ssrc);
	(void)map_remove(downtrack->peer->media->downtracks, media_key(&downtrack->id));
	downtrack_free(&downtrack);
}
