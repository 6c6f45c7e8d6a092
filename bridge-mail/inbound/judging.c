/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/judging.h"

#include <stdlib.h>

#include "bridge-mail/trust/dns.h"
#include "bridge-mail/trust/judge.h"
#include "common/base/mem.h"

#define LOG_MODULE "trust"
#include "common/base/log.h"

struct judging {
	struct bridge *bridge;
	struct dns *dns;
	struct judge *judge;
};

struct judging *judging_new(struct bridge *bridge)
{
	const struct config_bridge_mail *config = &bridge->config->bridge_mail;
	struct dns *dns = NULL;
	if (config->verify_senders_off)
		return NULL;
	if (dns_new(config, &bridge->stopping, &dns) != STATUS_OK) {
		log_error("bridge_mail.dns_servers are no addresses: senders are not verified");
		return NULL;
	}
	struct judging *judging = MEM_NEW(struct judging);
	struct lookup lookup = dns_lookup(dns);
	judging->bridge = bridge;
	judging->dns = dns;
	judging->judge = judge_new(config, &lookup);
	return judging;
}

void judging_free(struct judging **judging)
{
	if (*judging == NULL)
		return;
	judge_free(&(*judging)->judge);
	dns_free(&(*judging)->dns);
	free(*judging);
	*judging = NULL;
}

struct put_verdict {
	int64_t mail_id;
	const struct verdict *verdict;
};

static enum status put_verdict(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct put_verdict *put = arg;
	return verdict_put(tx, put->mail_id, put->verdict);
}

enum status judging_run(struct judging *judging, struct db *db, struct arena *arena,
	const struct delivery *delivery, const struct mail *mail, const char *mail_path,
	struct verdict *out)
{
	*out = (struct verdict){.state = VERDICT_NONE};
	enum status status = verdict_get(db, delivery->mail_id, arena, out);
	if (status != STATUS_NOT_FOUND || judging == NULL)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	status = judge_mail(
		judging->judge, arena, mail_path, mail->from.address, delivery->received_at, out);
	/* An end of the program in the middle of a question must not stand as an answer. */
	if (status == STATUS_OK && atomic_load(&judging->bridge->stopping))
		return STATUS_UNAVAILABLE;
	if (status != STATUS_OK)
		return status;
	log_info("mail id=%lld sender=%d flags=%u domain=%.*s reason=\"%.*s\"",
		(long long)delivery->mail_id, (int)out->state, out->flags, STR_FMT(out->domain),
		STR_FMT(out->reason));
	struct put_verdict put = {delivery->mail_id, out};
	return db_write(judging->bridge->writer, put_verdict, &put);
}
