/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bad network for UDP, between clients and one server. Kernels of containers have no netem.
 *
 *	relay LISTEN_IP PORT TARGET_IP PORT [SEED]
 *
 * Says "ready" once it listens. Each client has a socket of its own towards the server and so, each
 * way, a link of its own. Commands come by lines on standard input and are answered by "ok" or
 * "error"; the end of the input ends the program.
 *
 *	up|down [name=value ...]	to, or from, the server; what is not named is none
 *		loss=5		percent lost
 *		burst=4		packets lost in a row, on average; without it each by itself
 *		delay=50	milliseconds
 *		jitter=10	up to so many more, in order
 *		reorder=2	percent that come late by 20 ms, behind others
 *		duplicate=1	percent that come twice
 *		rate=300	kbit/s, behind a queue
 *		queue=40000	bytes that it holds; what finds it full is lost
 *	stats	answers with counts: up and down, packets in, out, lost by chance and by the queue
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

#define MAX_CLIENTS   256
#define MAX_WAITING   16384
#define PACKET_BYTES  2048
#define LATE_US	      20000
#define DEFAULT_QUEUE 40000
#define IDLE_US	      1000000
#define SOCKET_BYTES  (1 << 20)

enum direction { UP, DOWN, DIRECTIONS };

struct shape {
	double loss, burst, duplicate, reorder;	 /* shares of one; burst in packets */
	double delay_ms, jitter_ms, rate, queue; /* rate: kbit/s, 0: none; queue: bytes */
};

struct link {
	int64_t free_us; /* when all that came before has left the queue */
	int64_t last_us; /* when the last in order comes out */
	bool losing;	 /* within a burst */
};

struct client {
	struct sockaddr_in address;
	int fd; /* towards the server */
	struct link links[DIRECTIONS];
};

struct waiting {
	int64_t due_us;
	unsigned long number; /* of two that are due, the older goes first */
	unsigned client;
	enum direction direction;
	size_t size;
	uint8_t *bytes;
};

struct counts {
	unsigned long in, out, lost, full;
};

struct relay {
	int front;
	struct sockaddr_in target;
	struct shape shapes[DIRECTIONS];
	struct counts counts[DIRECTIONS];
	struct client clients[MAX_CLIENTS];
	unsigned client_count;
	struct waiting heap[MAX_WAITING]; /* the next due is the first */
	unsigned waiting_count;
	unsigned long number;
	uint64_t random;
	char line[512];
	size_t line_size;
};

/* --- chance ----------------------------------------------------------------------------------- */

static double chance(struct relay *relay)
{
	uint64_t x = relay->random;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	relay->random = x;
	return (double)(x >> 11) / (double)(1ull << 53);
}

/* With bursts, two states (Gilbert): all of the bad one is lost, and it lasts `burst` packets. */
static bool is_lost(struct relay *relay, const struct shape *shape, struct link *link)
{
	if (shape->burst <= 1) {
		return chance(relay) < shape->loss;
	}
	double enter = shape->loss / (shape->burst * (1 - shape->loss));
	double change = link->losing ? 1 / shape->burst : enter;
	if (chance(relay) < change) {
		link->losing = !link->losing;
	}
	return link->losing;
}

/* --- what is under way ------------------------------------------------------------------------ */

static bool is_sooner(const struct waiting *a, const struct waiting *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->number < b->number;
}

static void swap(struct waiting *a, struct waiting *b)
{
	struct waiting c = *a;
	*a = *b;
	*b = c;
}

static void put(struct relay *relay, const struct waiting *packet)
{
	if (relay->waiting_count == MAX_WAITING) {
		relay->counts[packet->direction].full++;
		return;
	}
	unsigned i = relay->waiting_count++;
	relay->heap[i] = *packet;
	relay->heap[i].number = relay->number++;
	relay->heap[i].bytes = mem_alloc(packet->size);
	memcpy(relay->heap[i].bytes, packet->bytes, packet->size);
	for (; i > 0 && is_sooner(&relay->heap[i], &relay->heap[(i - 1) / 2]); i = (i - 1) / 2) {
		swap(&relay->heap[i], &relay->heap[(i - 1) / 2]);
	}
}

static struct waiting take(struct relay *relay)
{
	struct waiting *heap = relay->heap, first = heap[0];
	unsigned n = --relay->waiting_count;
	heap[0] = heap[n];
	for (unsigned i = 0, next; (next = 2 * i + 1) < n; i = next) {
		next += next + 1 < n && is_sooner(&heap[next + 1], &heap[next]);
		if (!is_sooner(&heap[next], &heap[i])) {
			break;
		}
		swap(&heap[next], &heap[i]);
	}
	return first;
}

