/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a datagram carries, by how dearly it would be missed: a path that cannot take everything
 * (TCP, transport/tcp.h) leaves out video first, audio after that, and the rest last.
 */
#ifndef PARVIS_SFU_URGENCY_H
#define PARVIS_SFU_URGENCY_H

enum urgency {
	URGENCY_CONTROL, /* STUN, DTLS, RTCP, data channels */
	URGENCY_AUDIO,
	URGENCY_VIDEO,
};

#endif
