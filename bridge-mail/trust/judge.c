/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/message/headers.h"
#include "bridge-mail/trust/auth_results.h"
#include "bridge-mail/trust/dkim.h"
#include "bridge-mail/trust/dmarc.h"
#include "bridge-mail/trust/domain.h"
#include "common/base/fs.h"
#include "common/base/mem.h"

#define SERVER_RESULTS_MAX 10 /* headers of configured servers that are looked at */

struct judge {
	const struct config_bridge_mail *config;
	struct lookup lookup;
	struct domains *domains;
};

/* One mail before the judge. */
struct hearing {
	struct judge *judge;
	struct arena *arena;
	struct headers headers;
	struct dkim_mail mail;
	struct dmarc policy;
	bool policy_known;
	struct dkim_results signatures;
	struct verdict *verdict;
};

struct judge *judge_new(const struct config_bridge_mail *config, const struct lookup *lookup)
{
	struct judge *judge = MEM_NEW(struct judge);
	judge->config = config;
	judge->lookup = *lookup;
	judge->domains = domains_new();
	return judge;
}

void judge_free(struct judge **judge)
{
	if (*judge == NULL)
		return;
	domains_free(&(*judge)->domains);
	free(*judge);
	*judge = NULL;
}

static enum status read_head(struct arena *arena, int fd, struct str *out)
{
	char *head = arena_alloc(arena, HEADERS_MAX_BYTES);
	size_t n = 0;
	while (n < HEADERS_MAX_BYTES) {
		ssize_t got = pread(fd, head + n, HEADERS_MAX_BYTES - n, (off_t)n);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return STATUS_IO;
		if (got > 0)
			n += (size_t)got;
	}
	*out = str_n(head, n);
	return STATUS_OK;
}

static bool aligned(const struct hearing *h, struct str signer, bool strict)
{
	return signer.n > 0 &&
	       dmarc_aligned(h->judge->domains, h->arena, h->verdict->domain, signer, strict);
}

static void conclude(struct hearing *h, enum verdict_state state, struct str reason)
{
	h->verdict->state = state;
	h->verdict->reason = reason;
}

static bool is_believed(const struct judge *judge, struct str server)
{
	for (unsigned i = 0; i < judge->config->authserv_ids_count; i++)
		if (str_eq_nocase(server, str_c(judge->config->authserv_ids[i])))
			return true;
	return false;
}

/* What a server in front of us says of one method; true when the domain answers by it. */
static bool result_passes(const struct hearing *h, const struct auth_result *result)
{
	if (!str_eq_nocase(result->result, STR("pass")))
		return false;
	if (str_eq_nocase(result->method, STR("dmarc")))
		return aligned(h, result->header_from, true);
	if (str_eq_nocase(result->method, STR("dkim")))
		return aligned(h, result->signer, h->policy.strict_dkim);
	if (str_eq_nocase(result->method, STR("spf")))
		return aligned(h, result->mail_from, h->policy.strict_spf);
	return false;
}

/* The headers that servers of ours have put on top; below the first of somebody else anybody could
 * have written them. */
static bool servers_pass(struct hearing *h)
{
	unsigned looked_at = 0;
	for (size_t i = 0; i < h->headers.count && looked_at < SERVER_RESULTS_MAX; i++) {
		struct auth_results results;
		if (!str_eq_nocase(h->headers.items[i].name, STR("Authentication-Results")))
			continue;
		looked_at++;
		if (auth_results_read(h->arena, h->headers.items[i].value, &results) != STATUS_OK ||
			!is_believed(h->judge, results.server))
			return false;
		for (size_t j = 0; j < results.count; j++) {
			if (!result_passes(h, &results.items[j]))
				continue;
			conclude(h, VERDICT_VERIFIED,
				arena_printf(h->arena, "%.*s says %.*s=pass",
					STR_FMT(results.server), STR_FMT(results.items[j].method)));
			return true;
		}
	}
	return false;
}

static bool signatures_pass(struct hearing *h)
{
	for (size_t i = 0; i < h->signatures.count; i++) {
		const struct dkim_result *result = &h->signatures.items[i];
		if (result->outcome != DKIM_PASS ||
			!aligned(h, result->domain, h->policy.strict_dkim))
			continue;
		conclude(h, VERDICT_VERIFIED,
			arena_printf(h->arena, "signed by %.*s", STR_FMT(result->domain)));
		return true;
	}
	return false;
}

