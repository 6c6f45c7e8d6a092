/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Senders of messages, each a thread with a connection of its own that sends one message after
 * the other and waits for each answer.
 *
 *	load PORT SECONDS < senders		one line a sender: access token, room id (encoded)
 *
 * Prints "MESSAGES SECONDS P50_MS P99_MS". Ends with 1 when anything but 200 was answered.
 */
#include <pthread.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "tests/bench/wire.h"

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

static void *sender_run(void *arg)
{
	struct sender *s = arg;
	static const char body[] = "{\"msgtype\":\"m.text\",\"body\":\"" MESSAGE_TEXT "\"}";
	int fd = wire_dial(s->port);
	int64_t begin = clock_mono_us();
	int64_t run = begin;
	BUF_SCOPE(answer, WIRE_ANSWER_MAX);

	while (begin < s->until_us && s->count < SAMPLES_MAX && !s->failed) {
		char request[2048];
		int n = snprintf(request, sizeof(request),
			"PUT /_matrix/client/v3/rooms/%s/send/m.room.message/%lld-%u-%zu "
			"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
			"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			s->room, (long long)run, s->number, s->count, s->token, sizeof(body) - 1,
			body);

		s->failed = !wire_send(fd, request, (size_t)n) || !wire_answer(fd, &answer);
		int64_t now = clock_mono_us();
		s->took_us[s->count++] = (uint32_t)(now - begin);
		begin = now;
	}
	close(fd);
	return NULL;
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
	qsort(all, total, sizeof(*all), wire_by_size);
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
