/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data messages of peers. A reliable one is delivered, or its receiver is told to come anew: none
 * is left out in silence. Hence three bounds:
 *
 *	what a peer sends	costs credit, which time gives back. Without credit its packets are
 *				refused, as if lost on the way, and SCTP makes it slow down.
 *	what a peer is to get	waits in SCTP, then here; while anybody is behind, nobody of that
 *				meeting may send more.
 *	who stays behind	is given up after BEHIND_US, so that one cannot silence the others.
 */
#include "sfu/media/media.h"
#include "sfu/media/peer.h"

#define BYTES_PER_SECOND (INT64_C(16) * 1024 * 1024)
#define CREDIT_MAX	 (INT64_C(2) * 1024 * 1024)
#define WAITING_MAX	 (4 * 1024 * 1024) /* bytes */
#define BEHIND_US	 20000000

/* --- in --------------------------------------------------------------------------------------- */

static void refill(struct peer *peer)
{
	int64_t passed_us = peer->media->now_us - peer->data_us;
	int64_t credit = peer->data_credit + passed_us * (BYTES_PER_SECOND / 1000) / 1000;
	peer->data_us = peer->media->now_us;
	peer->data_credit = credit < CREDIT_MAX ? credit : CREDIT_MAX;
}

void media_data_init(struct peer *peer)
{
	peer->data_us = peer->media->now_us;
	peer->data_credit = CREDIT_MAX;
}

bool media_data_may_come(struct peer *peer)
{
	refill(peer);
	return peer->data_credit > 0 && peer->media->backlog_count == 0 &&
	       peer->meeting->behind_count == 0;
}

void media_data_arrived(struct peer *peer, unsigned channel, const uint8_t *bytes, size_t n)
{
	peer->data_credit -= (int64_t)n + MEDIA_MESSAGE_COST;
	for (size_t i = 0; i < CHANNEL_COUNT; i++) {
		if (peer->channels[i] == channel) {
			struct media_event *event =
				media_event_new_data(peer->id, (enum media_channel)i, bytes, n);
			event->meeting = peer->meeting->id;
			event->participant = peer->participant;
			media_tell(peer->media, event);
			return;
		}
	}
}

/* --- out -------------------------------------------------------------------------------------- */

static enum status transmit(struct peer *peer, const struct media_data *data)
{
	bool fits = peer->data_max == 0 || data->size <= peer->data_max;
	if (data->channel >= CHANNEL_COUNT || peer->channels[data->channel] == PEER_NO_CHANNEL ||
		!fits) {
		return STATUS_UNAVAILABLE;
	}
	return transport_send_data(
		peer->transport, peer->channels[data->channel], data->bytes, data->size);
}

static void drop_first(struct peer *peer)
{
	struct media_command *first = peer->waiting;
	peer->waiting = first->next;
	peer->waiting_bytes -= first->u.data.size;
	if (peer->waiting == NULL) {
		peer->waiting_last = NULL;
		peer->meeting->behind_count--;
	}
	media_command_free(&first);
}

void media_data_release(struct peer *peer)
{
	while (peer->waiting != NULL) {
		drop_first(peer);
	}
}

static void give_up(struct peer *peer) REQUIRES(on_media)
{
	struct media_event *event = media_event_about(peer, MEDIA_TRANSPORT_LOST);
	event->u.lost = LOST_BEHIND;
	peer->given_up = true;
	media_data_release(peer);
	media_tell(peer->media, event);
}

static void wait_in_line(struct peer *peer, struct media_command **command)
{
	if (peer->waiting == NULL) {
		peer->waiting = *command;
		peer->waiting_us = peer->media->now_us;
		peer->meeting->behind_count++;
	} else {
		peer->waiting_last->next = *command;
	}
	peer->waiting_last = *command;
	peer->waiting_bytes += (*command)->u.data.size;
	*command = NULL;
}

void media_send_data(struct peer *peer, struct media_command **command)
{
	const struct media_data *data = &(*command)->u.data;
	bool reliable = data->channel == CHANNEL_RELIABLE;
	bool in_line = reliable && peer->waiting != NULL;
	enum status status = peer->given_up ? STATUS_UNAVAILABLE
			     : in_line	    ? STATUS_LIMITED
					    : transmit(peer, data);
	if (status == STATUS_OK) {
		return;
	}
	if (!reliable || status != STATUS_LIMITED) {
		peer->media->counters.data_lost++;
	} else if (peer->waiting_bytes + data->size <= WAITING_MAX) {
		wait_in_line(peer, command);
	} else {
		give_up(peer);
	}
}

void media_data_tick(struct peer *peer)
{
	enum status status = STATUS_OK;
	while (peer->waiting != NULL && status != STATUS_LIMITED) {
		status = transmit(peer, &peer->waiting->u.data);
		if (status != STATUS_LIMITED) {
			peer->media->counters.data_lost += status != STATUS_OK;
			drop_first(peer);
		}
	}
	bool too_long = peer->media->now_us - peer->waiting_us >= BEHIND_US;
	if (peer->waiting != NULL && (too_long || !peer_listens(peer))) {
		give_up(peer);
	}
}