/* Why none of the signatures counts, in a few words. */
static struct str signatures_reason(const struct hearing *h)
{
	const struct dkim_result *told = NULL;
	for (size_t i = 0; i < h->signatures.count; i++) {
		const struct dkim_result *result = &h->signatures.items[i];
		if (told == NULL || aligned(h, result->domain, false))
			told = result;
	}
	if (told == NULL)
		return STR("not signed");
	if (told->outcome == DKIM_PASS)
		return arena_printf(
			h->arena, "signed by another domain, %.*s", STR_FMT(told->domain));
	return arena_printf(h->arena, "signature of %.*s: %s", STR_FMT(told->domain), told->why);
}

static void judge_without_pass(struct hearing *h)
{
	struct str reason = signatures_reason(h);
	bool asked = h->policy.policy == DMARC_QUARANTINE || h->policy.policy == DMARC_REJECT;
	for (size_t i = 0; i < h->signatures.count; i++)
		if (h->signatures.items[i].outcome == DKIM_TEMPORARY)
			asked = false;
	if (asked)
		conclude(h, VERDICT_FAILED,
			arena_printf(h->arena,
				"%.*s, and the domain asks not to believe such mails",
				STR_FMT(reason)));
	else if (!h->policy_known)
		conclude(h, VERDICT_UNVERIFIED,
			arena_printf(h->arena, "%.*s; the domain's policy cannot be had now",
				STR_FMT(reason)));
	else
		conclude(h, VERDICT_UNVERIFIED, reason);
}

static bool is_ours(const struct judge *judge, struct str domain)
{
	for (unsigned i = 0; i < judge->config->mailboxes_count; i++) {
		struct str address = str_c(judge->config->mailboxes[i].address);
		ptrdiff_t at = str_rindex(address, '@');
		if (at >= 0 && str_eq_nocase(str_skip(address, (size_t)at + 1), domain))
			return true;
	}
	return false;
}

/* False when nothing can be found out about the author. */
static bool read_author(struct hearing *h, struct str from)
{
	unsigned authors = headers_count(&h->headers, "From");
	ptrdiff_t at = str_rindex(from, '@');
	struct str domain = at < 0 ? STR_EMPTY : str_skip(from, (size_t)at + 1);
	if (authors > 1) {
		conclude(h, VERDICT_FAILED, STR("several From headers"));
		return false;
	}
	if (domain.n == 0 || domain_ascii(h->arena, domain, &h->verdict->domain) != STATUS_OK) {
		conclude(h, VERDICT_UNVERIFIED, STR("no usable From"));
		return false;
	}
	if (is_ours(h->judge, h->verdict->domain))
		h->verdict->flags |= VERDICT_OURS;
	if (domain_misleads(h->judge->domains, h->arena, h->verdict->domain))
		h->verdict->flags |= VERDICT_MISLEADING;
	return true;
}

static enum status hear(struct hearing *h, struct str from, int64_t now)
{
	struct judge *judge = h->judge;
	if (!read_author(h, from))
		return STATUS_OK;
	h->policy_known = dmarc_find(&judge->lookup, judge->domains, h->arena, h->verdict->domain,
				  &h->policy) == STATUS_OK;
	if (servers_pass(h))
		return STATUS_OK;
	enum status status = dkim_verify(h->arena, &h->mail, &judge->lookup, now, &h->signatures);
	if (status == STATUS_OK && !signatures_pass(h))
		judge_without_pass(h);
	return status;
}

enum status judge_mail(struct judge *judge, struct arena *arena, const char *path, struct str from,
	int64_t now, struct verdict *out)
{
	*out = (struct verdict){.state = VERDICT_UNVERIFIED};
	FD_SCOPE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
	struct hearing *h = ARENA_NEW(arena, struct hearing);
	*h = (struct hearing){.judge = judge, .arena = arena, .verdict = out};
	enum status status = read_head(arena, fd, &h->mail.head);
	if (status != STATUS_OK)
		return status;
	headers_read(arena, h->mail.head, &h->headers);
	h->mail.fd = fd;
	h->mail.body_at = h->headers.body_at;
	return hear(h, from, now);
}
