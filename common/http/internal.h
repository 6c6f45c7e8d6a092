/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the HTTP server; nobody else includes this.
 *
 * A request's way:
 *
 *	network thread   network.c    runs the daemon
 *	                 exchange.c   request line and headers arrive; target, framing, route, cap
 *	                              body arrives into memory, or through workers into a file
 *	                              the connection is suspended and the exchange queued
 *	worker           handle.c     admit, JSON, handler; then either
 *	                 parking.c      parked: waits in a slot for a wake or its time
 *	                 reply.c        answered: the reply becomes an MHD_Response
 *	                              the connection is resumed
 *	network thread   exchange.c   the reply is queued, the exchange ends
 *
 * An exchange has one owner at a time: the network thread while its connection is not suspended,
 * else the queue, a worker or its slot. Only the network thread makes and frees exchanges.
 */
#ifndef PARVIS_HTTP_INTERNAL_H
#define PARVIS_HTTP_INTERNAL_H

#include <netinet/in.h>
#include <stdatomic.h>

#include "common/base/map.h"
#include "common/base/thread.h"
#include "common/http/framing.h"
#include "common/http/router.h"
#include "common/http/server.h"
#include "common/http/target.h"

#define HTTP_HEADERS_MAX (8 * 1024)	      /* request line and headers together */
#define HTTP_SLOW_RATE	 4		      /* bytes a millisecond that a slow peer must manage */
#define HTTP_SPOOL_BYTES ((size_t)256 * 1024) /* of an upload, before a worker writes them out */
#define HTTP_DISCARD_MAX (256 * 1024) /* of a refused body: read for the sake of the answer */
#define HTTP_LINGER_MAX	 (4 * 1024 * 1024)

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;
struct metric;
struct pollfd;

/* Where the network thread is with a request. */
enum http_phase {
	PHASE_HEAD,
	PHASE_ADMIT,   /* suspended: a worker asks admit() before an upload is received */
	PHASE_BODY,    /* receiving */
	PHASE_SPOOL,   /* suspended: a worker writes received bytes to the file */
	PHASE_RUN,     /* suspended: with the workers, or parked */
	PHASE_REFUSED, /* the rest of the body is read, then `response` is sent */
	PHASE_LINGER,  /* answered by hand; the rest is read for a while, then closed */
};

enum http_job { JOB_ADMIT, JOB_SPOOL, JOB_RUN };

struct http_internal {
	struct http_request request;
	struct http_server *server;
	struct MHD_Connection *connection;
	struct http_peer *peer;
	struct http_stats *stats;
	struct http_internal *next; /* in the queue */

	char *target; /* raw, then scratch of the same size */
	size_t target_n;
	char forwarded[INET6_ADDRSTRLEN];

	enum http_phase phase; /* network thread only */
	enum http_job job;
	struct framing_verdict framing;
	bool expect_continue;
	size_t body_max;
	struct buf body;       /* in memory; of an upload what is not yet in the file */
	int64_t body_since_ms; /* when its bytes could begin to come */
	bool spool_failed;
	bool admitted;

	struct MHD_Response *response;
	int status;
	int64_t reply_bytes;
	struct buf raw; /* the same reply as bytes, while a body may still be under way */
	bool gone;	/* nobody is there to take a reply: close */

	bool has_slot;
	struct http_ticket ticket;
	int64_t queued_us;
	int64_t busy_us; /* queued or running, not parked */
};

/* One connection. The address belongs to it; `deadline_ms` and `awaited` are set by the network
 * thread and read by the sweep. */
struct http_peer {
	struct http_peer *prev;
	struct http_peer *next;
	int fd;
	bool loopback;
	struct str key; /* what max_per_address counts: IPv4 address or IPv6 /64 */
	char key_bytes[8];
	char address[INET6_ADDRSTRLEN];
	_Atomic int64_t deadline_ms; /* INT64_MAX: none */
	atomic_bool awaited;	     /* it is the peer's turn to send */
	bool ended;		     /* the last sweep saw that it will not; the sweep's own */
};

struct http_peers {
	struct mutex lock; /* the list */
	struct http_peer *first;
	struct pollfd *polled;	/* the sweep's, for max_connections */
	struct map *by_address; /* key -> unsigned; network thread only */
};

enum slot_state { SLOT_FREE, SLOT_RUNNING, SLOT_PARKED };

struct http_slot {
	enum slot_state state;
	uint32_t generation; /* never 0, so that a zeroed ticket is none */
	uint32_t next_free;
	bool wake_pending;
	struct http_internal *exchange;
	int64_t until_ms;
	size_t heap_at; /* while parked */
	int fd;
};

struct http_parking {
	struct http_slot *slots;
	uint32_t slot_count;
	uint32_t slot_used; /* those from here on have never been touched */
	uint32_t first_free;
	uint32_t *heap; /* slots by until_ms, the soonest first */
	size_t parked;
	pthread_cond_t changed;
	pthread_t thread;
	bool quit;
};

struct http_worker {
	struct http_server *server;
	pthread_t thread;
	pthread_cond_t call;
	bool called;
	struct http_worker *below; /* in the pile of the idle */
};