static void send_due(struct relay *relay, int64_t now_us)
{
	while (relay->waiting_count > 0 && relay->heap[0].due_us <= now_us) {
		struct waiting packet = take(relay);
		const struct client *c = &relay->clients[packet.client];
		const struct sockaddr_in *to =
			packet.direction == UP ? &relay->target : &c->address;
		int fd = packet.direction == UP ? c->fd : relay->front;
		ssize_t sent = sendto(
			fd, packet.bytes, packet.size, 0, (const struct sockaddr *)to, sizeof(*to));
		relay->counts[packet.direction].out += sent >= 0;
		mem_freep(&packet.bytes);
	}
}

/* --- what comes in ---------------------------------------------------------------------------- */

/* When it leaves the queue in front of the slow link; -1: it finds no room. */
static int64_t departure(const struct shape *shape, struct link *link, size_t size, int64_t now_us)
{
	if (shape->rate <= 0) {
		return now_us;
	}
	int64_t from = link->free_us > now_us ? link->free_us : now_us;
	double queued = (double)(from - now_us) * shape->rate / 8000;
	if (queued + (double)size > shape->queue) {
		return -1;
	}
	link->free_us = from + (int64_t)((double)size * 8000 / shape->rate);
	return link->free_us;
}

static void pass(struct relay *relay, struct waiting *packet)
{
	struct link *link = &relay->clients[packet->client].links[packet->direction];
	const struct shape *shape = &relay->shapes[packet->direction];
	struct counts *counts = &relay->counts[packet->direction];
	counts->in++;
	if (is_lost(relay, shape, link)) {
		counts->lost++;
		return;
	}
	int64_t leaves_us = departure(shape, link, packet->size, clock_mono_us());
	if (leaves_us < 0) {
		counts->full++;
		return;
	}
	double delay_ms = shape->delay_ms + shape->jitter_ms * chance(relay);
	packet->due_us = leaves_us + (int64_t)(delay_ms * 1000);
	if (chance(relay) < shape->reorder) {
		packet->due_us += LATE_US;
	} else {
		packet->due_us = packet->due_us > link->last_us ? packet->due_us : link->last_us;
		link->last_us = packet->due_us;
	}
	put(relay, packet);
	if (chance(relay) < shape->duplicate) {
		put(relay, packet);
	}
}

/* MAX_CLIENTS: no more can be had. */
static unsigned client_of(struct relay *relay, const struct sockaddr_in *from)
{
	for (unsigned i = 0; i < relay->client_count; i++) {
		const struct sockaddr_in *known = &relay->clients[i].address;
		if (known->sin_port == from->sin_port &&
			known->sin_addr.s_addr == from->sin_addr.s_addr) {
			return i;
		}
	}
	if (relay->client_count == MAX_CLIENTS) {
		return MAX_CLIENTS;
	}
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return MAX_CLIENTS;
	}
	relay->clients[relay->client_count] = (struct client){.address = *from, .fd = fd};
	return relay->client_count++;
}

/* `client`: whose socket it is; MAX_CLIENTS: the one in front. */
static void receive(struct relay *relay, unsigned client)
{
	uint8_t bytes[PACKET_BYTES];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	bool is_front = client == MAX_CLIENTS;
	int fd = is_front ? relay->front : relay->clients[client].fd;
	ssize_t n;
	while ((n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length)) >=
		0) {
		struct waiting packet = {.client = is_front ? client_of(relay, &from) : client,
			.direction = is_front ? UP : DOWN,
			.size = (size_t)n,
			.bytes = bytes};
		if (packet.client != MAX_CLIENTS && n > 0) {
			pass(relay, &packet);
		}
		length = sizeof(from);
	}
}

/* --- commands --------------------------------------------------------------------------------- */

static bool set(struct shape *shape, const char *name, double value)
{
	const struct {
		const char *name;
		double *to, unit;
	} fields[] = {{"loss", &shape->loss, 0.01}, {"burst", &shape->burst, 1},
		{"duplicate", &shape->duplicate, 0.01}, {"reorder", &shape->reorder, 0.01},
		{"delay", &shape->delay_ms, 1}, {"jitter", &shape->jitter_ms, 1},
		{"rate", &shape->rate, 1}, {"queue", &shape->queue, 1}};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (strcmp(fields[i].name, name) == 0) {
			*fields[i].to = value * fields[i].unit;
			return true;
		}
	}
	return false;
}

