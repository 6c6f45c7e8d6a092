/* SPDX-License-Identifier: Apache-2.0 */
#include "config/program.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/start.h"
#include "homeserver/user_create.h"

_Static_assert(START_ERROR_MAX == CONFIG_ERROR_MAX, "one line for the administrator");
_Static_assert(APPSERVICES_ERROR_MAX == CONFIG_ERROR_MAX, "one line for the administrator");

static enum status check(const struct config *config, char why[CONFIG_ERROR_MAX])
{
	struct appservices *appservices = NULL;
	enum status status = appservices_load(config, &appservices, why);
	appservices_free(&appservices);
	return status;
}

static enum status start(const struct config *config, void **out, char why[CONFIG_ERROR_MAX])
{
	struct homeserver *hs = NULL;
	enum status status = homeserver_start(config, &hs, why);
	*out = hs;
	return status;
}

static void stop(void *running)
{
	struct homeserver *hs = running;
	homeserver_stop(&hs);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.name = "parvis-homeserver",
		.check = check,
		.start = start,
		.stop = stop,
		.command = "user-create",
		.command_usage = USER_CREATE_USAGE,
		.run_command = user_create,
	};
	return program_main(&program, argc, argv);
}
