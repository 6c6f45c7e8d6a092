/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synthetic participants of any WebRTC server. A script does the signalling and tells this program
 * by lines on standard input whom to connect with; each line gets one line as its answer. The end
 * of the input ends it.
 *
 *	hello				"hello FINGERPRINT UFRAG PASSWORD"
 *	ssrc NUMBER			"ssrc AUDIO VIDEO": what peer NUMBER sends with
 *	open NUMBER IP PORT UFRAG PASSWORD PUBLISHES	(0, 1) "open SRTP-PROFILE"
 *	fixed NUMBER IP PORT		without ICE and DTLS: bare.c; it publishes
 *	close NUMBER			"closed"
 *	play 0|1			"playing": everybody who publishes sends, from new counts
 *	count				"count SENT RECEIVED P50 P99 MOST", delays in microseconds
 *
 * What cannot be done is answered by "error WHY".
 */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/bench/sfu/engine.h"

#define LINE_MAX_BYTES 1024
#define MAX_WORDS      8

struct swarm {
	struct engine *engine;
	struct peer_identity *identity;
};

/* UINT32_MAX: no number. */
static unsigned number_of(const char *word)
{
	int64_t number;
	bool good = word != NULL && str_to_i64(str_c(word), &number) == STATUS_OK && number >= 0 &&
		    number < UINT16_MAX;
	return good ? (unsigned)number : UINT32_MAX;
}

static enum status open_peer(struct swarm *s, char *words[], unsigned count, bool fixed)
{
	struct peer peer;
	unsigned number = number_of(words[1]), port = count > 3 ? number_of(words[3]) : UINT32_MAX;
	if (count != (fixed ? 4 : 7) || number >= ENGINE_MAX_PEERS || port == UINT32_MAX) {
		return STATUS_INVALID;
	}
	enum status status = peer_open(&peer, words[2], (uint16_t)port);
	if (status == STATUS_OK && fixed) {
		status = peer_connect_fixed(&peer, number);
	} else if (status == STATUS_OK) {
		(void)snprintf(peer.ufrag, sizeof(peer.ufrag), "%s", words[4]);
		(void)snprintf(peer.password, sizeof(peer.password), "%s", words[5]);
		status = peer_connect(&peer, s->identity);
	}
	if (status != STATUS_OK) {
		peer_close(&peer);
		return status;
	}
	printf("open 0x%04x\n", (unsigned)peer.profile);
	engine_add(s->engine, number, &peer, fixed || strcmp(words[6], "1") == 0);
	return STATUS_OK;
}

static void hello(const struct swarm *s)
{
	char fingerprint[PEER_FINGERPRINT];
	peer_identity_fingerprint(s->identity, fingerprint);
	printf("hello %s %s %s\n", fingerprint, PEER_UFRAG, PEER_PASSWORD);
}

static void count(const struct swarm *s)
{
	struct engine_counts c;
	engine_count(s->engine, &c);
	printf("count %llu %llu %lld %lld %lld\n", (unsigned long long)c.sent,
		(unsigned long long)c.received, (long long)c.p50_us, (long long)c.p99_us,
		(long long)c.most_us);
}

static void command(struct swarm *s, char *words[], unsigned n)
{
	enum status status = STATUS_OK;
	unsigned number = number_of(words[1]);
	if (strcmp(words[0], "hello") == 0) {
		hello(s);
	} else if (strcmp(words[0], "ssrc") == 0) {
		printf("ssrc %u %u\n", engine_ssrc(number, false), engine_ssrc(number, true));
	} else if (strcmp(words[0], "open") == 0 || strcmp(words[0], "fixed") == 0) {
		status = open_peer(s, words, n, words[0][0] == 'f');
	} else if (strcmp(words[0], "close") == 0 && number < ENGINE_MAX_PEERS) {
		engine_remove(s->engine, number);
		puts("closed");
	} else if (strcmp(words[0], "play") == 0) {
		engine_play(s->engine, number == 1);
		puts("playing");
	} else if (strcmp(words[0], "count") == 0) {
		count(s);
	} else {
		status = STATUS_INVALID;
	}
	if (status != STATUS_OK) {
		printf("error %s\n", status_name(status));
	}
}

int main(void)
{
	char line[LINE_MAX_BYTES];
	struct media_clip *clip = media_clip_new();
	struct swarm s = {.identity = peer_identity_new()};
	if (clip == NULL || s.identity == NULL || srtp_library_start() != STATUS_OK) {
		fputs("swarm: the libraries do not start\n", stderr);
		return 1;
	}
	s.engine = engine_new(clip);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *words[MAX_WORDS + 1] = {NULL}, *save = NULL;
		unsigned n = 0;
		for (char *word = strtok_r(line, " \n", &save); word != NULL && n < MAX_WORDS;
			word = strtok_r(NULL, " \n", &save)) {
			words[n++] = word;
		}
		if (n > 0) {
			command(&s, words, n);
		}
		if (fflush(stdout) != 0) {
			break;
		}
	}
	engine_free(&s.engine);
	peer_identity_free(&s.identity);
	media_clip_free(&clip);
	srtp_library_stop();
	return 0;
}
