/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/process.h"
#include "config/config.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/start.h"
#include "homeserver/user_create.h"

#define LOG_MODULE "homeserver"
#include "common/base/log.h"

#define PROGRAM	       "parvis-homeserver"
#define VERSION	       "0.1.0"
#define DEFAULT_CONFIG "/etc/parvis/parvis.yaml"

static const char usage[] =
	"usage: " PROGRAM " [--config FILE] [--check-config | --version | --help]\n"
	"       " PROGRAM " [--config FILE] user-create --name NAME [--admin]\n"
	"                         --password-file FILE   (\"-\": standard input)\n";

struct order {
	const char *config_path;
	bool check_config;
	bool make_user;
	struct user_create user;
};

enum option_id {
	OPTION_CONFIG = 256,
	OPTION_CHECK_CONFIG,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_NAME,
	OPTION_ADMIN,
	OPTION_PASSWORD_FILE,
};

static const struct option options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{"name", required_argument, NULL, OPTION_NAME},
	{"admin", no_argument, NULL, OPTION_ADMIN},
	{"password-file", required_argument, NULL, OPTION_PASSWORD_FILE},
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
		case OPTION_NAME:
			order->user.name = optarg;
			break;
		case OPTION_ADMIN:
			order->user.admin = true;
			break;
		case OPTION_PASSWORD_FILE:
			order->user.password_file = optarg;
			break;
		default:
			(void)fputs(usage, stderr);
			return EXIT_FAILURE;
		}
	}
	if (optind < argc && strcmp(argv[optind], "user-create") == 0) {
		order->make_user = true;
		optind++;
	}
	bool complete = !order->make_user ||
			(order->user.name != NULL && order->user.password_file != NULL);
	if (optind == argc && complete)
		return -1;
	(void)fputs(usage, stderr);
	return EXIT_FAILURE;
}

static int serve(const struct config *config)
{
	char why[START_ERROR_MAX];
	struct homeserver *hs = NULL;
	if (homeserver_start(config, &hs, why) != STATUS_OK)
		return process_fail(PROGRAM, "%s", why);
	process_notify("READY=1");
	int signal_number = process_wait_for_end(NULL, NULL);
	process_notify("STOPPING=1");
	log_info("stopping on signal %d", signal_number);
	homeserver_stop(&hs);
	return EXIT_SUCCESS;
}

/* The file itself was read already; what it points to is not. */
static int check(const struct config *config)
{
	char why[APPSERVICES_ERROR_MAX];
	struct appservices *appservices = NULL;
	if (appservices_load(config, &appservices, why) != STATUS_OK)
		return process_fail(PROGRAM, "%s", why);
	appservices_free(&appservices);
	return EXIT_SUCCESS;
}

static int run(const struct order *order, const struct config *config)
{
	enum log_level level;
	if (log_level_parse(config->log_level, &level) != STATUS_OK)
		return process_fail(PROGRAM,
			"log_level \"%s\" is unknown; use error, warning, info or debug",
			config->log_level);
	log_set_level(level);
	if (order->check_config)
		return check(config);
	if (order->make_user)
		return user_create(PROGRAM, config, &order->user);
	return serve(config);
}

int main(int argc, char **argv)
{
	struct order order = {.config_path = DEFAULT_CONFIG};
	struct config *config = NULL;
	char why[CONFIG_ERROR_MAX];
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
