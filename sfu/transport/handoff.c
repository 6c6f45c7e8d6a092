/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/handoff.h"

#include <stdatomic.h>
#include <string.h>

#include "common/base/mem.h"

#define CACHE_LINE 64

struct place {
	size_t size;
	struct path path;
	int64_t arrived_us;
	uint8_t bytes[SOCKET_PACKET_BYTES];
};

/* Each end writes one counter; apart, so that they do not take each other's cache line away. */
struct handoff {
	atomic_uint put;
	char apart[CACHE_LINE];
	atomic_uint got;
	char also_apart[CACHE_LINE];
	struct place places[HANDOFF_PLACES];
};

struct handoff *handoff_new(void)
{
	return MEM_NEW(struct handoff);
}

void handoff_free(struct handoff **handoff)
{
	mem_freep(handoff);
}

bool handoff_put(struct handoff *handoff, const struct datagram *datagram)
{
	unsigned put = atomic_load_explicit(&handoff->put, memory_order_relaxed);
	unsigned got = atomic_load_explicit(&handoff->got, memory_order_acquire);
	if (put - got == HANDOFF_PLACES || datagram->size > SOCKET_PACKET_BYTES) {
		return false;
	}
	struct place *to = &handoff->places[put % HANDOFF_PLACES];
	to->size = datagram->size;
	to->path = datagram->path;
	to->arrived_us = datagram->arrived_us;
	memcpy(to->bytes, datagram->bytes, datagram->size);
	atomic_store_explicit(&handoff->put, put + 1, memory_order_release);
	return true;
}

bool handoff_get(struct handoff *handoff, struct datagram *out)
{
	unsigned got = atomic_load_explicit(&handoff->got, memory_order_relaxed);
	if (got == atomic_load_explicit(&handoff->put, memory_order_acquire)) {
		return false;
	}
	struct place *from = &handoff->places[got % HANDOFF_PLACES];
	*out = (struct datagram){.bytes = from->bytes,
		.size = from->size,
		.path = from->path,
		.arrived_us = from->arrived_us};
	return true;
}

void handoff_done(struct handoff *handoff)
{
	unsigned got = atomic_load_explicit(&handoff->got, memory_order_relaxed);
	atomic_store_explicit(&handoff->got, got + 1, memory_order_release);
}
