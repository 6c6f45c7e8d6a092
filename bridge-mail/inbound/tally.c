/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/tally.h"

#include <sys/stat.h>

#define PREFIX "parvis_bridge_mail_"

void tally_init(struct tally *tally, struct metrics *metrics)
{
	static const char deliveries[] = PREFIX "deliveries_total";
	static const char help[] = "Mails that came in, by what became of them.";
	*tally = (struct tally){0};
	if (metrics == NULL)
		return;
	tally->posted = metrics_counter(metrics, deliveries, help, "outcome=\"posted\"");
	tally->not_posted = metrics_counter(metrics, deliveries, help, "outcome=\"not_posted\"");
	tally->set_aside = metrics_counter(metrics, deliveries, help, "outcome=\"set_aside\"");
	tally->copies = metrics_counter(metrics, PREFIX "named_readers_total",
		"Addresses in To and Cc of mails that are now in rooms: copies that mail makes.",
		"");
	tally->mime = metrics_counter(metrics, PREFIX "mime_bytes_total",
		"MIME bytes of mails that are now in rooms, each mail once.", "");
	tally->mime_copies = metrics_counter(metrics, PREFIX "mime_copies_bytes_total",
		"MIME bytes of those mails, once for each named reader.", "");
	tally->text = metrics_counter(metrics, PREFIX "shown_text_bytes_total",
		"Decoded text that rooms show of mails, without what is folded away.", "");
	tally->files = metrics_counter(
		metrics, PREFIX "attachments_total", "Files that came with mails.", "");
	tally->file_bytes = metrics_counter(
		metrics, PREFIX "attachment_bytes_total", "Decoded bytes of those files.", "");
}

void tally_mail(const struct tally *tally, const struct handled *handled)
{
	const struct mail *mail = &handled->mail;
	struct stat st;
	if (tally->posted == NULL)
		return;
	if (handled->delivery.state != DELIVERY_THREADED) {
		metric_add(tally->not_posted, 1);
		return;
	}
	int64_t readers = (int64_t)(mail->to.count + mail->cc.count);
	int64_t size = stat(handled->path, &st) == 0 ? st.st_size : 0;
	metric_add(tally->posted, 1);
	metric_add(tally->copies, readers);
	metric_add(tally->mime, size);
	metric_add(tally->mime_copies, readers * size);
	metric_add(tally->text, (int64_t)handled->body.plain.n);
	metric_add(tally->files, (int64_t)mail->attachment_count);
	for (size_t i = 0; i < mail->attachment_count; i++)
		metric_add(tally->file_bytes, mail->attachments[i].size);
}

void tally_set_aside(const struct tally *tally)
{
	if (tally->set_aside != NULL)
		metric_add(tally->set_aside, 1);
}
