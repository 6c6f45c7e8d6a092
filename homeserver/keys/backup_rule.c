/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/keys/backup_rule.h"

bool backup_key_is_better(const struct backup_key *now, const struct backup_key *before)
{
	if (now->is_verified != before->is_verified)
		return now->is_verified;
	if (now->first_message_index != before->first_message_index)
		return now->first_message_index < before->first_message_index;
	return now->forwarded_count < before->forwarded_count;
}
