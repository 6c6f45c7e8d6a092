/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/dns.h"

/* What newer versions would have in their place is not in Debian 12. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/map.h"
#include "common/base/mem.h"

#define LOG_MODULE "dns"
#include "common/base/log.h"

#define TRY_MS	    1500
#define TRIES	    2
#define NAME_MAX_N  253
#define RECORD_MAX  8192 /* bytes */
#define CANCEL_MS   200	 /* between two looks at `cancel` */
#define SERVERS_MAX 1024

/* What is known of a name, in memory of its own. */
struct entry {
	enum status status;
	int64_t until; /* monotonic, ms */
	struct arena *arena;
	struct lookup_records records;
};

struct dns {
	ares_channel channel;
	bool own_servers;
	const atomic_bool *cancel;
	struct map *cache;
};

struct question {
	bool answered;
	struct entry *entry;
};

static void entry_free(void *value)
{
	struct entry *entry = value;
	arena_free(&entry->arena);
	free(entry);
}

static bool set_servers(struct dns *dns, const struct config_bridge_mail *config)
{
	BUF_SCOPE(list, SERVERS_MAX);
	for (unsigned i = 0; i < config->dns_servers_count; i++)
		buf_printf(&list, "%s%s", i > 0 ? "," : "", config->dns_servers[i]);
	if (list.n == 0)
		return true;
	dns->own_servers = true;
	return !list.overflow && ares_set_servers_ports_csv(dns->channel, list.p) == ARES_SUCCESS;
}

enum status dns_new(
	const struct config_bridge_mail *config, const atomic_bool *cancel, struct dns **out)
{
	struct dns *dns = MEM_NEW(struct dns);
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS,
		.timeout = TRY_MS,
		.tries = TRIES,
		.ednspsz = 1232,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ;
	dns->cancel = cancel;
	dns->cache = map_new(DNS_CACHE_MAX);
	bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS &&
		     ares_init_options(&dns->channel, &options, mask) == ARES_SUCCESS &&
		     set_servers(dns, config);
	if (!ready) {
		dns_free(&dns);
		return STATUS_INVALID;
	}
	*out = dns;
	return STATUS_OK;
}

void dns_free(struct dns **dns)
{
	struct dns *d = *dns;
	if (d == NULL)
		return;
	*dns = NULL;
	if (d->channel != NULL)
		ares_destroy(d->channel);
	ares_library_cleanup();
	map_free(&d->cache, entry_free);
	free(d);
}

static void add_record(struct entry *entry, const struct buf *text)
{
	struct lookup_records *records = &entry->records;
	if (!text->overflow && records->count < LOOKUP_MAX_RECORDS)
		records->items[records->count++] = arena_str(entry->arena, buf_str(text));
}

/* A record of several strings is one text (RFC 6376, 3.6.2.2). */
static void read_records(struct entry *entry, const struct ares_txt_ext *list)
{
	BUF_SCOPE(text, RECORD_MAX);
	bool any = false;
	for (const struct ares_txt_ext *part = list; part != NULL; part = part->next) {
		if (part->record_start && any) {
			add_record(entry, &text);
			buf_clear(&text);
		}
		buf_append(&text, str_n((const char *)part->txt, part->length));
		any = true;
	}
	if (any)
		add_record(entry, &text);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *answer, int size)
{
	struct question *question = arg;
	struct ares_txt_ext *list = NULL;
	(void)timeouts;
	question->answered = true;
	if (status == ARES_SUCCESS)
		status = ares_parse_txt_reply_ext(answer, size, &list);
	switch (status) {
	case ARES_SUCCESS:
		read_records(question->entry, list);
		question->entry->status =
			question->entry->records.count > 0 ? STATUS_OK : STATUS_NOT_FOUND;
		break;
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
		question->entry->status = STATUS_NOT_FOUND;
		break;
	case ARES_ETIMEOUT:
		question->entry->status = STATUS_TIMEOUT;
		break;
	default:
		question->entry->status = STATUS_UNAVAILABLE;
		break;
	}
	if (list != NULL)
		ares_free_data(list);
}

