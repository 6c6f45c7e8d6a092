/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the moment a message is due until it is in another user's /sync. Messages are due at a
 * fixed rate, shared among the senders, whether or not the ones before are answered: a server that
 * falls behind is not spared.
 *
 *	deliver PORT RATE SECONDS < people	first the reader: access token, "-"
 *						then the senders: access token, room id (encoded)
 *
 * Prints "DELIVERED SENT P50_MS P99_MS". Ends with 1 when anything but 200 was answered.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "tests/bench/wire.h"

#define PEOPLE_MAX  64
#define SAMPLES_MAX 100000
#define MARK	    "due-at-"

struct run;

struct person {
	char token[300];
	char room[300];
	unsigned number;
	struct run *run;
	pthread_t thread;
};

struct run {
	uint16_t port;
	double rate;
	int64_t begin_us;
	int64_t end_us;
	struct person people[PEOPLE_MAX];
	unsigned count;
	atomic_size_t sent;
	atomic_bool failed;
	atomic_bool over; /* all was sent, and had time to arrive */
	uint32_t *took_us;
	size_t arrived;
};

static void wait_until(int64_t at_us)
{
	int64_t now = clock_mono_us();
	if (now < at_us)
		(void)usleep((useconds_t)(at_us - now));
}

static bool send_due(struct person *p, int fd, int64_t due_us, unsigned i, struct buf *answer)
{
	char body[200], request[2048];
	int n = snprintf(body, sizeof(body), "{\"msgtype\":\"m.text\",\"body\":\"" MARK "%lld.\"}",
		(long long)due_us);

	n = snprintf(request, sizeof(request),
		"PUT /_matrix/client/v3/rooms/%s/send/m.room.message/d%lld-%u-%u HTTP/1.1\r\n"
		"Host: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
		"Content-Length: %d\r\n\r\n%s",
		p->room, (long long)p->run->begin_us, p->number, i, p->token, n, body);
	return wire_send(fd, request, (size_t)n) && wire_answer(fd, answer);
}

static void *sender_run(void *arg)
{
	struct person *p = arg;
	struct run *run = p->run;
	unsigned senders = run->count - 1;
	int fd = wire_dial(run->port);
	BUF_SCOPE(answer, WIRE_ANSWER_MAX);

	for (unsigned i = 0;; i++) {
		double turn = (double)(i * senders + p->number - 1);
		int64_t due = run->begin_us + (int64_t)(turn * 1e6 / run->rate);
		if (due >= run->end_us || atomic_load(&run->failed))
			break;
		wait_until(due);
		if (!send_due(p, fd, due, i, &answer))
			atomic_store(&run->failed, true);
		else
			atomic_fetch_add(&run->sent, 1);
	}
	close(fd);
	return NULL;
}

static void note_arrivals(struct run *run, const char *text)
{
	int64_t now = clock_mono_us();
	const char *at = text;

	while ((at = strstr(at, "\"" MARK)) != NULL) {
		at += sizeof("\"" MARK) - 1;
		int64_t due = strtoll(at, NULL, 10);
		if (due >= run->begin_us && run->arrived < SAMPLES_MAX)
			run->took_us[run->arrived++] = (uint32_t)(now - due);
	}
}

static bool next_batch(const char *text, char since[200])
{
	const char *at = strstr(text, "\"next_batch\":\"");
	if (at == NULL)
		return false;
	at += strlen("\"next_batch\":\"");
	size_t n = strcspn(at, "\"");
	if (n >= 200)
		return false;
	memcpy(since, at, n);
	since[n] = '\0';
	return true;
}

static void *reader_run(void *arg)
{
	struct person *p = arg;
	struct run *run = p->run;
	int fd = wire_dial(run->port);
	char since[200] = "", request[2048];
	BUF_SCOPE(answer, WIRE_ANSWER_MAX);

	while (!atomic_load(&run->over) && !atomic_load(&run->failed)) {
		int n = snprintf(request, sizeof(request),
			"GET /_matrix/client/v3/sync?timeout=%d%s%s"
			"&filter=%%7B%%22room%%22:%%7B%%22timeline%%22:%%7B%%22limit%%22:100%%7D%%"
			"7D%%7D"
			" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
			since[0] == '\0' ? 0 : 1000, since[0] == '\0' ? "" : "&since=", since,
			p->token);
		if (!wire_send(fd, request, (size_t)n) || !wire_answer(fd, &answer) ||
			!next_batch(answer.p, since))
			atomic_store(&run->failed, true);
		else
			note_arrivals(run, answer.p);
	}
	close(fd);
	return NULL;
}

static void report(struct run *run)
{
	size_t n = run->arrived, half = n / 2, nearly_all = n * 99 / 100;

	qsort(run->took_us, n, sizeof(uint32_t), wire_by_size);
	printf("%zu %zu %.3f %.3f\n", n, atomic_load(&run->sent), run->took_us[half] / 1e3,
		run->took_us[nearly_all] / 1e3);
}

int main(int argc, char **argv)
{
	static struct run run;

	if (argc != 4) {
		fprintf(stderr, "usage: deliver PORT RATE SECONDS < people\n");
		return EXIT_FAILURE;
	}
	while (run.count < PEOPLE_MAX &&
		scanf("%299s %299s", run.people[run.count].token, run.people[run.count].room) == 2)
		run.count++;
	run.port = (uint16_t)strtoul(argv[1], NULL, 10);
	run.rate = strtod(argv[2], NULL);
	run.took_us = mem_calloc(SAMPLES_MAX + 1, sizeof(uint32_t));
	/* The reader's first sync is over by then. */
	run.begin_us = clock_mono_us() + 1000000;
	run.end_us = run.begin_us + (int64_t)(strtod(argv[3], NULL) * 1e6);
	for (unsigned i = 0; i < run.count; i++) {
		run.people[i].run = &run;
		run.people[i].number = i;
		run.people[i].thread =
			thread_start("person", i == 0 ? reader_run : sender_run, &run.people[i]);
	}
	for (unsigned i = 1; i < run.count; i++)
		thread_join(run.people[i].thread);
	/* The reader's thread counts without a lock; it is joined before its count is read. */
	wait_until(clock_mono_us() + 2000000);
	atomic_store(&run.over, true);
	thread_join(run.people[0].thread);
	report(&run);
	free(run.took_us);
	return atomic_load(&run.failed) ? EXIT_FAILURE : EXIT_SUCCESS;
}
