/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bridge-mail/outbound/mails_command.h"
#include "bridge-mail/report/report.h"
#include "bridge-mail/start.h"
#include "common/base/mem.h"
#include "config/program.h"

static enum status start(const struct config *config, void **out, char why[CONFIG_ERROR_MAX])
{
	struct bridge *bridge = NULL;
	enum status status = bridge_start(config, &bridge, why);
	*out = bridge;
	return status;
}

static void stop(void *running)
{
	struct bridge *bridge = running;
	bridge_stop(&bridge);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.name = "parvis-bridge-mail",
		.check = bridge_check,
		.start = start,
		.stop = stop,
		.command = "mails",
		.command_usage = MAILS_COMMAND_USAGE,
		.run_command = mails_command,
	};
	mem_share_pools(2);
	/* Before the configuration is read: it needs none. */
	if (argc > 1 && strcmp(argv[1], "report") == 0)
		return report_main(argc - 1, argv + 1);
	return program_main(&program, argc, argv);
}
