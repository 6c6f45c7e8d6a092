/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and what they name, and wishes by mail: whatever people write. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "bridge-mail/command/parse.h"
#include "bridge-mail/guest/unsubscribe.h"
#include "common/matrix/ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	struct str text = str_n((const char *)data, size);
	struct command command;
	struct command_target target;
	struct guest_wish wish;
	struct str id, room, address;
	if (command_parse(text, &command) == STATUS_OK && command.entry == NULL)
		abort();
	if (command_target_parse(arena, text, &target) == STATUS_OK &&
		target.kind != TARGET_THREAD && target.id.n > MATRIX_ID_MAX)
		abort();
	if (command_link_find(arena, text, "@", &id) == STATUS_OK && id.p[0] != '@')
		abort();
	guest_wish_read(text, text, &wish);
	if (unsubscribe_read(arena, STR("secret"), text, &room, &address) == STATUS_OK)
		abort();
	return 0;
}
