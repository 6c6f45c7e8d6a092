/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limit of this machine: receives, opens, copies, seals and sends, and nothing else, on one
 * thread, with the SFU's own sockets and SRTP.
 *
 *	bare PEERS PER_MEETING
 *
 * Says its port, and runs until the end of its input. Peers are told apart by the SSRC of what they
 * send (engine_ssrc) and have the keys of peer_fixed_keys(); meetings are so many in a row.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "sfu/transport/demux.h"
#include "sfu/transport/sockets.h"
#include "sfu/transport/wire.h"
#include "tests/bench/sfu/engine.h"

struct end {
	struct srtp_session *srtp;
	struct path path;
	bool known;
};

static struct srtp_session *session_of(unsigned number)
{
	struct srtp_keys theirs, keys;
	struct srtp_session *session = NULL;
	peer_fixed_keys(number, &theirs);
	keys = theirs;
	memcpy(keys.local, theirs.remote, sizeof(keys.local));
	memcpy(keys.remote, theirs.local, sizeof(keys.remote));
	return srtp_session_new(&keys, &session) == STATUS_OK ? session : NULL;
}

static void forward(const struct udp_socket *socket, struct end *ends, unsigned from,
	unsigned per_meeting, const uint8_t *packet, size_t n)
{
	unsigned first = from / per_meeting * per_meeting;
	for (unsigned to = first; to < first + per_meeting; to++) {
		uint8_t copy[SOCKET_PACKET_BYTES + SRTP_TRAILER];
		size_t size = n;
		if (to == from || !ends[to].known) {
			continue;
		}
		memcpy(copy, packet, n);
		if (srtp_seal(ends[to].srtp, copy, &size) == STATUS_OK) {
			(void)!udp_send(socket, &ends[to].path, copy, size);
		}
	}
}

static void take(struct udp_socket *socket, struct end *ends, unsigned count, unsigned per_meeting)
{
	struct datagram datagrams[SOCKET_BATCH];
	size_t n = udp_receive(socket, datagrams);
	for (size_t i = 0; i < n; i++) {
		struct datagram *d = &datagrams[i];
		size_t size = d->size;
		if (size < 12 || demux(d->bytes, size) != PACKET_RTP) {
			continue;
		}
		unsigned from = (get_u32(d->bytes + 8) - engine_ssrc(0, false)) / 4;
		if (from >= count || srtp_open(ends[from].srtp, d->bytes, &size) != STATUS_OK) {
			continue;
		}
		ends[from].path = d->path;
		ends[from].known = true;
		forward(socket, ends, from, per_meeting, d->bytes, size);
	}
}

int main(int argc, char **argv)
{
	int64_t count = 0, per_meeting = 0;
	struct udp_socket socket;
	if (argc != 3 || str_to_i64(str_c(argv[1]), &count) != STATUS_OK ||
		str_to_i64(str_c(argv[2]), &per_meeting) != STATUS_OK || count <= 0 ||
		count > ENGINE_MAX_PEERS || per_meeting <= 0 || count % per_meeting != 0) {
		fputs("bare PEERS PER_MEETING\n", stderr);
		return 2;
	}
	if (srtp_library_start() != STATUS_OK || udp_open("127.0.0.1", 0, &socket) != STATUS_OK) {
		return 1;
	}
	struct end *ends = mem_calloc((size_t)count, sizeof(*ends));
	for (unsigned i = 0; i < count; i++) {
		ends[i].srtp = session_of(i);
	}
	printf("%u\n", (unsigned)socket.port);
	struct pollfd fds[2] = {
		{.fd = socket.fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	while (fflush(stdout) == 0 && poll(fds, 2, -1) > 0 && fds[1].revents == 0) {
		take(&socket, ends, (unsigned)count, (unsigned)per_meeting);
	}
	for (unsigned i = 0; i < count; i++) {
		srtp_session_free(&ends[i].srtp);
	}
	mem_freep(&ends);
	udp_close(&socket);
	srtp_library_stop();
	return 0;
}