struct http_workers {
	struct http_internal *first;
	struct http_internal **last;
	size_t queued;
	uint64_t taken;		  /* requests so far, each run of a handler counted */
	struct http_worker *idle; /* who went last is called first: its caches are warm */
	pthread_cond_t ready;	  /* one more has settled */
	struct http_worker *all;
	unsigned count;
	unsigned settled; /* have come back from worker_start */
	unsigned failed;  /* and cannot work */
	bool quit;
};

struct http_network {
	pthread_t thread;
	int kick_fd;	    /* eventfd: connections were resumed, `stopping` or `quit` set */
	atomic_bool kicked; /* it is written already */
	bool quiesced;
	atomic_bool quit;
};

/* Of one route: made at the first request of its kind, then changed without a lock. */
struct http_stats {
	const struct http_route *route; /* NULL: requests that no route takes */
	_Atomic(struct metric *) by_class[6];
	_Atomic(struct metric *) seconds;
};

struct http_server {
	struct http_server_config config;
	uint16_t port;
	struct router *router;
	struct MHD_Daemon *daemon; /* run by the network thread */
	struct http_network network;
	struct http_peers peers;
	struct http_stats *stats; /* one a row, and one more */
	size_t stats_count;
	struct metric *connections_gauge;
	struct metric *parked_gauge;
	int64_t transfer_ms;
	int64_t idle_ms;

	struct mutex lock; /* workers, parking, and the two below */
	struct http_workers workers;
	struct http_parking parking;
	bool closed;		 /* the queue takes nothing more */
	pthread_cond_t drained;	 /* stopping, and in_flight has come to 0 */
	atomic_size_t in_flight; /* exchanges that exist */
	atomic_bool stopping;	 /* set with the lock held */
};

/* exchange.c, on the network thread: what the daemon's callbacks come to. */
struct http_internal *exchange_begin(
	struct http_server *server, const char *target, struct MHD_Connection *connection);
/* The request has come one step further; `bytes` of body may be left for later by leaving *n.
 * false closes the connection. */
MUST_CHECK bool exchange_step(struct http_internal *x, const char *method, const char *version,
	const char *bytes, size_t *n);
void exchange_end(struct http_internal *x);
/* Gives the exchange back to the network thread; it is not touched after that. Any thread. */
void exchange_resume(struct http_internal *x);

/* network.c */
MUST_CHECK bool network_start(struct http_server *server);
void network_kick(struct http_server *server); /* any thread */
void network_stop(struct http_server *server);

/* workers.c */
/* Waits until each has made what is its own. false: one could not; then workers_stop(). */
MUST_CHECK bool workers_start(struct http_server *server);
/* Closes the queue, drops what waits in it, and joins the threads. */
void workers_stop(struct http_server *server);
/* false when closed, or when full and the exchange is a new request. */
MUST_CHECK bool workers_push(struct http_server *server, struct http_internal *x, bool is_new);
void workers_push_locked(struct http_server *server, struct http_internal *x)
	REQUIRES(server->lock);

/* handle.c, on a worker: does the exchange's job and passes it on. */
void handle_job(struct http_internal *x, void *worker);

/* parking.c */
void parking_start(struct http_server *server);
void parking_stop(struct http_server *server);
void parking_wake_all(struct http_server *server);
/* The handler is about to run again: wakes until now are answered by that. */
void parking_running(struct http_internal *x);
/* Passes the exchange on to its slot, or back to the queue when it was woken meanwhile; false when
 * the server is stopping. */
MUST_CHECK bool parking_park(struct http_internal *x);
/* The exchange's tickets are worth nothing from here on. */
void parking_leave(struct http_internal *x);

/* peers.c, network thread but for the sweep */
void peers_init(struct http_peers *peers, unsigned max_connections);
void peers_release(struct http_peers *peers);
bool peers_may_connect(struct http_server *server, const struct sockaddr *address);
struct http_peer *peers_add(struct http_server *server, const struct sockaddr *address, int fd);
void peers_remove(struct http_server *server, struct http_peer *peer);
/* From here on the peer must send something within that time (INT64_MAX: any) ... */
void peer_await(struct http_peer *peer, int64_t in_ms);
/* ... and from here on it need not: our turn, or its time to take a reply. */
void peer_attend(struct http_peer *peer, int64_t in_ms);
/* Shuts connections whose time is over, and those that the daemon waits for in vain. */
void peers_sweep(struct http_server *server, int64_t now_ms);
/* A numeric address in its usual form, or false. */
bool peer_address_normalize(struct str text, char out[INET6_ADDRSTRLEN]);

/* reply.c */
void reply_init(struct http_reply *reply);
void reply_release(struct http_reply *reply);
/* Turns the reply into x->response; with `also_raw` into x->raw too. The reply is used up. */
void reply_finish(struct http_reply *reply, struct http_internal *x, bool also_raw);

/* access.c */
void access_init(struct http_server *server);
void access_count(struct http_internal *x);
void access_gauge(struct metric *gauge, int64_t change);

#endif