/* Waits for what the channel waits for, and serves it. */
static void serve(struct dns *dns, int wait_ms)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd fds[ARES_GETSOCK_MAXNUM];
	nfds_t count = 0;
	/* The library's macros for these bits shift a 1 into the sign. */
	unsigned bits = (unsigned)ares_getsock(dns->channel, sockets, ARES_GETSOCK_MAXNUM);
	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		bool readable = (bits >> i & 1) != 0;
		bool writable = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0;
		if (readable || writable)
			fds[count++] = (struct pollfd){.fd = sockets[i],
				.events = (short)((readable ? POLLIN : 0) |
						  (writable ? POLLOUT : 0))};
	}
	int ready = poll(fds, count, wait_ms);
	if (ready <= 0) {
		ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		return;
	}
	for (nfds_t i = 0; i < count; i++)
		ares_process_fd(dns->channel,
			(fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? fds[i].fd
									     : ARES_SOCKET_BAD,
			(fds[i].revents & POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD);
}

static struct entry *ask(struct dns *dns, const char *name)
{
	struct entry *entry = MEM_NEW(struct entry);
	struct question question = {.entry = entry};
	int64_t end = clock_mono_ms() + DNS_TIMEOUT_MS;
	entry->arena = arena_new();
	entry->status = STATUS_TIMEOUT;
	ares_query(dns->channel, name, ns_c_in, ns_t_txt, on_answer, &question);
	while (!question.answered && clock_mono_ms() < end && !atomic_load(dns->cancel))
		serve(dns, CANCEL_MS);
	/* Calls on_answer(), so that nothing points here any more. */
	if (!question.answered)
		ares_cancel(dns->channel);
	bool known = entry->status == STATUS_OK || entry->status == STATUS_NOT_FOUND;
	if (!known)
		log_warning("no answer about %s: %s", name, status_name(entry->status));
	entry->until = clock_mono_ms() + (known ? DNS_KEEP_MS : DNS_KEEP_FAULT_MS);
	return entry;
}

/* Makes room: what has run out, else everything. */
static void shrink(struct dns *dns)
{
	size_t cursor = 0;
	struct str key;
	void *value = NULL;
	int64_t now = clock_mono_ms();
	bool all = map_count(dns->cache) >= DNS_CACHE_MAX;
	for (int round = 0; round < 2 && all; round++) {
		for (cursor = 0; map_next(dns->cache, &cursor, &key, &value);) {
			const struct entry *entry = value;
			if (round == 0 && entry->until > now)
				continue;
			void *gone = map_remove(dns->cache, key);
			entry_free(gone);
		}
		all = map_count(dns->cache) >= DNS_CACHE_MAX;
	}
}

static bool is_reserved(struct str name)
{
	static const struct str ends[] = {STR_INIT(".example"), STR_INIT(".test"),
		STR_INIT(".invalid"), STR_INIT(".localhost"), STR_INIT(".local")};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (name.n > ends[i].n &&
			str_eq_nocase(str_skip(name, name.n - ends[i].n), ends[i]))
			return true;
	return str_ends(name, STR("localhost"));
}

static enum status copy_records(
	const struct entry *entry, struct arena *arena, struct lookup_records *out)
{
	out->count = entry->records.count;
	for (size_t i = 0; i < out->count; i++)
		out->items[i] = arena_str(arena, entry->records.items[i]);
	return entry->status;
}

static enum status find_txt(
	void *context, struct str name, struct arena *arena, struct lookup_records *out)
{
	struct dns *dns = context;
	out->count = 0;
	if (name.n == 0 || name.n > NAME_MAX_N || str_contains_nul(name))
		return STATUS_NOT_FOUND;
	if (!dns->own_servers && is_reserved(name))
		return STATUS_NOT_FOUND;
	char *key = arena_c_str(arena, name);
	for (size_t i = 0; i < name.n; i++)
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] = (char)(key[i] + ('a' - 'A'));
	struct entry *entry = map_find(dns->cache, str_n(key, name.n));
	if (entry != NULL && entry->until > clock_mono_ms())
		return copy_records(entry, arena, out);
	void *old = NULL;
	entry = ask(dns, key);
	shrink(dns);
	enum status status = copy_records(entry, arena, out);
	if (atomic_load(dns->cancel) ||
		map_put(dns->cache, str_n(key, name.n), entry, &old) != STATUS_OK)
		entry_free(entry);
	if (old != NULL)
		entry_free(old);
	return status;
}

struct lookup dns_lookup(struct dns *dns)
{
	return (struct lookup){.context = dns, .txt = find_txt};
}
