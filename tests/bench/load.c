/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Senders of messages, each a thread with a connection of its own that sends one message after
 * the other and waits for each answer.
 *
 *	load PORT SECONDS < senders		one line a sender: access token, room id (encoded)
 *
 * Prints "MESSAGES SECONDS P50_MS P99_MS". Ends with 1 when anything but 200 was answered.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define SENDERS_MAX  200
#define SAMPLES_MAX  200000
#define MESSAGE_TEXT "The council meets on Thursday at eight in the small hall, first floor."

struct sender {
	char token[300];
	char room[300];
	unsigned number;
	uint16_t port;
	int64_t until_us;
	pthread_t thread;
	uint32_t *took_us;
	size_t count;
	bool failed;
};

static int dial(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror("connect");
		exit(EXIT_FAILURE);
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* One whole answer, of which Content-Length tells the end. */
static bool answer_is_200(int fd)
{
	char text[8192];
	size_t have = 0, whole = 0;

	while (whole == 0 || have < whole) {
		ssize_t n = recv(fd, text + have, sizeof(text) - 1 - have, 0);
		if (n <= 0)
			return false;
		have += (size_t)n;
		text[have] = '\0';
		const char *end = strstr(text, "\r\n\r\n");
		const char *length = strcasestr(text, "\r\nContent-Length: ");
		if (end != NULL && length != NULL)
			whole = (size_t)(end - text) + 4 + strtoul(length + 18, NULL, 10);
	}
	return strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static void *sender_run(void *arg)
{
	struct sender *s = arg;
	static const char body[] = "{\"msgtype\":\"m.text\",\"body\":\"" MESSAGE_TEXT "\"}";
	int fd = dial(s->port);
	int64_t begin = clock_mono_us();
	int64_t run = begin;

	while (begin < s->until_us && s->count < SAMPLES_MAX && !s->failed) {
		char request[2048];
		int n = snprintf(request, sizeof(request),
			"PUT /_matrix/client/v3/rooms/%s/send/m.room.message/%lld-%u-%zu "
			"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
			"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			s->room, (long long)run, s->number, s->count, s->token, sizeof(body) - 1,
			body);

		s->failed = !send_all(fd, request, (size_t)n) || !answer_is_200(fd);
		int64_t now = clock_mono_us();
		s->took_us[s->count++] = (uint32_t)(now - begin);
		begin = now;
	}
	close(fd);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool report(struct sender *senders, size_t count, double seconds)
{
	size_t total = 0;
	bool ok = true;

	for (size_t i = 0; i < count; i++)
		total += senders[i].count;
	uint32_t *all = mem_calloc(total + 1, sizeof(*all));
	total = 0;
	for (size_t i = 0; i < count; i++) {
		ok = ok && !senders[i].failed;
		for (size_t k = 0; k < senders[i].count; k++)
			all[total++] = senders[i].took_us[k];
	}
	qsort(all, total, sizeof(*all), by_size);
	size_t half = total / 2, nearly_all = total * 99 / 100;
	printf("%zu %.3f %.3f %.3f\n", total, seconds, all[half] / 1e3, all[nearly_all] / 1e3);
	free(all);
	return ok;
}

int main(int argc, char **argv)
{
	static struct sender senders[SENDERS_MAX];
	size_t count = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: load PORT SECONDS < senders\n");
		return EXIT_FAILURE;
	}
	while (count < SENDERS_MAX &&
		scanf("%299s %299s", senders[count].token, senders[count].room) == 2)
		count++;
	int64_t begin = clock_mono_us();
	for (unsigned i = 0; i < count; i++) {
		senders[i].number = i;
		senders[i].port = (uint16_t)strtoul(argv[1], NULL, 10);
		senders[i].until_us = begin + (int64_t)(strtod(argv[2], NULL) * 1e6);
		senders[i].took_us = mem_calloc(SAMPLES_MAX, sizeof(uint32_t));
		senders[i].thread = thread_start("sender", sender_run, &senders[i]);
	}
	for (size_t i = 0; i < count; i++)
		thread_join(senders[i].thread);
	bool ok = report(senders, count, (double)(clock_mono_us() - begin) / 1e6);
	for (size_t i = 0; i < count; i++)
		free(senders[i].took_us);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
