/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge-mail/start.h"
#include "common/base/mem.h"
#include "common/base/process.h"
#include "config/config.h"

#define LOG_MODULE "bridge"
#include "common/base/log.h"

#define PROGRAM	       "parvis-bridge-mail"
#define VERSION	       "0.1.0"
#define DEFAULT_CONFIG "/etc/parvis/parvis.yaml"

static const char usage[] =
	"usage: " PROGRAM " [--config FILE] [--check-config | --version | --help]\n";

struct order {
	const char *config_path;
	bool check_config;
};

enum option_id { OPTION_CONFIG = 256, OPTION_CHECK_CONFIG, OPTION_VERSION, OPTION_HELP };

static const struct option options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

/* Returns -1 to go on, else what main returns. */
static int read_order(int argc, char **argv, struct order *order)
{
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			order->config_path = optarg;
			break;
		case OPTION_CHECK_CONFIG:
			order->check_config = true;
			break;
		case OPTION_VERSION:
			(void)puts(PROGRAM " " VERSION);
			return EXIT_SUCCESS;
		case OPTION_HELP:
			(void)fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			(void)fputs(usage, stderr);
			return EXIT_FAILURE;
		}
	}
	if (optind == argc)
		return -1;
	(void)fputs(usage, stderr);
	return EXIT_FAILURE;
}

static int serve(const struct config *config)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct bridge *bridge = NULL;
	if (bridge_start(config, &bridge, why) != STATUS_OK)
		return process_fail(PROGRAM, "%s", why);
	process_notify("READY=1");
	int signal_number = process_wait_for_end(NULL, NULL);
	process_notify("STOPPING=1");
	log_info("stopping on signal %d", signal_number);
	bridge_stop(&bridge);
	return EXIT_SUCCESS;
}

static int run(const struct order *order, const struct config *config)
{
	char why[CONFIG_ERROR_MAX] = "";
	enum log_level level;
	if (log_level_parse(config->log_level, &level) != STATUS_OK)
		return process_fail(PROGRAM,
			"log_level \"%s\" is unknown; use error, warning, info or debug",
			config->log_level);
	log_set_level(level);
	if (!order->check_config)
		return serve(config);
	if (bridge_check(config, why) != STATUS_OK)
		return process_fail(PROGRAM, "%s", why);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct order order = {.config_path = DEFAULT_CONFIG};
	struct config *config = NULL;
	char why[CONFIG_ERROR_MAX] = "";
	int result = read_order(argc, argv, &order);
	if (result >= 0)
		return result;
	process_block_signals();
	mem_return_large_blocks();
	if (config_load(order.config_path, &config, why) != STATUS_OK)
		return process_fail(PROGRAM, "%s", why);
	result = run(&order, config);
	config_free(&config);
	return result;
}
