/* SPDX-License-Identifier: Apache-2.0 */
#include "config/program.h"
#include "sfu/start.h"

static enum status start(const struct config *config, void **out, char why[CONFIG_ERROR_MAX])
{
	struct sfu *sfu = NULL;
	enum status status = sfu_start(config, &sfu, why);
	*out = sfu;
	return status;
}

static void stop(void *running)
{
	struct sfu *sfu = running;
	sfu_stop(&sfu);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.name = "parvis-sfu",
		.check = sfu_check,
		.start = start,
		.stop = stop,
	};
	return program_main(&program, argc, argv);
}
