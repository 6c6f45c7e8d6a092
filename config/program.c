/* SPDX-License-Identifier: Apache-2.0 */
#include "config/program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/process.h"

#define LOG_MODULE "program"
#include "common/base/log.h"

#define VERSION	       "0.1.0"
#define DEFAULT_CONFIG "/etc/parvis/parvis.yaml"

struct order {
	const char *config_path;
	bool check_config;
	bool has_command;
};

enum option_id { OPTION_CONFIG = 256, OPTION_CHECK_CONFIG, OPTION_VERSION, OPTION_HELP };

static const struct option options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

static int usage(const struct program *program, FILE *out, int result)
{
	(void)fprintf(out, "usage: %s [--config FILE] [--check-config | --version | --help]\n",
		program->name);
	if (program->command != NULL)
		(void)fprintf(out, "       %s [--config FILE] %s %s\n", program->name,
			program->command, program->command_usage);
	return result;
}

/* Returns -1 to go on, else what main returns. */
static int read_order(const struct program *program, int argc, char **argv, struct order *order)
{
	int option;
	/* '+': what follows the command is the command's. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			order->config_path = optarg;
			break;
		case OPTION_CHECK_CONFIG:
			order->check_config = true;
			break;
		case OPTION_VERSION:
			(void)printf("%s %s\n", program->name, VERSION);
			return EXIT_SUCCESS;
		case OPTION_HELP:
			return usage(program, stdout, EXIT_SUCCESS);
		default:
			return usage(program, stderr, EXIT_FAILURE);
		}
	}
	if (optind == argc)
		return -1;
	order->has_command =
		program->command != NULL && strcmp(argv[optind], program->command) == 0;
	return order->has_command ? -1 : usage(program, stderr, EXIT_FAILURE);
}

static int serve(const struct program *program, const struct config *config)
{
	char why[CONFIG_ERROR_MAX] = "";
	void *running = NULL;
	if (program->start(config, &running, why) != STATUS_OK)
		return process_fail(program->name, "%s", why);
	process_notify("READY=1");
	int signal_number = process_wait_for_end(NULL, NULL);
	process_notify("STOPPING=1");
	log_info("stopping on signal %d", signal_number);
	program->stop(running);
	return EXIT_SUCCESS;
}

static int check(const struct program *program, const struct config *config)
{
	char why[CONFIG_ERROR_MAX] = "";
	if (program->check(config, why) != STATUS_OK)
		return process_fail(program->name, "%s", why);
	return EXIT_SUCCESS;
}

static int run_command(
	const struct program *program, const struct config *config, int argc, char **argv)
{
	int first = optind;
	/* The command reads its own options, from the start. */
	optind = 0;
	int result = program->run_command(config, argc - first, argv + first);
	return result == PROGRAM_USAGE ? usage(program, stderr, EXIT_FAILURE) : result;
}

int program_main(const struct program *program, int argc, char **argv)
{
	struct order order = {.config_path = DEFAULT_CONFIG};
	struct config *config = NULL;
	char why[CONFIG_ERROR_MAX];
	enum log_level level;
	int result = read_order(program, argc, argv, &order);
	if (result >= 0)
		return result;
	process_block_signals();
	mem_return_large_blocks();
	if (config_load(order.config_path, &config, why) != STATUS_OK)
		return process_fail(program->name, "%s", why);
	if (log_level_parse(config->log_level, &level) != STATUS_OK) {
		result = process_fail(program->name,
			"log_level \"%s\" is unknown; use error, warning, info or debug",
			config->log_level);
	} else {
		log_set_level(level);
		if (order.check_config)
			result = check(program, config);
		else if (order.has_command)
			result = run_command(program, config, argc, argv);
		else
			result = serve(program, config);
	}
	config_free(&config);
	return result;
}