static bool change(struct relay *relay, enum direction direction, char *rest)
{
	struct shape shape = {.queue = DEFAULT_QUEUE};
	char *save = NULL;
	for (char *word = strtok_r(rest, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '='), *end = NULL;
		if (value == NULL) {
			return false;
		}
		*value++ = '\0';
		double number = strtod(value, &end);
		if (end == value || *end != '\0' || !(number >= 0) || !set(&shape, word, number)) {
			return false;
		}
	}
	relay->shapes[direction] = shape;
	return true;
}

static void command(struct relay *relay, char *line)
{
	char *rest = line + strcspn(line, " ");
	rest += *rest != '\0' ? (*rest = '\0', 1) : 0;
	if (strcmp(line, "stats") == 0) {
		for (int d = UP; d < DIRECTIONS; d++) {
			const struct counts *c = &relay->counts[d];
			printf("%s %lu %lu %lu %lu%c", d == UP ? "up" : "down", c->in, c->out,
				c->lost, c->full, d == UP ? ' ' : '\n');
		}
		return;
	}
	bool is_up = strcmp(line, "up") == 0;
	bool known = is_up || strcmp(line, "down") == 0;
	puts(known && change(relay, is_up ? UP : DOWN, rest) ? "ok" : "error");
}

/* False: there will be no more. */
static bool take_commands(struct relay *relay)
{
	size_t room = sizeof(relay->line) - 1 - relay->line_size;
	ssize_t n = read(STDIN_FILENO, relay->line + relay->line_size, room);
	if (n <= 0) {
		return false;
	}
	relay->line_size += (size_t)n;
	relay->line[relay->line_size] = '\0';
	char *from = relay->line, *end;
	while ((end = strchr(from, '\n')) != NULL) {
		*end = '\0';
		command(relay, from);
		from = end + 1;
	}
	relay->line_size -= (size_t)(from - relay->line);
	memmove(relay->line, from, relay->line_size);
	return fflush(stdout) == 0 && relay->line_size < sizeof(relay->line) - 1;
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool turn(struct relay *relay)
{
	struct pollfd fds[2 + MAX_CLIENTS] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = relay->front, .events = POLLIN}};
	unsigned clients = relay->client_count;
	for (unsigned i = 0; i < clients; i++) {
		fds[2 + i] = (struct pollfd){.fd = relay->clients[i].fd, .events = POLLIN};
	}
	int64_t wait_us =
		relay->waiting_count > 0 ? relay->heap[0].due_us - clock_mono_us() : IDLE_US;
	wait_us = wait_us < 0 ? 0 : wait_us;
	struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
	if (ppoll(fds, 2 + clients, &wait, NULL) < 0 && errno != EINTR) {
		return false;
	}
	send_due(relay, clock_mono_us());
	for (unsigned i = 0; i < clients; i++) {
		if (fds[2 + i].revents != 0) {
			receive(relay, i);
		}
	}
	if (fds[1].revents != 0) {
		receive(relay, MAX_CLIENTS);
	}
	return fds[0].revents == 0 || take_commands(relay);
}

/* 0, which cannot be reached, when it is none. */
static uint16_t parse_port(const char *text)
{
	int64_t port;
	bool is_port =
		str_to_i64(str_c(text), &port) == STATUS_OK && port > 0 && port <= UINT16_MAX;
	return is_port ? (uint16_t)port : 0;
}

static bool parse_address(const char *ip, const char *port, struct sockaddr_in *out)
{
	*out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(parse_port(port))};
	return inet_pton(AF_INET, ip, &out->sin_addr) == 1;
}

int main(int argc, char **argv)
{
	struct relay *relay = MEM_NEW(struct relay);
	struct sockaddr_in listen;
	const int size = SOCKET_BYTES;
	if (argc < 5 || !parse_address(argv[1], argv[2], &listen) ||
		!parse_address(argv[3], argv[4], &relay->target)) {
		fputs("relay LISTEN_IP PORT TARGET_IP PORT [SEED]\n", stderr);
		return 2;
	}
	relay->random = 0x9e3779b97f4a7c15u ^ (argc > 5 ? strtoull(argv[5], NULL, 10) : 1);
	relay->front = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (relay->front < 0 ||
		bind(relay->front, (const struct sockaddr *)&listen, sizeof(listen)) != 0 ||
		setsockopt(relay->front, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0) {
		perror("relay");
		return 1;
	}
	puts("ready");
	if (fflush(stdout) != 0) {
		return 1;
	}
	while (turn(relay)) {
	}
	while (relay->waiting_count > 0) {
		struct waiting packet = take(relay);
		mem_freep(&packet.bytes);
	}
	for (unsigned i = 0; i < relay->client_count; i++) {
		close(relay->clients[i].fd);
	}
	close(relay->front);
	mem_freep(&relay);
	return 0;
}
