/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says while it is in a meeting. Each may end its session's time in it. on_signal. */
#ifndef PARVIS_SFU_REQUESTS_H
#define PARVIS_SFU_REQUESTS_H

#include "sfu/signal/arena_protobuf.h"
#include "sfu/signal/session.h"

/* One SignalRequest. What is not understood is skipped; what cannot be read ends the session. */
void requests_take(struct session *session, struct str message);

void request_add_track(struct session *session, const Livekit__AddTrackRequest *request);
void request_offer(struct session *session, const Livekit__SessionDescription *request);
/* Has its subscriptions negotiated, whichever way is the client's. */
void request_negotiate(struct session *session);

/* requests_receive.c: what it receives, and who may receive what it sends. */
void request_subscription(struct session *session, const Livekit__UpdateSubscription *request);
void request_track_setting(struct session *session, const Livekit__UpdateTrackSettings *request);
void request_sync_state(struct session *session, const Livekit__SyncState *request);
void request_subscription_permission(
	struct session *session, const Livekit__SubscriptionPermission *request);

#endif
