/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/report.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge-mail/report/print.h"
#include "bridge-mail/report/replay.h"
#include "bridge-mail/report/source.h"
#include "common/base/fs.h"
#include "common/base/process.h"

#define LOG_MODULE "report"
#include "common/base/log.h"

#define NAME	  "parvis-bridge-mail"
#define PARSER	  "parvis-mail-parser"
#define PRINT_MAX ((size_t)1024 * 1024)
#define PROGRESS  500 /* mails */

struct order {
	const char *mailbox, *svg, *work_dir, *source;
	enum report_language language;
	bool json, quiet;
};

static int usage(FILE *out, int result)
{
	(void)fputs("usage: " NAME
		    " report [--lang fr|en] [--json] [--svg FILE] [--mailbox ADDRESS]\n"
		    "       [--work-dir FOLDER] [--quiet] MBOX-OR-MAILDIR\n"
		    "Replays mails through the bridge, with nobody at the other end, and says how "
		    "many\n"
		    "mails, notifications and bytes there were before and would be after.\n",
		out);
	return result;
}

/* As gettext does: the first that is set says it. */
static enum report_language language_of_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value != NULL && *value != '\0')
			return strncmp(value, "fr", 2) == 0 ? REPORT_FRENCH : REPORT_ENGLISH;
	}
	return REPORT_ENGLISH;
}

/* False: the order makes no sense. */
static bool read_order(int argc, char **argv, struct order *order, bool *help_out)
{
	enum { JSON = 256, SVG, LANGUAGE, MAILBOX, WORK_DIR, QUIET, HELP };
	static const struct option options[] = {{"json", no_argument, NULL, JSON},
		{"svg", required_argument, NULL, SVG}, {"lang", required_argument, NULL, LANGUAGE},
		{"mailbox", required_argument, NULL, MAILBOX},
		{"work-dir", required_argument, NULL, WORK_DIR},
		{"quiet", no_argument, NULL, QUIET}, {"help", no_argument, NULL, HELP},
		{NULL, 0, NULL, 0}};
	const char *temp = getenv("TMPDIR");
	*order = (struct order){.mailbox = "report@report.invalid",
		.work_dir = temp == NULL || *temp == '\0' ? "/tmp" : temp,
		.language = language_of_environment()};
	*help_out = false;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case JSON:
			order->json = true;
			break;
		case SVG:
			order->svg = optarg;
			break;
		case LANGUAGE:
			if (strcmp(optarg, "fr") != 0 && strcmp(optarg, "en") != 0)
				return false;
			order->language = *optarg == 'f' ? REPORT_FRENCH : REPORT_ENGLISH;
			break;
		case MAILBOX:
			order->mailbox = optarg;
			break;
		case WORK_DIR:
			order->work_dir = optarg;
			break;
		case QUIET:
			order->quiet = true;
			break;
		case HELP:
			*help_out = true;
			return true;
		default:
			return false;
		}
	}
	if (optind + 1 != argc)
		return false;
	order->source = argv[optind];
	return true;
}

static enum status replay_all(
	struct replay *replay, struct report_source *source, bool quiet, int64_t *too_large_out)
{
	BUF_SCOPE(mail, REPORT_MAIL_MAX);
	for (int64_t n = 0;;) {
		enum status status = report_source_next(source, &mail);
		if (status == STATUS_NOT_FOUND)
			break;
		if (status == STATUS_TOO_LARGE) {
			++*too_large_out;
			continue;
		}
		if (status == STATUS_OK)
			status = replay_mail(replay, buf_str(&mail));
		if (status != STATUS_OK)
			return status;
		if (++n % PROGRESS == 0 && !quiet)
			(void)fprintf(stderr, "%lld (%d %%)\n", (long long)n,
				report_source_percent(source));
	}
	return STATUS_OK;
}

static enum status write_out(const struct order *order, const struct report_counts *counts)
{
	BUF_SCOPE(text, PRINT_MAX);
	BUF_SCOPE(svg, PRINT_MAX);
	if (order->json)
		report_print_json(counts, &text);
	else
		report_print_text(counts, order->language, &text);
	enum status status = fs_write_all(STDOUT_FILENO, buf_str(&text));
	if (status != STATUS_OK || order->svg == NULL)
		return status;
	report_print_svg(counts, order->language, &svg);
	return fs_write_file(order->svg, buf_str(&svg), 0644);
}

static int run(const struct order *order, const char *parser)
{
	struct report_source *source = NULL;
	struct replay *replay = NULL;
	struct replay_config config = {
		.work_dir = order->work_dir, .parser_program = parser, .mailbox = order->mailbox};
	int64_t too_large = 0;
	enum status status = report_source_open(order->source, &source);
	if (status != STATUS_OK)
		return process_fail(NAME, "%s is no mbox and no Maildir with mails (%s)",
			order->source, status_name(status));
	status = replay_new(&config, &replay);
	if (status == STATUS_OK)
		status = replay_all(replay, source, order->quiet, &too_large);
	if (status == STATUS_OK)
		status = write_out(order, replay_counts(replay));
	if (too_large > 0)
		(void)fprintf(stderr, "%lld mails of more than 64 MiB were passed over\n",
			(long long)too_large);
	replay_free(&replay);
	report_source_close(&source);
	if (status != STATUS_OK)
		return process_fail(NAME, "the report cannot be made: %s (work in %s)",
			status_name(status), order->work_dir);
	return EXIT_SUCCESS;
}

int report_main(int argc, char **argv)
{
	struct order order;
	char parser[PATH_MAX];
	bool help;
	if (!read_order(argc, argv, &order, &help))
		return usage(stderr, EXIT_FAILURE);
	if (help)
		return usage(stdout, EXIT_SUCCESS);
	ssize_t n = readlink("/proc/self/exe", parser, sizeof(parser) - 1);
	char *slash = n > 0 ? memrchr(parser, '/', (size_t)n) : NULL;
	if (slash == NULL || (size_t)(slash + 1 - parser) + sizeof(PARSER) > sizeof(parser))
		return process_fail(NAME, "the folder of the program is not known");
	memcpy(slash + 1, PARSER, sizeof(PARSER));
	log_set_level(LOG_LEVEL_ERROR);
	return run(&order, parser);
}
